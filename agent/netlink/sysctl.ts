/**
 * What only /proc tells of a namespace: `all` and `default` devconf, the other
 * integers under net.ipv6, the order of its devices. Read with the thread in
 * the namespace: /proc/sys/net and /proc/thread-self/net follow the reader.
 */

import { readdirSync, readFileSync } from 'node:fs';
import type { DevconfEvent, SysctlEvent } from '../../src/decode/event.ts';
import { devconfFromFiles } from './devconf.ts';
import { type DumpOrigin, dumpHeader } from './header.ts';

const ROOT = '/proc/sys/net/ipv6';
/** Directories below it whose integers are dumped; per-device values come over netlink. */
const DIRS = ['.', 'icmp', 'route'] as const;
/** One that lies under net.ipv4 but seeds the IPv6 hash too (Linux 6.11 and later). */
const SHARED = ['fib_multipath_hash_seed'] as const;
const FILES_MAX = 256;
const ALL_IFINDEX = 0;
const DEFAULT_IFINDEX = -1;

/** The integer a sysctl file holds; undefined when it is not there, not readable, or no integer. */
export function parseSysctl(content: string): bigint | undefined {
  const trimmed = content.trim();
  return /^-?\d{1,19}$/.test(trimmed) ? BigInt(trimmed) : undefined;
}

function readInteger(path: string): bigint | undefined {
  try {
    return parseSysctl(readFileSync(path, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Must run in the namespace. @throws an ENOENT Error when this kernel runs without IPv6. */
export function readDevconf(origin: DumpOrigin): DevconfEvent[] {
  const read = (name: string, ifindex: number): DevconfEvent => {
    readdirSync(`${ROOT}/conf/${name}`);
    const conf = devconfFromFiles((file) => readInteger(`${ROOT}/conf/${name}/${file}`));
    return { ...dumpHeader(origin, 'procfs'), kind: 'devconf', ifindex, conf };
  };
  return [read('all', ALL_IFINDEX), read('default', DEFAULT_IFINDEX)];
}

/**
 * Must run in the namespace. `dir` is the parent directory: `ipv6`, `icmp`, `route`, `ipv4`.
 * Values are in the unit of the file, so the timers of `route` are seconds, not jiffies.
 */
export function readSysctls(origin: DumpOrigin): SysctlEvent[] {
  const events: SysctlEvent[] = [];
  const add = (dir: string, name: string, path: string): void => {
    const value = readInteger(path);
    if (value === undefined) return;
    events.push({ ...dumpHeader(origin, 'procfs'), kind: 'sysctl', name, dir, value, error: 0 });
  };
  for (const dir of DIRS) {
    const entries = readdirSync(`${ROOT}/${dir}`, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .slice(0, FILES_MAX);
    for (const { name } of entries) {
      add(dir === '.' ? 'ipv6' : dir, name, `${ROOT}/${dir}/${name}`);
    }
  }
  for (const name of SHARED) add('ipv4', name, `/proc/sys/net/ipv4/${name}`);
  return events;
}

/** Must run in the namespace. Empty when it cannot be read: the order is then unknown. */
export function readDeviceOrder(): string {
  try {
    return readFileSync('/proc/thread-self/net/igmp6', 'latin1');
  } catch {
    return '';
  }
}
