/** `pvdscope lab`: scenarios in namespaces of this kernel, or of others in guests. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { EXIT } from '../error.ts';
import { runScenariosInGuest } from '../lab/guest-run.ts';
import { interruptible } from '../lab/interrupt.ts';
import { findKernel } from '../lab/kernel.ts';
import { cachedKernels } from '../lab/kernel-cache.ts';
import type { PortForward } from '../lab/qemu.ts';
import { loadScenario } from '../lab/scenario-file.ts';
import { createNdjsonReport, createTapReport, type Report } from '../lab/scenario-report.ts';
import { runScenario } from '../lab/scenario-run.ts';
import { runInGuest } from '../lab/vm.ts';

interface GuestFlags {
  readonly kernel: readonly string[];
  readonly modules?: string;
  readonly timeout: number;
  readonly memory: number;
}

export function labCommand(): Command {
  return new Command('lab')
    .description('build topologies in namespaces, on this kernel or on others in guests')
    .addCommand(runCommand())
    .addCommand(execCommand())
    .addCommand(fetchCommand())
    .addCommand(kernelsCommand());
}

const KERNEL_HELP = 'debian:6.1, debian:6.12, debian:7.2, or the path of a vmlinuz or vmlinux';

function guestOptions(command: Command): Command {
  return command
    .option('--modules <dir>', 'its modules, for a kernel given by path')
    .option('--timeout <seconds>', 'for one guest', positive, 600)
    .option('--memory <MiB>', 'of one guest', positive, 768);
}

function runCommand(): Command {
  const command = new Command('run')
    .description('build the topology of each scenario, run its actions, report each')
    .argument('<scenario...>', 'scenario files (YAML)')
    .option('--kernel <name>', `run in a guest (repeatable): ${KERNEL_HELP}`, collect, [])
    .addOption(new Option('--format <format>').choices(['text', 'ndjson']).default('text'));
  return guestOptions(command).action(async (files: string[], flags: RunFlags) => {
    // Typing mistakes are told before anything is fetched, booted or built.
    for (const file of files) loadScenario(file);
    const write = (text: string) => void process.stdout.write(text);
    const report = flags.format === 'ndjson' ? createNdjsonReport(write) : createTapReport(write);
    process.exitCode = await interruptible((signal) =>
      flags.kernel.length === 0
        ? runHere(files, report, signal)
        : runThere(files, flags, report, signal),
    );
    report.end();
  });
}

interface RunFlags extends GuestFlags {
  readonly format: 'text' | 'ndjson';
}

async function runHere(files: readonly string[], report: Report, signal: AbortSignal) {
  let exitCode: number = EXIT.ok;
  for (const file of files) {
    const result = await runScenario(loadScenario(file), { onEvent: report.push, signal });
    exitCode = Math.max(exitCode, result.error?.exitCode ?? (result.ok ? EXIT.ok : EXIT.failed));
  }
  return exitCode;
}

async function runThere(
  files: readonly string[],
  flags: RunFlags,
  report: Report,
  signal: AbortSignal,
) {
  let exitCode: number = EXIT.ok;
  for (const name of flags.kernel) {
    const kernel = await findKernel(name, { modules: flags.modules, signal });
    let ended = 0;
    const result = await runScenariosInGuest(files, {
      kernel,
      timeoutMs: flags.timeout * 1000,
      memMiB: flags.memory,
      signal,
      onEvent: (event) => {
        if (event.event === 'end') ended++;
        report.push(event);
      },
    });
    const isBroken = result.end !== 'exited' || ended < files.length;
    if (isBroken) report.broken(`${files[ended]} [${kernel.release}]`, `guest: ${result.end}`);
    exitCode = Math.max(exitCode, isBroken ? EXIT.environment : result.exitCode);
  }
  return exitCode;
}

function execCommand(): Command {
  const command = new Command('exec')
    .description('run one command in a guest that sees the files of this machine, read-only')
    .argument('<command...>', 'after --')
    .requiredOption('--kernel <name>', KERNEL_HELP)
    .option('--rw <dir>', 'a directory that is writable (repeatable)', collect, [])
    .option('--forward <host:guest>', 'TCP port of 127.0.0.1 (repeatable)', collectPorts, [])
    .option('--module <name>', 'a kernel module to load (repeatable)', collect, [])
    .option('--console', "show the kernel's console on stderr");
  return guestOptions(command).action(async (argv: string[], flags: ExecFlags) => {
    const { kernel: name, modules, forward, rw, timeout, memory } = flags;
    process.exitCode = await interruptible(async (signal) => {
      const kernel = await findKernel(name, { modules, signal });
      const result = await runInGuest({
        kernel,
        command: argv,
        forward,
        rw,
        kernelModules: flags.module,
        timeoutMs: timeout * 1000,
        memMiB: memory,
        signal,
        ...(flags.console ? { onConsole: (line) => void process.stderr.write(`${line}\n`) } : {}),
      });
      return result.exitCode;
    });
  });
}

interface ExecFlags extends Omit<GuestFlags, 'kernel'> {
  readonly kernel: string;
  readonly rw: readonly string[];
  readonly forward: readonly PortForward[];
  readonly module: readonly string[];
  readonly console?: boolean;
}

function fetchCommand(): Command {
  return new Command('fetch')
    .description('fetch the newest kernel of each series from Debian, for use without network')
    .argument('<kernel...>', 'debian:6.1, debian:6.12, debian:7.2, …')
    .action(async (names: string[]) => {
      await interruptible(async (signal) => {
        for (const name of names) {
          const { release } = await findKernel(name, { refresh: true, signal });
          process.stdout.write(`${name} ${release}\n`);
        }
      });
    });
}

function kernelsCommand(): Command {
  return new Command('kernels').description('list the kernels that are here').action(() => {
    for (const { series, flavour, release, suite, image } of cachedKernels()) {
      const name = `debian:${series}${flavour === 'amd64' ? '' : '-cloud'}`;
      process.stdout.write(`${name} ${release} (${suite}) ${image}\n`);
    }
  });
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function collectPorts(value: string, before: readonly PortForward[]): PortForward[] {
  const [, host, guest] = /^(\d{1,5}):(\d{1,5})$/.exec(value) ?? [];
  const [hostPort, guestPort] = [Number(host), Number(guest)];
  const isPort = (port: number) => port > 0 && port < 65536;
  if (isPort(hostPort) && isPort(guestPort)) return [...before, { hostPort, guestPort }];
  throw new InvalidArgumentError('two ports are needed, e.g. 8080:8080');
}

function positive(value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('a positive number is needed');
}
