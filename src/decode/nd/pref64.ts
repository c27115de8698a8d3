/**
 * PREF64 (RFC 8781, section 4).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |    Length     |     Scaled Lifetime     | PLC |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |              Highest 96 bits of the Prefix                    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { type Addr6, addr6Bytes } from '../../net/addr6.ts';
import { type Prefix6, prefixAddr, prefixLen } from '../../net/prefix6.ts';
import { newOption, putU16, u16 } from './bytes.ts';
import { readPrefix } from './prefix-field.ts';
import type { Report } from './problem.ts';

export const PREF64_TYPE = 38;
/** Prefix length by prefix length code. */
const PLC: readonly number[] = [96, 64, 56, 48, 40, 32];
const SCALE_SEC = 8;
const SCALED_MAX = 0x1fff;

export interface Pref64 {
  readonly kind: 'pref64';
  /** NAT64 prefix of 96, 64, 56, 48, 40 or 32 bits. */
  readonly prefix: Prefix6;
  /** The prefix field as sent. Default: the prefix's. */
  readonly addr?: Addr6;
  /** A multiple of 8, at most 65528. */
  readonly lifetimeSec: number;
}

/** Prefix length code of a prefix; -1 when its length has none. */
export function plcOf(prefix: Prefix6): number {
  return PLC.indexOf(prefixLen(prefix));
}

/** Undefined when the octets are no PREF64 option. */
export function readPref64(
  bytes: Uint8Array,
  at: number,
  len: number,
  report: Report,
): Pref64 | undefined {
  const scaled = u16(bytes, at + 2);
  const plen = PLC[scaled & 7];
  if (len !== 16) report('pref64-length', at + 1);
  else if (plen === undefined) report('pref64-plc', at + 3);
  if (len !== 16 || plen === undefined) return undefined;
  const { addr, prefix, excess } = readPrefix(bytes, at + 4, 12, plen);
  if (excess) report('prefix-bits', at + 4);
  return { kind: 'pref64', prefix, addr, lifetimeSec: (scaled >> 3) * SCALE_SEC };
}

/** @throws RangeError when prefix length or lifetime cannot be expressed. */
export function pref64Bytes(option: Pref64): Uint8Array {
  const plc = plcOf(option.prefix);
  const scaled = option.lifetimeSec / SCALE_SEC;
  if (plc < 0) throw new RangeError(`PREF64 prefix ${option.prefix}: length not of ${PLC}`);
  if (!Number.isInteger(scaled) || scaled < 0 || scaled > SCALED_MAX) {
    throw new RangeError(`PREF64 lifetime ${option.lifetimeSec} s: not 0, 8, …, 65528`);
  }
  const out = newOption(PREF64_TYPE, 16);
  putU16(out, 2, (scaled << 3) | plc);
  out.set(addr6Bytes(option.addr ?? prefixAddr(option.prefix)).subarray(0, 12), 4);
  return out;
}
