/**
 * Recursive DNS Server (RFC 8106, section 5.1).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |     Length    |           Reserved            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           Lifetime                            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * :            Addresses of IPv6 Recursive DNS Servers            :
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { type Addr6, ANY6, addr6Bytes, addr6FromBytes, isMulticast } from '../../net/addr6.ts';
import { newOption, putU16, putU32, u16, u32 } from './bytes.ts';
import type { Report } from './problem.ts';

export const RDNSS_TYPE = 25;

export interface Rdnss {
  readonly kind: 'rdnss';
  readonly addrs: readonly Addr6[];
  /** 0: withdrawn; 0xffffffff: for ever. */
  readonly lifetimeSec: number;
  readonly reserved?: number;
}

/** Undefined when the octets are no RDNSS option. */
export function readRdnss(
  bytes: Uint8Array,
  at: number,
  len: number,
  report: Report,
): Rdnss | undefined {
  if (len < 24 || (len - 8) % 16 !== 0) {
    report('rdnss-length', at + 1);
    return undefined;
  }
  const reserved = u16(bytes, at + 2);
  if (reserved !== 0) report('reserved-not-zero', at + 2);
  const addrs: Addr6[] = [];
  for (let pos = at + 8; pos < at + len; pos += 16) {
    const addr = addr6FromBytes(bytes, pos);
    if (isMulticast(addr) || addr === ANY6) report('rdnss-address', pos);
    addrs.push(addr);
  }
  return { kind: 'rdnss', addrs, lifetimeSec: u32(bytes, at + 4), reserved };
}

/** @throws RangeError when there are more than 127 addresses. */
export function rdnssBytes(rdnss: Rdnss): Uint8Array {
  const out = newOption(RDNSS_TYPE, 8 + 16 * rdnss.addrs.length);
  putU16(out, 2, rdnss.reserved ?? 0);
  putU32(out, 4, rdnss.lifetimeSec);
  rdnss.addrs.forEach((addr, i) => {
    out.set(addr6Bytes(addr), 8 + 16 * i);
  });
  return out;
}
