/** One boot of a guest: QEMU, its channels, and what came of it. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { Writable } from 'node:stream';
import type { ConsoleLog } from './console-log.ts';
import { createEndMark } from './end-mark.ts';
import { dyingWithUs, killGroup } from './exec.ts';
import { CHANNELS, type Machine, QEMU, qemuArguments } from './qemu.ts';
import { startVirtiofsd } from './virtiofs.ts';

export interface BootOptions {
  readonly machine: Machine;
  readonly endMark: Buffer;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly console: ConsoleLog;
  readonly onStart: () => void;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly givenUp: AbortSignal | undefined;
}

export interface BootResult {
  /** The command has been started. */
  readonly started: boolean;
  /** The command's, when the guest lived to tell it. */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** KiB of the guest's memory and of what was still available at the end. */
  readonly memTotalKiB: number | undefined;
  readonly memAvailableKiB: number | undefined;
  /** The most that QEMU took of this machine's memory. */
  readonly qemuPeakKiB: number | undefined;
  readonly qemuStderr: string;
  /** QEMU's own; `null` when it was killed. */
  readonly qemuExitCode: number | null;
}

/** The control channel's text is a few lines; a guest that sends more is not ours. */
const CONTROL_MAX = 4096;
const QEMU_STDERR_MAX = 64 << 10;

/** Ends when the guest has ended; never rejects but for what could not be started. */
export async function bootGuest(options: BootOptions): Promise<BootResult> {
  const { machine, signal, timeoutMs, givenUp } = options;
  const daemons: (() => void)[] = [];
  const servers: net.Server[] = [];
  const flushed: Promise<void>[] = [];
  let control = '';
  let kill = () => {};
  const said = (pattern: RegExp) => pattern.exec(control);
  // Over once the exit code and both streams' ends are here, in whatever order they come.
  const ends = CHANNELS.filter((name) => name !== 'ctl').map(() => createEndMark(options.endMark));
  const endIfDone = () => {
    if (said(/^rc \d+$/m) && ends.every((end) => end.seen)) kill();
  };
  try {
    for (const name of [...CHANNELS, 'console'] as const) {
      const end = ends[name === 'out' ? 0 : 1];
      const to = name === 'out' ? options.stdout : options.stderr;
      servers.push(
        await listen(path.join(machine.sockets, name), (socket) => {
          if (name === 'console') socket.on('data', (chunk) => options.console.push(chunk));
          else if (name === 'ctl') {
            socket.on('data', (chunk) => {
              const hadStarted = said(/^start$/m);
              control = (control + chunk.toString('latin1')).slice(0, CONTROL_MAX);
              if (!hadStarted && said(/^start$/m)) options.onStart();
              endIfDone();
            });
          } else if (end) flushed.push(relay(socket, to, end, endIfDone));
        }),
      );
    }
    if (machine.fs === 'virtiofs') {
      for (const share of machine.shares) {
        daemons.push(await startVirtiofsd(share, path.join(machine.sockets, share.tag)));
      }
    }
    const [file = '', ...args] = dyingWithUs([QEMU, ...qemuArguments(machine)]);
    const qemu = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    let qemuPeakKiB: number | undefined;
    kill = () => {
      qemuPeakKiB = peakKiB(qemu.pid) ?? qemuPeakKiB;
      killGroup(qemu.pid);
    };
    let timedOut = false;
    let qemuStderr = '';
    qemu.stderr.on('data', (chunk) => {
      qemuStderr = (qemuStderr + String(chunk)).slice(-QEMU_STDERR_MAX);
    });
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, timeoutMs);
    for (const one of [signal, givenUp]) {
      one?.addEventListener('abort', kill, { once: true });
      if (one?.aborted) kill();
    }
    const qemuExitCode = await new Promise<number | null>((resolve, reject) => {
      qemu.on('error', reject);
      qemu.on('close', (code) => resolve(code));
    });
    clearTimeout(timer);
    for (const one of [signal, givenUp]) one?.removeEventListener('abort', kill);
    const isCut = timedOut || signal?.aborted || givenUp?.aborted;
    if (!isCut) await Promise.all(flushed);
    const rc = said(/^rc (\d+)$/m)?.[1];
    const mem = said(/^mem (\d+) (\d+)$/m);
    return {
      started: said(/^start$/m) !== null,
      exitCode: rc === undefined ? undefined : Number(rc),
      timedOut,
      memTotalKiB: mem ? Number(mem[1]) : undefined,
      memAvailableKiB: mem ? Number(mem[2]) : undefined,
      qemuPeakKiB,
      qemuStderr,
      qemuExitCode,
    };
  } finally {
    kill();
    for (const end of daemons) end();
    for (const server of servers) server.close();
  }
}

/** `VmHWM` of a process that is still there. */
function peakKiB(pid: number | undefined): number | undefined {
  try {
    const kiB = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kiB === undefined ? undefined : Number(kiB);
  } catch {
    return undefined;
  }
}

function listen(file: string, onSocket: (socket: net.Socket) => void): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      onSocket(socket);
    });
    server.on('error', reject);
    server.listen(file, () => resolve(server));
  });
}

/** Passes a stream on as fast as its reader takes it; resolves when all has been handed over. */
function relay(
  socket: net.Socket,
  to: Writable,
  end: ReturnType<typeof createEndMark>,
  onChunk: () => void,
): Promise<void> {
  const write = (bytes: Buffer) => {
    if (bytes.length === 0 || to.destroyed || to.write(bytes)) return;
    socket.pause();
    const resume = () => {
      to.off('drain', resume);
      to.off('close', resume);
      socket.resume();
    };
    to.on('drain', resume);
    to.on('close', resume);
  };
  socket.on('data', (chunk) => {
    write(end.push(chunk));
    onChunk();
  });
  return new Promise((resolve) => {
    socket.on('close', () => {
      write(end.flush());
      resolve();
    });
  });
}
