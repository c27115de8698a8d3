/** Header of an event that a dump made: no CPU, no sequence number, nothing lost. */

import type { EventHeader } from '../../src/decode/event.ts';

export interface DumpOrigin {
  readonly netnsCookie: bigint;
  /** CLOCK_BOOTTIME in ns, not later than when the kernel gave the object out. */
  readonly tsNs: bigint;
}

export function dumpHeader(origin: DumpOrigin, hook: 'netlink' | 'procfs' | 'none'): EventHeader {
  return {
    tsNs: origin.tsNs,
    netnsCookie: origin.netnsCookie,
    cpu: 0,
    seq: 0,
    lost: 0,
    hook,
    op: 'dump',
    softirq: false,
    truncated: false,
  };
}
