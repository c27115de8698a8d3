/**
 * Scenarios on several kernels: guests side by side as far as CPUs and memory go. Where a guest
 * dies with a scenario, another one goes on with the next.
 */

import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { GuestFacts } from '../../src/expect/result.ts';
import { type GuestRunOptions, runScenariosInGuest } from './guest-run.ts';
import type { Kernel } from './kernel.ts';
import type { Report } from './scenario-report.ts';
import type { ScenarioEvent } from './scenario-run.ts';
import type { GuestResult } from './vm.ts';

/** A guest's share of the scenarios of one kernel. */
export interface Part {
  readonly kernel: Kernel;
  readonly files: readonly string[];
}

export type Teller = Pick<Report, 'push' | 'broken'>;

export interface MatrixOptions {
  readonly parts: readonly Part[];
  /** Guests at once. */
  readonly jobs: number;
  readonly guest: Pick<GuestRunOptions, 'timeoutMs' | 'memMiB' | 'signal'>;
  /** A guest that tells nothing for so long, once its first scenario has begun, hangs. */
  readonly silenceMaxMs: number;
  /** More options of `lab run` within a guest. */
  readonly args?: readonly string[];
  /** Trace of the run; with several guests each gets its own, see {@link tracePathOf}. */
  readonly trace?: string | undefined;
  readonly report: Teller;
  /** Replaces real guests in tests. */
  readonly runGuest?: typeof runScenariosInGuest;
}

/** MiB of QEMU besides the guest's memory: mostly translated code, 1 GiB at most. */
const QEMU_MIB = 1024;
/** Booting for fewer scenarios costs more time than it saves. */
const PART_MIN = 5;
const COMPLAINED = "the guest's kernel complains of nothing";

/** Guests of `memMiB` that have a CPU each and fit into the memory that is free; at least one. */
export function jobsFor(
  memMiB: number,
  availableKiB: number,
  cpus: number = availableParallelism(),
): number {
  return Math.max(1, Math.min(cpus, Math.floor(availableKiB / 1024 / (memMiB + QEMU_MIB))));
}

