/**
 * The probe: BPF programs on this kernel, their records handed out one by one. What the
 * kernel does not take is left out with a reason, never an error, as long as anything is left.
 *
 * Nothing is pinned: however the process ends, the kernel detaches and frees everything.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HookStatus, SkippedRuns } from '../../src/decode/event.ts';
import { AgentError } from '../error.ts';
import { keepOnlyCapabilities } from '../libbpf/capability.ts';
import { readIterator } from '../libbpf/iterator.ts';
import { jiffiesHz, raisePriority } from '../libbpf/libc.ts';
import type { BpfLink } from '../libbpf/link.ts';
import { possibleCpus } from '../libbpf/map.ts';
import { type RecordHandler, RingBuffer } from '../libbpf/ring-buffer.ts';
import { RingConsumer } from '../libbpf/ring-consumer.ts';
import { PACKAGE_ROOT } from '../paths.ts';
import { type Attached, attachHooks } from './attach.ts';
import { type Degradation, degradationsOf, statusOf } from './degradation.ts';
import { KEPT_CAPABILITIES, requirePrerequisites } from './environment.ts';
import { fillFilters, filterGlobals, type ProbeFilters, setWatched } from './filter.ts';
import type { Hook } from './hook.ts';
import { hooksFor } from './hooks.ts';
import { kernelProfile } from './kernel-profile.ts';
import { ProbeCounters, skippedRuns } from './loss.ts';
import { RING_BYTES_DEFAULT, requirePowerOfTwo, sampleGlobals } from './ring.ts';
import { shareLinks } from './share-links.ts';

/** Nice value while probing: a reader that is not scheduled loses records, whatever its speed. */
const NICE = -10;

export interface ProbeOptions {
  /** The compiled object; the one of this build unless given. */
  readonly objectBytes?: Uint8Array;
  /** Size of the ring, a power of two of at least a page; 64 MiB unless given. */
  readonly ringBytes?: number;
  readonly filters?: ProbeFilters;
  /** One record; its bytes are valid and unchanged only until it returns, and read-only. */
  readonly onRecord: RecordHandler;
  /** After each turn of reading, with the number of records it had. */
  readonly onBatch?: (count: number) => void;
  /** What `onRecord` threw; reading goes on with the next record. */
  readonly onError: (error: Error) => void;
  /** What libbpf and the verifier said of a program that was left out. */
  readonly onRefused?: (program: string, log: string) => void;
  /** Keep libbpf's debug messages in those logs. */
  readonly verbose?: boolean;
  /** Beyond this fill, half of the ring unless given, decisions are left out; 0: never. */
  readonly sampleAboveBytes?: number;
  /** Keep all capabilities after the attach. */
  readonly keepCapabilities?: boolean;
}

export interface ProbeTimes {
  readonly loadMs: number;
  readonly attachMs: number;
  /** From the call of `openProbe` to the last program attached. */
  readonly totalMs: number;
}

export interface Probe {
  /** Every program of the table, in its order. */
  readonly hooks: readonly HookStatus[];
  readonly degraded: readonly Degradation[];
  readonly times: ProbeTimes;
  /** The model's profile for this kernel. */
  readonly profile: string;
  /** Starts to hand out records; those since the attach come first. */
  start(): void;
  /** Resolves when what the ring holds now has been handed out. */
  caughtUp(): Promise<void>;
  /** Reads what the ring holds now, then no more. */
  stop(): void;
  /** Records lost because the ring was full, by kind of event. */
  lossByKind(): Record<string, number>;
  /** Decisions left out because the ring filled, by the kind of their outermost record. */
  leftOutByKind(): Record<string, number>;
  /** Runs that the kernel kept from our programs. */
  skippedRuns(): SkippedRuns;
  /** How often each hook ran, by kernel function. */
  hookHits(): Record<string, number>;
  /** Exits whose entries came before the attach. */
  unpaired(): number;
  /** Bytes in the ring that are not read yet. */
  backlogBytes(): number;
  /** The routes of a namespace as `struct pvd_route` records, one after the other. */
  dumpRoutes(netnsFd: number): Uint8Array;
  /** Adds a netns to those reported; without a netns filter all are, and this does nothing. */
  watch(cookie: bigint): void;
  unwatch(cookie: bigint): void;
  /** Detaches and frees. Idempotent; everything but this throws afterwards. */
  close(): void;
}

/** The object built with this agent: dist/bpf/pvdscope.bpf.o. */
export function builtObject(): Uint8Array {
  const path = join(PACKAGE_ROOT, 'dist/bpf/pvdscope.bpf.o');
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new AgentError({
      code: 'PVD_ERR_BPF_OBJECT',
      op: 'read the BPF object',
      message: (cause as Error).message,
      hint: 'build it: npm run build',
      cause,
    });
  }
}

/**
 * Loads and attaches all hooks this kernel takes.
 * @throws AgentError: those of agent/probe/environment.ts, PVD_ERR_BPF_OBJECT, PVD_ERR_BPF_LOAD,
 *   PVD_ERR_RING when `ringBytes` is no power of two.
 */
