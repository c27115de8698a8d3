/**
 * Advertisement Interval (RFC 6275, section 7.3).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |    Length     |           Reserved            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                     Advertisement Interval                    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { newOption, putU16, putU32, u16, u32 } from './bytes.ts';
import type { Report } from './problem.ts';

export const ADVERTISEMENT_INTERVAL_TYPE = 7;

export interface AdvertisementInterval {
  readonly kind: 'advertisement-interval';
  /** Most time between two unsolicited RAs. */
  readonly intervalMs: number;
  readonly reserved?: number;
}

/** Undefined when the octets are no such option. */
export function readAdvertisementInterval(
  bytes: Uint8Array,
  at: number,
  len: number,
  report: Report,
): AdvertisementInterval | undefined {
  if (len !== 8) {
    report('advertisement-interval-length', at + 1);
    return undefined;
  }
  const reserved = u16(bytes, at + 2);
  if (reserved !== 0) report('reserved-not-zero', at + 2);
  return { kind: 'advertisement-interval', intervalMs: u32(bytes, at + 4), reserved };
}

export function advertisementIntervalBytes(option: AdvertisementInterval): Uint8Array {
  const out = newOption(ADVERTISEMENT_INTERVAL_TYPE, 8);
  putU16(out, 2, option.reserved ?? 0);
  putU32(out, 4, option.intervalMs);
  return out;
}
