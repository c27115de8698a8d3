/**
 * Route Information (RFC 4191, section 2.3). The prefix field has 0, 8 or 16 octets.
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |    Length     | Prefix Length |Resvd|Prf|Resvd|
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                        Route Lifetime                         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                   Prefix (Variable Length)                    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { type Addr6, addr6Bytes } from '../../net/addr6.ts';
import { type Prefix6, prefixAddr, prefixLen } from '../../net/prefix6.ts';
import { newOption, putU32, UNIT, u32 } from './bytes.ts';
import { type Preference, preferenceBits, preferenceOf } from './preference.ts';
import { readPrefix } from './prefix-field.ts';
import type { Report } from './problem.ts';

export const RIO_TYPE = 24;
const RESERVED_BITS = 0xe7;

export interface Rio {
  readonly kind: 'rio';
  /** The prefix, bits past its length cleared. */
  readonly prefix: Prefix6;
  /** The prefix field as sent. Default: the prefix's. */
  readonly addr?: Addr6;
  readonly preference: Preference;
  /** 0: withdrawn; 0xffffffff: for ever. */
  readonly lifetimeSec: number;
  /** Bits around Prf (0xe7). */
  readonly reserved?: number;
  /** 1 to 3. Default: the least that holds the prefix. */
  readonly lenUnits?: number;
}

/** Undefined when the octets are no RIO. */
export function readRio(
  bytes: Uint8Array,
  at: number,
  len: number,
  report: Report,
): Rio | undefined {
  const plen = bytes[at + 2] ?? 0;
  if (plen > 128) {
    report('rio-prefix-length', at + 2);
    return undefined;
  }
  const lenUnits = len / UNIT;
  if (lenUnits > 3 || lenUnits < unitsFor(plen)) {
    report('rio-length', at + 1);
    return undefined;
  }
  const flags = bytes[at + 3] ?? 0;
  const preference = preferenceOf(flags);
  if (preference === 'reserved') report('rio-preference', at + 3);
  const reserved = flags & RESERVED_BITS;
  if (reserved !== 0) report('reserved-not-zero', at + 3);
  const { addr, prefix, excess } = readPrefix(bytes, at + 8, len - 8, plen);
  if (excess) report('prefix-bits', at + 8);
  const lifetimeSec = u32(bytes, at + 4);
  return { kind: 'rio', prefix, addr, preference, lifetimeSec, reserved, lenUnits };
}

function unitsFor(plen: number): number {
  if (plen === 0) return 1;
  return plen <= 64 ? 2 : 3;
}

/** @throws RangeError when `lenUnits` cannot hold the prefix. */
export function rioBytes(rio: Rio): Uint8Array {
  const plen = prefixLen(rio.prefix);
  const units = rio.lenUnits ?? unitsFor(plen);
  if (units < unitsFor(plen) || units > 3) throw new RangeError(`RIO of ${units} units: ${plen}`);
  const out = newOption(RIO_TYPE, units * UNIT);
  out[2] = plen;
  out[3] = preferenceBits(rio.preference) | ((rio.reserved ?? 0) & RESERVED_BITS);
  putU32(out, 4, rio.lifetimeSec);
  out.set(addr6Bytes(rio.addr ?? prefixAddr(rio.prefix)).subarray(0, units * UNIT - 8), 8);
  return out;
}