export async function openProbe(options: ProbeOptions): Promise<Probe> {
  const { ringBytes = RING_BYTES_DEFAULT, filters = {} } = options;
  const startMs = performance.now();
  requirePowerOfTwo(ringBytes);
  const btf = requirePrerequisites();
  const profile = kernelProfile(btf);
  const hooks = hooksFor(profile);
  const attached = attachHooks({
    objectBytes: options.objectBytes ?? builtObject(),
    hooks,
    btf,
    maps: { events: ringBytes, counters: possibleCpus() },
    globals: {
      hz: jiffiesHz(),
      ...filterGlobals(filters),
      ...sampleGlobals(ringBytes, options.sampleAboveBytes ?? ringBytes / 2),
    },
    onLoaded: (object) => fillFilters(object, filters),
    verbose: options.verbose ?? false,
    ...(options.onRefused === undefined ? {} : { onRefused: options.onRefused }),
  });
  try {
    const known = { profile, hooks, totalMs: performance.now() - startMs };
    const probe = new AttachedProbe(attached, ringBytes, options, known);
    raisePriority(NICE);
    if (!options.keepCapabilities) keepOnlyCapabilities(KEPT_CAPABILITIES);
    return probe;
  } catch (error) {
    attached.object.close();
    throw error;
  }
}

/** Of this kernel, found while attaching. */
interface Known {
  readonly profile: string;
  readonly hooks: readonly Hook[];
  readonly totalMs: number;
}

class AttachedProbe implements Probe {
  readonly hooks: readonly HookStatus[];
  readonly degraded: readonly Degradation[];
  readonly times: ProbeTimes;
  readonly profile: string;
  readonly #attached: Attached;
  readonly #ring: RingBuffer;
  readonly #consumer: RingConsumer;
  readonly #counters: ProbeCounters;
  readonly #filtersNetns: boolean;
  readonly #routes: BpfLink | undefined;
  #open = true;

  constructor(
    attached: Attached,
    ringBytes: number,
    options: ProbeOptions,
    { profile, hooks, totalMs }: Known,
  ) {
    const { object, loadMs, attachMs } = attached;
    this.#attached = attached;
    this.times = { loadMs, attachMs, totalMs };
    this.profile = profile;
    this.hooks = hooks.map((hook) => statusOf(hook, attached));
    this.degraded = degradationsOf(hooks, attached);
    this.#filtersNetns = options.filters?.netns !== undefined;
    this.#routes = routeIterator(hooks, attached);
    this.#ring = new RingBuffer(object.map('events').fd, ringBytes);
    this.#counters = new ProbeCounters(object.map('counters'));
    const { onBatch, onError } = options;
    this.#consumer = new RingConsumer(this.#ring, options.onRecord, {
      ...(onBatch === undefined ? {} : { onBatch }),
      onError: (error) => onError(error instanceof Error ? error : new Error(String(error))),
    });
  }

  start(): void {
    this.#check();
    this.#consumer.start();
  }

  caughtUp(): Promise<void> {
    this.#check();
    return this.#consumer.caughtUp();
  }

  stop(): void {
    this.#check();
    this.#consumer.stop();
    this.#consumer.drain();
  }

  lossByKind(): Record<string, number> {
    this.#check();
    return this.#counters.lossByKind();
  }

  leftOutByKind(): Record<string, number> {
    this.#check();
    return this.#counters.leftOutByKind();
  }

  skippedRuns(): SkippedRuns {
    this.#check();
    return skippedRuns(this.#attached);
  }

  hookHits(): Record<string, number> {
    this.#check();
    return this.#counters.hookHits();
  }

  unpaired(): number {
    this.#check();
    return this.#counters.unpaired();
  }

  backlogBytes(): number {
    return this.#ring.backlogBytes();
  }

  dumpRoutes(netnsFd: number): Uint8Array {
    this.#check();
    if (this.#routes !== undefined) return readIterator(this.#routes, netnsFd);
    throw new AgentError({
      code: 'PVD_ERR_ITERATOR',
      op: 'dump routes',
      message: 'the iterator over IPv6 routes is not attached on this kernel',
      hint: 'pvdscope doctor tells why',
    });
  }

  watch(cookie: bigint): void {
    this.#check();
    if (this.#filtersNetns) setWatched(this.#attached.object, cookie, true);
  }

  unwatch(cookie: bigint): void {
    this.#check();
    if (this.#filtersNetns) setWatched(this.#attached.object, cookie, false);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#consumer.stop();
    this.#counters.close();
    this.#ring.close();
    const handOver = shareLinks([...this.#attached.links.values()].map((link) => link.fd()));
    this.#attached.object.close();
    handOver();
  }

  #check(): void {
    if (!this.#open) throw new Error('probe is closed');
  }
}

function routeIterator(hooks: readonly Hook[], attached: Attached): BpfLink | undefined {
  const hook = hooks.find(({ type, target }) => type === 'iter' && target === 'ipv6_route');
  return hook && attached.links.get(hook.program);
}
