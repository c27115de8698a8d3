/**
 * Runs one program to its end. It dies with this process (prctl(2), PR_SET_PDEATHSIG), is the
 * leader of its own session, and is ended together with the children it left in that session's group.
 */

import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';

/** Bytes kept of stdout and of stderr; what is over is read and dropped. */
export const OUTPUT_MAX_BYTES: number = 1 << 20;

/** After the program's exit, how long a child of it may keep the pipes open. */
const LINGER_MS = 500;

export interface ExecOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly outputMaxBytes?: number;
}

export interface ExecResult {
  /** As a shell tells it: 128 + N when signal N ended it, 127 when there is no such program. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** Some output was dropped, see {@link OUTPUT_MAX_BYTES}. */
  readonly truncated: boolean;
}

/** Our environment, with the directory of the `node` that runs this at the end of PATH. */
export function childEnv(): NodeJS.ProcessEnv {
  const { PATH = '/usr/sbin:/usr/bin:/sbin:/bin' } = process.env;
  return { ...process.env, PATH: `${PATH}:${path.dirname(process.execPath)}` };
}

/** A string is for the shell, a list is executed as it is. */
export function shell(command: string | readonly string[]): readonly string[] {
  return typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
}

/** `argv` so started that the kernel ends it when this process is gone, however it went. */
export function dyingWithUs(argv: readonly string[]): string[] {
  return ['setpriv', '--pdeathsig', 'KILL', '--', ...argv];
}

/** Ends a child started with `detached` and all of its process group. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}

/** Never rejects for what the program did; rejects with the signal's reason when aborted. */
export function exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const [file = '', ...args] = dyingWithUs(argv);
  const { signal, timeoutMs, outputMaxBytes = OUTPUT_MAX_BYTES } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? childEnv(),
      detached: true,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    let timedOut = false;
    const stop = () => killGroup(child.pid);
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            stop();
          }, timeoutMs);
    signal?.addEventListener('abort', stop, { once: true });
    const out = keep(child.stdout, outputMaxBytes);
    const err = keep(child.stderr, outputMaxBytes);
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
    const settle = (end: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      end();
    };
    child.on('error', (error) => settle(() => reject(error)));
    child.on('exit', () => {
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, LINGER_MS).unref();
    });
    child.on('close', (code, by) =>
      settle(() => {
        if (signal?.aborted) return reject(signal.reason);
        resolve({
          exitCode: code ?? 128 + (by === null ? 0 : os.constants.signals[by]),
          stdout: out.text(),
          stderr: err.text(),
          timedOut,
          truncated: out.truncated() || err.truncated(),
        });
      }),
    );
  });
}

function keep(stream: NodeJS.ReadableStream | null, maxBytes: number) {
  const chunks: Buffer[] = [];
  let lenBytes = 0;
  let dropped = false;
  stream?.on('data', (chunk: Buffer) => {
    const room = maxBytes - lenBytes;
    if (chunk.length > room) dropped = true;
    if (room <= 0) return;
    chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    lenBytes += Math.min(chunk.length, room);
  });
  return {
    text: () => Buffer.concat(chunks).toString('utf8'),
    truncated: () => dropped,
  };
}
