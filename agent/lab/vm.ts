/**
 * Runs one command in a guest: a Linux kernel under QEMU with this machine's file system as a
 * read-only root below a tmpfs, no network, and the command's stdout, stderr and exit code handed
 * through byte for byte.
 */

import { randomBytes } from 'node:crypto';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { AgentError } from '../error.ts';
import { bootImage } from './boot-image.ts';
import { type ConsoleLog, createConsoleLog } from './console-log.ts';
import { writeCpio } from './cpio.ts';
import { bootGuest } from './guest-boot.ts';
import { clockArguments } from './guest-clock.ts';
import { commandScript, firstScript, type GuestScript, secondScript } from './guest-script.ts';
import type { Kernel } from './kernel.ts';
import { openModules } from './modules.ts';
import { type Progress, stderrProgress } from './progress.ts';
import { findProgram, needGuestTools, type PortForward, qemuError } from './qemu.ts';
import { makeWorkDir } from './work-dir.ts';

export interface GuestOptions {
  readonly kernel: Kernel;
  /** Executed as it is; bare names are looked for in the usual directories. */
  readonly command: readonly string[];
  /** The host's current directory unless given. */
  readonly cwd?: string;
  /** All of the environment but PATH, HOME, LANG, TERM, `PVDSCOPE_GUEST=1` and `PVDSCOPE_NO_BUILD=1`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Directories of the host to be writable; what is written elsewhere vanishes. */
  readonly rw?: readonly string[];
  /** A server of the guest, on any of its addresses, seen on the host's 127.0.0.1. */
  readonly forward?: readonly PortForward[];
  /** Kernel modules besides veth, dummy, vrf and bridge. Guests cannot load any later. */
  readonly kernelModules?: readonly string[];
  /** For one boot and the command; 300,000 unless given. */
  readonly timeoutMs?: number;
  /** 768 unless given. */
  readonly memMiB?: number;
  /** 1 unless given: emulated SMP dies now and then when the kernel patches its code. */
  readonly smp?: number;
  /** `process.stdout` and `process.stderr` unless given; they are not ended. */
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** Each line of the kernel's console, which is verbose then. */
  readonly onConsole?: (line: string) => void;
  /** Each line of it that is a complaint, see {@link GuestResult.complaints}. */
  readonly onComplaint?: (line: string) => void;
  readonly progress?: Progress;
  readonly signal?: AbortSignal | undefined;
  /** Ends the guest, too, but the result is given all the same: it was found to hang. */
  readonly givenUp?: AbortSignal | undefined;
}

export interface GuestResult {
  /** The command's own when `end` is `exited`; 124 on timeout; 125 when the guest died or hung. */
  readonly exitCode: number;
  /** `hung`: see {@link GuestOptions.givenUp}. */
  readonly end: 'exited' | 'timeout' | 'died' | 'hung';
  /** The command was started. */
  readonly started: boolean;
  /** How often the guest was booted: it may die before the command has started. */
  readonly boots: number;
  /** Milliseconds from QEMU's start to the command's, and from there to the end. */
  readonly bootMs: number;
  readonly commandMs: number;
  readonly memTotalKiB: number | undefined;
  readonly memAvailableKiB: number | undefined;
  /** The most that QEMU took of this machine's memory. */
  readonly qemuPeakKiB: number | undefined;
  /** BUG, WARNING, Oops, panic and lockdep lines of the console. */
  readonly complaints: readonly string[];
  readonly consoleTail: readonly string[];
}

const BOOTS_MAX = 3;
const ROOT_TAG = 'root';

/** @throws AgentError `PVD_ERR_NO_QEMU`, `PVD_ERR_QEMU`, `PVD_ERR_PORT_IN_USE`, `PVD_ERR_KERNEL_*` */
export async function runInGuest(options: GuestOptions): Promise<GuestResult> {
  needGuestTools();
  const { progress = stderrProgress, timeoutMs = 300_000, signal, givenUp } = options;
  signal?.throwIfAborted();
  const work = makeWorkDir();
  try {
    const endMark = randomBytes(24).toString('base64url');
    const guest = prepare(options, work.path, endMark);
    for (let boots = 1; ; boots++) {
      const startedAt = performance.now();
      let commandAt = startedAt;
      const log = createConsoleLog(options.onConsole, options.onComplaint);
      const result = await bootGuest({
        machine: { ...guest, sockets: work.path },
        endMark: Buffer.from(endMark),
        stdout: options.stdout ?? process.stdout,
        stderr: options.stderr ?? process.stderr,
        console: log,
        onStart: () => {
          commandAt = performance.now();
        },
        timeoutMs,
        signal,
        givenUp,
      });
      signal?.throwIfAborted();
      const { exitCode, started, timedOut, qemuExitCode, qemuStderr } = result;
      if (exitCode === undefined && !started && !timedOut && !givenUp?.aborted) {
        if (qemuExitCode !== 0 && qemuExitCode !== null) throw qemuError(qemuStderr, qemuExitCode);
        if (boots < BOOTS_MAX) {
          progress('the guest died before the command started: booting again');
          continue;
        }
      }
      const cut = timedOut ? 'timeout' : givenUp?.aborted ? 'hung' : 'died';
      const end = exitCode !== undefined ? 'exited' : cut;
      report(log, end, started, timeoutMs, progress);
      return {
        exitCode: exitCode ?? (timedOut ? 124 : 125),
        end,
        started,
        boots,
        bootMs: Math.round(commandAt - startedAt),
        commandMs: Math.round(performance.now() - commandAt),
        memTotalKiB: result.memTotalKiB,
        memAvailableKiB: result.memAvailableKiB,
        qemuPeakKiB: result.qemuPeakKiB,
        complaints: log.complaints,
        consoleTail: log.tail,
      };
    }
  } finally {
    work.remove();
  }
}

