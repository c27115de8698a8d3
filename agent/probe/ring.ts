/** How large the ring is, and from which fill on decisions are left out. */

import { randomInt } from 'node:crypto';
import { AgentError } from '../error.ts';

/** Room for 2 s of 100,000 records a second while nobody reads. */
export const RING_BYTES_DEFAULT: number = 64 << 20;

/** Of PVD_SAMPLE_SLOTS slots the last is left out from here on. */
const SAMPLE_STEPS = 7;

/**
 * Read-only globals of bpf/sample.bpf.h. The salt is new each time, so that nobody can choose
 * destinations that are never told.
 */
export function sampleGlobals(ringBytes: number, aboveBytes: number): Record<string, number> {
  const stepBytes = Math.max(0, (ringBytes * 3) / 4 - aboveBytes) / SAMPLE_STEPS;
  return {
    sample_above: aboveBytes,
    sample_step: Math.max(1, Math.floor(stepBytes)),
    sample_salt: randomInt(2 ** 32),
  };
}

/** @throws AgentError PVD_ERR_RING */
export function requirePowerOfTwo(ringBytes: number): void {
  if (ringBytes >= 4096 && ringBytes <= 2 ** 30 && (ringBytes & (ringBytes - 1)) === 0) return;
  throw new AgentError({
    code: 'PVD_ERR_RING',
    op: 'size the ring',
    message: `a ring of ${ringBytes} bytes is impossible`,
    hint: 'give a power of two from 4096 to 1 GiB',
    exitCode: 2,
  });
}
