/** Namespaces of a test: made by ip(8), named after the process, removed at its end. */

import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { after } from 'node:test';

/** Why the tests of a file cannot run here; false when they can. */
export const SKIP: string | false =
  process.getuid?.() === 0 ? false : 'needs root to make network namespaces';

const made = new Set<string>();
let count = 0;

/** A name nobody else uses. The namespace is removed after the tests, if it is made. */
export function freshName(): string {
  const name = `pvdnet-${process.pid}-${count++}`;
  made.add(name);
  return name;
}

export function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Whether the command worked: for what this kernel or this iproute2 may not know. */
export function tryIp(...args: string[]): boolean {
  try {
    ip(...args);
    return true;
  } catch {
    return false;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: ip(8) has no schema.
export type IpJson = any;

/** What `ip -j` prints; nothing counts as an empty list. */
export function ipJson(...args: string[]): IpJson[] {
  const text = ip('-j', ...args).trim();
  return text === '' ? [] : (JSON.parse(text) as IpJson[]).filter((o) => Object.keys(o).length > 0);
}

export function addNetns(): string {
  const name = freshName();
  ip('netns', 'add', name);
  return name;
}

export function deleteNetns(name: string): void {
  ip('netns', 'delete', name);
  made.delete(name);
}

/**
 * Writes a sysctl inside: `net/ipv6/conf/all/forwarding`. Whether it took is for the caller
 * to see: Linux 6.1 stores ignore_routes_with_linkdown and calls the write a short one.
 */
export function setSysctl(netns: string, name: string, value: string): void {
  tryIp('netns', 'exec', netns, 'sh', '-c', `echo ${value} >/proc/sys/${name}`);
}

/** Open descriptors of this process, by what they lead to. */
export function openFds(): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    })
    .filter((target) => target !== '' && !target.startsWith('/proc/'))
    .sort();
}

export async function until(
  what: string,
  isTrue: () => boolean,
  timeoutMs = 10_000,
): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!isTrue()) {
    if (Date.now() > endMs) throw new Error(`timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

after(() => {
  for (const name of made) {
    tryIp('netns', 'delete', name);
    rmSync(`/run/netns/${name}`, { force: true });
  }
});
