/** Waiting for something to be so: by looking, until a deadline, never by sleeping for a guess. */

import { type Addr6, parseAddr6 } from '../../src/net/addr6.ts';
import { type Prefix6, parsePrefix6, prefixContains } from '../../src/net/prefix6.ts';
import { type ExecOptions, exec } from './exec.ts';
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
  if (prefix !== undefined) return hasAddress(netns, prefix, dev, options);
  if (route !== undefined) {
    const argv = ['ip', '-n', netns, '-6', 'route', 'show', ...route.split(/\s+/)];
    return (await exec(argv, options)).stdout.trim() !== '';
  }
  if (listen !== undefined) return isListening(netns, listen, options);
  const argv = typeof command === 'string' ? ['/bin/sh', '-c', command] : (command ?? []);
  return (await exec(['ip', 'netns', 'exec', netns, ...argv], options)).exitCode === 0;
}

interface LinkAddresses {
  readonly ifname: string;
  readonly operstate: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly { readonly local: string; readonly tentative?: boolean }[];
}

async function addresses(netns: string, options: ExecOptions): Promise<LinkAddresses[]> {
  const { stdout } = await exec(['ip', '-n', netns, '-6', '-j', 'address', 'show'], options);
  return stdout.trim() === '' ? [] : (JSON.parse(stdout) as LinkAddresses[]);
}

async function hasAddress(
  netns: string,
  prefix: Prefix6,
  dev: string | undefined,
  options: ExecOptions,
): Promise<boolean> {
  return (await addresses(netns, options))
    .filter((link) => dev === undefined || link.ifname === dev)
    .flatMap((link) => link.addr_info)
    .some((a) => a.tentative !== true && prefixContains(prefix, parseAddr6(a.local) as Addr6));
}

/** No address is tentative: duplicate address detection (RFC 4862, section 5.4) is over. */
export async function isSettled(netns: string, options: ExecOptions): Promise<boolean> {
  const links = await addresses(netns, options);
  return links.flatMap((l) => l.addr_info).every((a) => a.tentative !== true);
}

/** A TCP socket in state LISTEN (0A) on that port, IPv4 or IPv6. */
async function isListening(netns: string, port: number, options: ExecOptions): Promise<boolean> {
  const argv = ['ip', 'netns', 'exec', netns, 'cat', '/proc/net/tcp', '/proc/net/tcp6'];
  const { stdout } = await exec(argv, options);
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`^ *\\d+: [0-9A-F]+:${hex} \\S+ 0A `, 'm').test(stdout);
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
