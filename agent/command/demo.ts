/** `pvdscope demo`: the main job, on this kernel or, where it cannot be traced, in a guest. */

import { Command, InvalidArgumentError } from 'commander';
import { runDemo } from '../demo/demo.ts';
import { interruptible } from '../lab/interrupt.ts';
import { findKernel } from '../lab/kernel.ts';
import { runInGuest } from '../lab/vm.ts';
import { MAIN } from '../paths.ts';
import { canTrace } from '../probe/environment.ts';
import { DEFAULT_PORT } from '../serve/server.ts';
import { VERSION } from './version.ts';

interface DemoFlags {
  readonly once: boolean;
  readonly port: number;
  readonly kernel?: string;
  readonly here: boolean;
}

/** Used where this kernel refuses and none is named. */
const GUEST_KERNEL = 'debian:6.12';
/** An hour of watching; `--once` needs a minute. */
const GUEST_TIMEOUT_MS = 3_600_000;

export function demoCommand(): Command {
  return new Command('demo')
    .description('three routers and a host in network namespaces, watched live')
    .option('--once', 'check what is promised, print it and end', false)
    .option('--port <port>', 'of the dashboard, on 127.0.0.1', port, DEFAULT_PORT)
    .option('--kernel <name>', 'run in a guest with this kernel, e.g. debian:7.2')
    .option('--here', 'run on this kernel, whatever it allows', false)
    .action(async (flags: DemoFlags) => {
      process.exitCode = await interruptible((signal) => demo(flags, signal));
    });
}

async function demo({ once, port, kernel, here }: DemoFlags, signal: AbortSignal): Promise<number> {
  const trace = here || kernel !== undefined ? undefined : canTrace();
  if (here || trace?.ok) return runDemo({ version: VERSION, port, once, signal });
  const name = kernel ?? GUEST_KERNEL;
  if (trace) process.stderr.write(`demo: this kernel cannot be traced (${trace.reason})\n`);
  process.stderr.write(`demo: running in a QEMU guest with ${name}\n`);
  const args = ['demo', '--here', '--port', String(port), ...(once ? ['--once'] : [])];
  const { exitCode } = await runInGuest({
    kernel: await findKernel(name, { signal }),
    command: [process.execPath, MAIN, ...args],
    forward: [{ hostPort: port, guestPort: port }],
    timeoutMs: GUEST_TIMEOUT_MS,
    signal,
  });
  return exitCode;
}

function port(value: string): number {
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number > 0 && number < 65536) return number;
  throw new InvalidArgumentError('a port from 1 to 65535 is needed');
}
