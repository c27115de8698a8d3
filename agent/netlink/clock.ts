/** Reads where jiffies stand, to place address time stamps in CLOCK_BOOTTIME. */

import { closeSync, openSync, readSync } from 'node:fs';
import { jiffiesHz } from '../libbpf/libc.ts';
import { type JiffiesEpoch, jiffiesEpoch, jiffiesOfTimerList } from './jiffies.ts';

const TIMER_LIST = '/proc/timer_list';
/** Its first CPU is enough: every CPU prints the same counter behind its timers. */
const TIMER_LIST_BYTES_MAX = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * The epoch of jiffies as of now. Where /proc/timer_list cannot be read (it needs root)
 * jiffies are taken to have started with CLOCK_MONOTONIC: stamps then lie early by what
 * the boot took to start the tick, usually less than half a second.
 */
export function readJiffiesEpoch(now: () => bigint): JiffiesEpoch {
  const monotonicNs = process.hrtime.bigint();
  const bootNs = now();
  const reading = readJiffies(now);
  if (reading === undefined) return bootNs - monotonicNs;
  return jiffiesEpoch(reading.jiffies, jiffiesHz(), reading.atNs, monotonicNs);
}

function readJiffies(now: () => bigint): { jiffies: bigint; atNs: bigint } | undefined {
  let fd: number;
  try {
    fd = openSync(TIMER_LIST, 'r');
  } catch {
    return undefined;
  }
  try {
    let content = '';
    while (content.length < TIMER_LIST_BYTES_MAX) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const beforeNs = now();
      const len = readSync(fd, chunk);
      if (len === 0) return undefined;
      content += chunk.toString('latin1', 0, len);
      const jiffies = jiffiesOfTimerList(content);
      if (jiffies !== undefined) return { jiffies, atNs: (beforeNs + now()) / 2n };
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}
