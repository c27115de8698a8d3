/** The options `run` and `record` share: what to watch, and how much to hold. */

import { statSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { ObserveOptions } from '../observe/observe.ts';

export interface ObserveFlags {
  readonly netns: readonly string[];
  readonly pid: readonly number[];
  readonly cgroup: readonly bigint[];
  /** Bytes. */
  readonly ring: number;
}

export function observeOptions(command: Command): Command {
  return command
    .option(
      '--netns <name>',
      'only this namespace: a name under /run/netns, `NAME*` or `self` (repeatable)',
      add,
      [],
    )
    .option('--pid <pid>', 'decisions of this process only (repeatable)', addPid, [])
    .option(
      '--cgroup <dir>',
      'decisions of this cgroup v2 directory only (repeatable)',
      addCgroup,
      [],
    )
    .option(
      '--ring <size>',
      'size of the ring buffer in MiB, or as 64K: a power of two',
      ringBytes,
      64 << 20,
    );
}

export function observeOptionsOf(
  flags: ObserveFlags,
): Pick<ObserveOptions, 'netns' | 'tgids' | 'cgroups' | 'ringBytes'> {
  return {
    ...(flags.netns.length > 0 ? { netns: flags.netns } : {}),
    ...(flags.pid.length > 0 ? { tgids: flags.pid } : {}),
    ...(flags.cgroup.length > 0 ? { cgroups: flags.cgroup } : {}),
    ringBytes: flags.ring,
  };
}

function add(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function addPid(value: string, before: readonly number[]): number[] {
  if (/^[1-9]\d{0,9}$/.test(value)) return [...before, Number(value)];
  throw new InvalidArgumentError('a process id is needed');
}

/** A cgroup's id is the inode of its directory (`cgroup_id()`). */
function addCgroup(value: string, before: readonly bigint[]): bigint[] {
  try {
    return [...before, statSync(value, { bigint: true }).ino];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

const UNITS: Readonly<Record<string, number>> = { K: 1 << 10, M: 1 << 20, G: 1 << 30, '': 1 << 20 };

/** Bytes of `64K`, `4M`, `1G` or `128` (MiB). A ring that overflows is wanted now and then. */
export function ringBytes(value: string): number {
  const [, number = '', unit = ''] = /^(\d{1,7}(?:\.\d{1,9})?)([KMG]?)(?:iB)?$/.exec(value) ?? [];
  const bytes = Number(number) * (UNITS[unit] ?? 0);
  if (bytes >= 65536 && bytes <= 2 ** 30 && Number.isInteger(Math.log2(bytes))) return bytes;
  throw new InvalidArgumentError('a power of two from 64K to 1G is needed');
}
