/** Waiting for something to be so: by looking, until a deadline, never by sleeping for a guess. */

import { closeSync, openSync, readFileSync } from 'node:fs';
import { type Prefix6, parsePrefix6, prefixContains } from '../../src/net/prefix6.ts';
import { inNetns } from '../libbpf/libc.ts';
import { parseIfInet6 } from '../router/if-inet6.ts';
import { type ExecOptions, exec } from './exec.ts';
import { namespacePath } from './netns.ts';
import type { Condition } from './scenario.ts';

/** Time between two looks, from the first to the later ones. */
const LOOK_MIN_MS = 20;
const LOOK_MAX_MS = 200;

/** `netns` is a full name. */
export async function isMet(
  condition: Condition,
  netns: string,
  options: ExecOptions,
): Promise<boolean> {
  return (await holds(condition, netns, options)) !== condition.gone;
}

async function holds(
  { address, route, listen, command, dev }: Condition,
  netns: string,
  options: ExecOptions,
): Promise<boolean> {
  const prefix = address === undefined ? undefined : parsePrefix6(address);
  if (prefix !== undefined) return hasAddress(netns, prefix, dev);
  if (route !== undefined) {
    const argv = ['ip', '-n', netns, '-6', 'route', 'show', ...route.split(/\s+/)];
    return (await exec(argv, options)).stdout.trim() !== '';
  }
  if (listen !== undefined) return isListening(netns, listen);
  const argv = typeof command === 'string' ? ['/bin/sh', '-c', command] : (command ?? []);
  return (await exec(['ip', 'netns', 'exec', netns, ...argv], options)).exitCode === 0;
}

/**
 * A file of a namespace's /proc/net. Read here: in an emulated guest a program takes tenths of a
 * second of the one CPU. A namespace that is gone has empty files.
 */
function procNet(netns: string, file: string): string {
  let fd: number;
  try {
    fd = openSync(namespacePath(netns), 'r');
  } catch {
    return '';
  }
  try {
    return inNetns(fd, () => readFileSync(`/proc/thread-self/net/${file}`, 'utf8'));
  } finally {
    closeSync(fd);
  }
}

function hasAddress(netns: string, prefix: Prefix6, dev: string | undefined): boolean {
  return parseIfInet6(procNet(netns, 'if_inet6')).some(
    ({ addr, ifname, tentative }) =>
      (dev === undefined || ifname === dev) && !tentative && prefixContains(prefix, addr),
  );
}

/** No address is tentative: duplicate address detection (RFC 4862, section 5.4) is over. */
export function isSettled(netns: string): boolean {
  return parseIfInet6(procNet(netns, 'if_inet6')).every(({ tentative }) => !tentative);
}

/** A TCP socket in state LISTEN (0A) on that port, IPv4 or IPv6. */
function isListening(netns: string, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const listening = new RegExp(`^ *\\d+: [0-9A-F]+:${hex} \\S+ 0A `, 'm');
  return ['tcp', 'tcp6'].some((file) => listening.test(procNet(netns, file)));
}

/** Whether `look` came true in time. Rejects when aborted, or when `look` does. */
export async function waitUntil(
  look: () => Promise<boolean>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (let pauseMs = LOOK_MIN_MS; ; pauseMs = Math.min(pauseMs * 1.5, LOOK_MAX_MS)) {
    signal?.throwIfAborted();
    if (await look()) return true;
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return false;
    await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, leftMs)));
  }
}
