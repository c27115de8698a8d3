/** The options `run` and `record` share: what to watch, and how much to hold. */

import { statSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { ObserveOptions } from '../observe/observe.ts';

export interface ObserveFlags {
  readonly netns: readonly string[];
  readonly pid: readonly number[];
  readonly cgroup: readonly bigint[];
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
    .option('--ring <MiB>', 'size of the ring buffer, a power of two', mebibytes, 64);
}

export function observeOptionsOf(
  flags: ObserveFlags,
): Pick<ObserveOptions, 'netns' | 'tgids' | 'cgroups' | 'ringBytes'> {
  return {
    ...(flags.netns.length > 0 ? { netns: flags.netns } : {}),
    ...(flags.pid.length > 0 ? { tgids: flags.pid } : {}),
    ...(flags.cgroup.length > 0 ? { cgroups: flags.cgroup } : {}),
    ringBytes: flags.ring * 2 ** 20,
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

/** 1/16 MiB (64 KiB) is allowed: a ring that overflows is wanted now and then. */
function mebibytes(value: string): number {
  const bytes = Number(value) * 2 ** 20;
  if (bytes >= 65536 && bytes <= 2 ** 30 && Number.isInteger(Math.log2(bytes)))
    return Number(value);
  throw new InvalidArgumentError('a power of two from 0.0625 to 1024 is needed');
}
