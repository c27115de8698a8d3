/**
 * RA Flags Extension (RFC 5175, section 4). No bit of it is assigned for all to use.
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |    Length     |         Bit fields available ..
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ... for assignment                                              |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { isZero, newOption } from './bytes.ts';
import type { Report } from './problem.ts';

export const RA_FLAGS_TYPE = 26;

export interface RaFlags {
  readonly kind: 'ra-flags';
  /** Flag bits 8 and on: 6 octets, more in a future format. When decoded, a view. */
  readonly bits: Uint8Array;
}

export function readRaFlags(bytes: Uint8Array, at: number, len: number, report: Report): RaFlags {
  if (isZero(bytes, at + 2, at + len)) report('ra-flags-empty', at + 2);
  return { kind: 'ra-flags', bits: bytes.subarray(at + 2, at + len) };
}

export function raFlagsBytes(option: RaFlags): Uint8Array {
  const out = newOption(RA_FLAGS_TYPE, 2 + option.bits.length);
  out.set(option.bits, 2);
  return out;
}