/** Each kernel's files in as many parts as keep all guests busy to the end. */
export function partsOf(
  kernels: readonly Kernel[],
  files: readonly string[],
  jobs: number,
): Part[] {
  const wanted = jobs / gcd(kernels.length, jobs);
  const count = Math.max(1, Math.min(wanted, Math.floor(files.length / PART_MIN)));
  const size = Math.ceil(files.length / count);
  return kernels.flatMap((kernel) =>
    Array.from({ length: count }, (_, i) => ({
      kernel,
      files: files.slice(i * size, (i + 1) * size),
    })).filter((part) => part.files.length > 0),
  );
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** `run.pcapng` is `run.6.12.1.2.pcapng` for the second guest of kernel 6.12.1. */
export function tracePathOf(trace: string, release: string, guest: number): string {
  const { dir, name, ext } = path.parse(path.resolve(trace));
  return path.join(dir, `${name}.${release}${guest === 1 ? '' : `.${guest}`}${ext}`);
}

/** Gives what each guest took. @throws what a guest that could not be started throws */
export async function runMatrix(options: MatrixOptions): Promise<GuestFacts[]> {
  const { parts, jobs, guest } = options;
  const facts: GuestFacts[] = [];
  const waiting = [...parts];
  const isAlone = parts.length === 1;
  const guestNumber = new Map<string, number>();
  const stop = new AbortController();
  const signal = guest.signal ? AbortSignal.any([guest.signal, stop.signal]) : stop.signal;
  const runPart = async ({ kernel, files }: Part): Promise<void> => {
    for (let rest = files; rest.length > 0; ) {
      const number = (guestNumber.get(kernel.release) ?? 0) + 1;
      guestNumber.set(kernel.release, number);
      const trace =
        options.trace === undefined || (isAlone && number === 1)
          ? options.trace
          : tracePathOf(options.trace, kernel.release, number);
      const done = await runOnce({ ...options, trace, guest: { ...guest, signal } }, kernel, rest);
      facts.push(done.facts);
      rest = rest.slice(done.files);
    }
  };
  const work = async (): Promise<void> => {
    for (let part = waiting.shift(); part; part = waiting.shift()) await runPart(part);
  };
  const workers = Array.from({ length: Math.min(jobs, parts.length) }, () =>
    work().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  const ends = await Promise.allSettled(workers);
  if (ends.some(({ status }) => status === 'rejected')) {
    guest.signal?.throwIfAborted();
    throw stop.signal.reason;
  }
  return facts;
}

/** One guest; tells how many of the files are over with. */
async function runOnce(
  options: MatrixOptions,
  kernel: Kernel,
  files: readonly string[],
): Promise<{ facts: GuestFacts; files: number }> {
  const { guest, args = [], trace, report, parts, runGuest = runScenariosInGuest } = options;
  const { silenceMaxMs } = options;
  const watchdog = createWatchdog(silenceMaxMs);
  const teller = parts.length === 1 ? report : byScenario(report);
  let [begun, ended] = [0, 0];
  let complaints: string[] = [];
  const told = (): ScenarioEvent[] => {
    if (complaints.length === 0) return [];
    const details = complaints;
    complaints = [];
    return [{ event: 'check', name: COMPLAINED, status: 'fail', reason: '', details }];
  };
  const result = await runGuest(files, {
    ...guest,
    givenUp: watchdog.givenUp,
    kernel,
    args: [...args, ...(trace === undefined ? [] : [`--trace=${path.resolve(trace)}`])],
    ...(trace === undefined ? {} : { rw: [path.dirname(path.resolve(trace))] }),
    onComplaint: (line) => complaints.push(line),
    onEvent: (event) => {
      watchdog.feed();
      if (event.event === 'begin') begun++;
      if (event.event === 'end' && event.again === undefined) {
        ended++;
        // Of the scenario it ran meanwhile, as far as can be told from outside.
        for (const check of told()) teller.push(check);
      }
      teller.push(event);
    },
  }).finally(watchdog.end);
  const isWhole = result.end === 'exited' && ended === files.length;
  // A guest that does not get as far as the first one will not with the next.
  const lost = begun === 0 ? files : files.slice(ended, ended + 1);
  const how = result.end === 'hung' ? `hung: silent for ${silenceMaxMs / 1000} s` : result.end;
  const why = [...(isWhole ? [] : [`guest: ${how}`]), ...complaints].join('\n');
  for (const file of lost) teller.broken(file, kernel.release, why);
  if (lost.length === 0 && why !== '') teller.broken('the guest', kernel.release, why);
  return { facts: factsOf(kernel, ended, result), files: ended + lost.length };
}

/** Gives a guest up that was fed once and then not for `silenceMaxMs`. */
function createWatchdog(silenceMaxMs: number) {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => clearTimeout(timer);
  const feed = (): void => {
    end();
    timer = setTimeout(() => stop.abort(), silenceMaxMs);
  };
  return { feed, end, givenUp: stop.signal };
}

/** Hands on whole scenarios: those of several guests must not mingle. */
function byScenario(report: Teller): Teller {
  let events: ScenarioEvent[] = [];
  const handOn = () => {
    for (const event of events) report.push(event);
    events = [];
  };
  return {
    push: (event) => {
      events.push(event);
      if (event.event === 'end') handOn();
    },
    broken: (...about) => {
      handOn();
      report.broken(...about);
    },
  };
}

function factsOf(kernel: Kernel, scenarios: number, result: GuestResult): GuestFacts {
  const { end, boots, bootMs, commandMs, memTotalKiB, memAvailableKiB, qemuPeakKiB } = result;
  return {
    kernel: kernel.release,
    scenarios,
    end,
    boots,
    bootMs,
    runMs: commandMs,
    usedKiB:
      memTotalKiB === undefined || memAvailableKiB === undefined
        ? undefined
        : memTotalKiB - memAvailableKiB,
    hostKiB: qemuPeakKiB,
  };
}
