/** `pvdscope lab`: scenarios in namespaces of this kernel, or of others in guests. */

import { Command, InvalidArgumentError } from 'commander';
import { interruptible } from '../lab/interrupt.ts';
import { findKernel } from '../lab/kernel.ts';
import { cachedKernels } from '../lab/kernel-cache.ts';
import type { PortForward } from '../lab/qemu.ts';
import { runInGuest } from '../lab/vm.ts';
import { collect, type GuestFlags, guestOptions, KERNEL_HELP } from './lab-flags.ts';
import { labRunCommand } from './lab-run.ts';

export function labCommand(): Command {
  return new Command('lab')
    .description('build topologies in namespaces, on this kernel or on others in guests')
    .addCommand(labRunCommand())
    .addCommand(execCommand())
    .addCommand(fetchCommand())
    .addCommand(kernelsCommand());
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

function collectPorts(value: string, before: readonly PortForward[]): PortForward[] {
  const [, host, guest] = /^(\d{1,5}):(\d{1,5})$/.exec(value) ?? [];
  const [hostPort, guestPort] = [Number(host), Number(guest)];
  const isPort = (port: number) => port > 0 && port < 65536;
  if (isPort(hostPort) && isPort(guestPort)) return [...before, { hostPort, guestPort }];
  throw new InvalidArgumentError('two ports are needed, e.g. 8080:8080');
}
