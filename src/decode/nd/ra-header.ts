/**
 * Router Advertisement header (RFC 4861, section 4.2; flags: RFC 5175, section 3).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |     Code      |          Checksum             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | Cur Hop Limit |M|O|H|Prf|P|Rsv|       Router Lifetime         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                         Reachable Time                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                          Retrans Timer                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { putU16, putU32, u16, u32 } from './bytes.ts';
import { type Preference, preferenceBits, preferenceOf } from './preference.ts';
import type { Report } from './problem.ts';

export const RA_TYPE = 134;
export const RA_HEADER_BYTES = 16;
const REACHABLE_MS_MAX = 3_600_000;

export interface RaHeader {
  /** 134. Kept because the header inside a PvD option may hold anything there. */
  readonly icmpType: number;
  readonly code: number;
  readonly checksum: number;
  /** 0: unspecified. */
  readonly hopLimit: number;
  /** M: addresses by DHCPv6. */
  readonly managed: boolean;
  /** O: other configuration by DHCPv6. */
  readonly other: boolean;
  /** H: home agent (RFC 6275, section 7.1). */
  readonly homeAgent: boolean;
  /** Prf, as sent (RFC 4191, section 2.2). */
  readonly preference: Preference;
  /** P: proxied (RFC 4389, section 4.1.3.3). */
  readonly proxy: boolean;
  /** The low two bits of the flags octet. */
  readonly reserved: number;
  /** 0: no default router. */
  readonly lifetimeSec: number;
  /** 0: unspecified. */
  readonly reachableMs: number;
  /** 0: unspecified. */
  readonly retransMs: number;
}

/** The header of an RA that says nothing: what is not given when one is built. */
export const EMPTY_RA_HEADER: RaHeader = {
  icmpType: RA_TYPE,
  code: 0,
  checksum: 0,
  hopLimit: 0,
  managed: false,
  other: false,
  homeAgent: false,
  preference: 'medium',
  proxy: false,
  reserved: 0,
  lifetimeSec: 0,
  reachableMs: 0,
  retransMs: 0,
};

/** Reads the 16 octets at `at`, which the caller knows to be there. */
export function readRaHeader(bytes: Uint8Array, at: number, report: Report): RaHeader {
  const flags = bytes[at + 5] ?? 0;
  const preference = preferenceOf(flags);
  const lifetimeSec = u16(bytes, at + 6);
  const reachableMs = u32(bytes, at + 8);
  if (preference === 'reserved') report('ra-preference-reserved', at + 5);
  else if (preference !== 'medium' && lifetimeSec === 0) report('ra-preference-unused', at + 5);
  if ((flags & 0x03) !== 0) report('reserved-not-zero', at + 5);
  if (reachableMs > REACHABLE_MS_MAX) report('ra-reachable-time', at + 8);
  return {
    icmpType: bytes[at] ?? 0,
    code: bytes[at + 1] ?? 0,
    checksum: u16(bytes, at + 2),
    hopLimit: bytes[at + 4] ?? 0,
    managed: (flags & 0x80) !== 0,
    other: (flags & 0x40) !== 0,
    homeAgent: (flags & 0x20) !== 0,
    preference,
    proxy: (flags & 0x04) !== 0,
    reserved: flags & 0x03,
    lifetimeSec,
    reachableMs,
    retransMs: u32(bytes, at + 12),
  };
}

/** The flags octet of a header. */
export function raFlagsOctet(header: RaHeader): number {
  return (
    (header.managed ? 0x80 : 0) |
    (header.other ? 0x40 : 0) |
    (header.homeAgent ? 0x20 : 0) |
    preferenceBits(header.preference) |
    (header.proxy ? 0x04 : 0) |
    (header.reserved & 0x03)
  );
}

/** The 16 octets of a header, checksum as given. */
export function raHeaderBytes(header: RaHeader): Uint8Array {
  const out = new Uint8Array(RA_HEADER_BYTES);
  out[0] = header.icmpType;
  out[1] = header.code;
  putU16(out, 2, header.checksum);
  out[4] = header.hopLimit;
  out[5] = raFlagsOctet(header);
  putU16(out, 6, header.lifetimeSec);
  putU32(out, 8, header.reachableMs);
  putU32(out, 12, header.retransMs);
  return out;
}
