/** Reads where jiffies stand, to place address time stamps in CLOCK_BOOTTIME. */

import { closeSync, openSync, readSync } from 'node:fs';
import { jiffiesHz } from '../libbpf/libc.ts';
import { centiseconds, type JiffiesSpan, jiffiesOfTimerList, ticksNs } from './jiffies.ts';

const TIMER_LIST = '/proc/timer_list';
/** Its first CPU is enough: every CPU prints the same counter behind its timers. */
const TIMER_LIST_BYTES_MAX = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** Readings at the start: one alone may have met a late tick. */
const READINGS_FIRST = 3;
/** How long a reading counts; without high resolution a late tick may be lost for good. */
const READING_NS = 60_000_000_000n;
const READINGS_MAX = 64;

export interface JiffiesClock {
  /** Where jiffies stand, in hundredths of a second since their start. */
  readCs(): bigint;
  /** From an earlier reading to one made now. */
  spanFrom(fromCs: bigint): JiffiesSpan;
}

/** By how much CLOCK_MONOTONIC led jiffies, lately; neither runs in suspend. */
const leads: { readonly atNs: bigint; readonly leadNs: bigint }[] = [];

/**
 * Where /proc/timer_list cannot be read (it needs root) jiffies are taken to have started
 * with CLOCK_MONOTONIC: stamps then lie early by what the boot took to start the tick,
 * usually less than half a second.
 * @param now CLOCK_BOOTTIME in ns
 */
export function createJiffiesClock(now: () => bigint): JiffiesClock {
  const readCs = (): bigint => centiseconds(readTicksNs() ?? process.hrtime.bigint());
  for (let i = 0; i < READINGS_FIRST; i++) readTicksNs();
  return {
    readCs,
    spanFrom: (fromCs) => {
      const toCs = readCs();
      const bootOffsetNs = now() - process.hrtime.bigint();
      return { epoch: bootOffsetNs + leastLeadNs(), fromCs, toCs };
    },
  };
}

/** The least lead is the true one: jiffies may be late, never early. */
function leastLeadNs(): bigint {
  const since = process.hrtime.bigint() - READING_NS;
  while (leads.length > READINGS_MAX || (leads[0] && leads[0].atNs < since)) leads.shift();
  let least = leads[0]?.leadNs ?? 0n;
  for (const { leadNs } of leads) if (leadNs < least) least = leadNs;
  return least;
}

function readTicksNs(): bigint | undefined {
  const jiffies = readJiffies();
  if (jiffies === undefined) return undefined;
  const atNs = process.hrtime.bigint();
  const ns = ticksNs(jiffies, jiffiesHz(), atNs);
  leads.push({ atNs, leadNs: atNs - ns });
  return ns;
}

function readJiffies(): bigint | undefined {
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
      const len = readSync(fd, chunk);
      if (len === 0) return undefined;
      content += chunk.toString('latin1', 0, len);
      const jiffies = jiffiesOfTimerList(content);
      if (jiffies !== undefined) return jiffies;
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}