/** Writes the initramfs; gives all of the machine but where its sockets are. */
function prepare(options: GuestOptions, dir: string, endMark: string) {
  const { kernel, forward = [], memMiB = 768, smp = 1, onConsole } = options;
  const modules = openModules(kernel.modules);
  const fs = modules.has('9p') ? '9p' : modules.has('virtiofs') ? 'virtiofs' : undefined;
  if (fs === undefined) throw noFileSystem(kernel);
  const order = modules.loadOrder([
    ...['virtio_pci', 'virtio_console', 'overlay'],
    ...(fs === '9p' ? ['9pnet_virtio', '9p'] : ['virtiofs']),
    ...(forward.length > 0 ? ['virtio_net'] : []),
    ...(options.kernelModules ?? []),
    ...['veth', 'dummy', 'vrf', 'bridge'].filter((name) => modules.has(name)),
  ]);
  const rw = new Map((options.rw ?? []).map((d, i) => [`rw${i}`, realpathSync(d)]));
  const script: GuestScript = {
    fs,
    modules: order.map((m) => m.name),
    rw,
    command: options.command,
    cwd: path.resolve(options.cwd ?? '.'),
    env: {
      PATH: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${path.dirname(process.execPath)}`,
      ...{
        HOME: '/root',
        LANG: 'C.UTF-8',
        TERM: 'dumb',
        PVDSCOPE_GUEST: '1',
        PVDSCOPE_NO_BUILD: '1',
      },
      ...options.env,
    },
    hasNetwork: forward.length > 0,
    endMark,
  };
  const initramfs = path.join(dir, 'initramfs');
  const busybox = readFileSync(findProgram('busybox') ?? '/bin/busybox');
  writeFileSync(
    initramfs,
    writeCpio([
      { name: 'dev', mode: 0o40755 },
      { name: 'm', mode: 0o40755 },
      { name: 'busybox', mode: 0o100755, data: busybox },
      ...order.map((m) => ({ name: `m/${m.name}.ko`, mode: 0o100644, data: m.ko })),
      { name: 'init', mode: 0o100755, data: firstScript(script) },
      { name: 'init2', mode: 0o100644, data: secondScript(script) },
      { name: 'cmd', mode: 0o100644, data: commandScript(script) },
    ]),
  );
  const kernelArguments = [
    `console=ttyS0 ${onConsole ? 'loglevel=7' : 'quiet loglevel=5'} panic=-1 oops=panic`,
    `mitigations=off random.trust_cpu=on audit=0 fb_tunnels=none ${clockArguments()}`,
  ].join(' ');
  const shares = [
    { tag: ROOT_TAG, dir: '/', readOnly: true },
    ...[...rw].map(([tag, d]) => ({ tag, dir: d, readOnly: false })),
  ];
  const image = bootImage(kernel.image);
  return { image, initramfs, kernelArguments, memMiB, smp, fs, shares, forward } as const;
}

function report(
  log: ConsoleLog,
  end: GuestResult['end'],
  started: boolean,
  timeoutMs: number,
  progress: Progress,
): void {
  for (const line of log.complaints.slice(0, 8)) progress(`the guest's kernel says: ${line}`);
  if (end === 'exited') return;
  const phase = started ? '' : ' before the command started';
  const late = started ? '' : ' and had not started the command';
  const said = {
    timeout: `the guest took longer than ${timeoutMs / 1000} s${late}`,
    hung: 'the guest hung and was ended',
    died: `the guest ended${phase} without a result`,
  };
  progress(said[end]);
  // The console says why it died or did not start, but not why a command takes long.
  if (end === 'timeout' && started) return;
  for (const line of log.tail.slice(-25)) progress(`  ${line}`);
}

function noFileSystem(kernel: Kernel): AgentError {
  return new AgentError({
    code: 'PVD_ERR_KERNEL_MODULE',
    op: `start a guest with ${kernel.name}`,
    message: `${kernel.release} has neither 9p nor virtiofs among its modules`,
    hint: 'build it with CONFIG_NET_9P_VIRTIO and CONFIG_9P_FS, or CONFIG_VIRTIO_FS',
  });
}
