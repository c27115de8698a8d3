/** A program that keeps running in a namespace: a router, a server. */

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import os from 'node:os';
import { childEnv, dyingWithUs, killGroup } from './exec.ts';
import { namespacePath } from './netns.ts';

/** Of stdout and stderr together, the end. */
const OUTPUT_MAX = 16 << 10;
/** Between asking it to end and ending it. */
const STOP_GRACE_MS = 2000;

export interface Background {
  /** As a shell tells it, once it has ended. */
  readonly exitCode: number | undefined;
  /** The last of what it said on stdout and stderr. */
  readonly output: string;
  /** It is in its namespace and has a socket that can receive ICMPv6. */
  hasRouterSocket(): boolean;
  /** SIGTERM, then SIGKILL, to it and its process group. */
  stop(): Promise<void>;
}

export function startBackground(
  netns: string,
  argv: readonly string[],
  cwd: string,
): Promise<Background> {
  const [file = '', ...args] = dyingWithUs(['ip', 'netns', 'exec', netns, ...argv]);
  const child = spawn(file, args, {
    cwd,
    env: childEnv(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-OUTPUT_MAX);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let exitCode: number | undefined;
  const ended = new Promise<void>((resolve) => {
    child.on('exit', (code, by) => {
      exitCode = code ?? 128 + (by === null ? 0 : os.constants.signals[by]);
      resolve();
    });
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('spawn', () => {
      const pid = child.pid ?? 0;
      resolve({
        get exitCode() {
          return exitCode;
        },
        get output() {
          return output;
        },
        hasRouterSocket: () => exitCode === undefined && hasRouterSocket(pid, netns),
        stop: async () => {
          killGroup(pid, 'SIGTERM');
          const grace = setTimeout(() => killGroup(pid), STOP_GRACE_MS);
          await ended;
          clearTimeout(grace);
          // What it left behind in its group.
          killGroup(pid);
        },
      });
    });
  });
}

/**
 * `/proc/PID/net` is of PID's namespace, so a process that has not entered its own yet would be
 * taken for one that has the sockets of ours.
 */
function hasRouterSocket(pid: number, netns: string): boolean {
  try {
    const inside = `net:[${statSync(namespacePath(netns)).ino}]`;
    if (readlinkSync(`/proc/${pid}/ns/net`) !== inside) return false;
    const mine = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => socketInode(pid, fd)));
    // The inode is the 10th column of raw6 and the 9th of packet.
    const listed = [...column(`/proc/${pid}/net/raw6`, 9), ...column(`/proc/${pid}/net/packet`, 8)];
    return listed.some((inode) => mine.has(inode));
  } catch {
    return false;
  }
}

function socketInode(pid: number, fd: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
  } catch {
    return undefined;
  }
}

function column(file: string, index: number): string[] {
  const [, ...lines] = readFileSync(file, 'utf8').split('\n');
  return lines.map((line) => line.trim().split(/\s+/)[index] ?? '').filter((w) => w !== '');
}
