/**
 * MTU (RFC 4861, section 4.6.4).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |    Length     |           Reserved            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                              MTU                              |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { newOption, putU16, putU32, u16, u32 } from './bytes.ts';
import type { Report } from './problem.ts';

export const MTU_TYPE = 5;
/** RFC 8200, section 5. */
const MTU_MIN = 1280;

export interface Mtu {
  readonly kind: 'mtu';
  readonly mtuBytes: number;
  readonly reserved?: number;
}

/** Undefined when the octets are no MTU option. */
export function readMtu(
  bytes: Uint8Array,
  at: number,
  len: number,
  report: Report,
): Mtu | undefined {
  if (len !== 8) {
    report('mtu-length', at + 1);
    return undefined;
  }
  const mtuBytes = u32(bytes, at + 4);
  const reserved = u16(bytes, at + 2);
  if (mtuBytes < MTU_MIN) report('mtu-too-small', at + 4);
  if (reserved !== 0) report('reserved-not-zero', at + 2);
  return { kind: 'mtu', mtuBytes, reserved };
}

export function mtuOptionBytes(mtu: Mtu): Uint8Array {
  const out = newOption(MTU_TYPE, 8);
  putU16(out, 2, mtu.reserved ?? 0);
  putU32(out, 4, mtu.mtuBytes);
  return out;
}
