/**
 * Prefix Information (RFC 4861, section 4.6.2; R: RFC 6275, section 7.2; P: RFC 9762).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |    Length     | Prefix Length |L|A|R|P| Rsvd1 |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                         Valid Lifetime                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Preferred Lifetime                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           Reserved2                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * +                            Prefix (16)                        +
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { type Addr6, addr6Bytes, isLinkLocal, isMulticast } from '../../net/addr6.ts';
import { type Prefix6, prefixAddr, prefixLen } from '../../net/prefix6.ts';
import { newOption, putU32, u32 } from './bytes.ts';
import { readPrefix } from './prefix-field.ts';
import type { Report } from './problem.ts';

export const PIO_TYPE = 3;
const PIO_BYTES = 32;

export interface Pio {
  readonly kind: 'pio';
  /** The prefix, bits past its length cleared. */
  readonly prefix: Prefix6;
  /** The prefix field as sent; with R the router's own address. Default: the prefix's. */
  readonly addr?: Addr6;
  /** L */
  readonly onLink: boolean;
  /** A */
  readonly autonomous: boolean;
  /** R: `addr` is an address of the router. */
  readonly routerAddress: boolean;
  /** P: hosts should prefer DHCPv6 prefix delegation here. */
  readonly pdPreferred: boolean;
  readonly validSec: number;
  readonly preferredSec: number;
  /** Low four bits of the flags octet. */
  readonly reserved1?: number;
  readonly reserved2?: number;
}

/** Undefined when the octets are no PIO. */
export function readPio(
  bytes: Uint8Array,
  at: number,
  len: number,
  report: Report,
): Pio | undefined {
  const plen = bytes[at + 2] ?? 0;
  if (len !== PIO_BYTES) report('pio-length', at + 1);
  else if (plen > 128) report('pio-prefix-length', at + 2);
  if (len !== PIO_BYTES || plen > 128) return undefined;
  const flags = bytes[at + 3] ?? 0;
  const { addr, prefix, excess } = readPrefix(bytes, at + 16, 16, plen);
  const pio = {
    kind: 'pio',
    prefix,
    addr,
    onLink: (flags & 0x80) !== 0,
    autonomous: (flags & 0x40) !== 0,
    routerAddress: (flags & 0x20) !== 0,
    pdPreferred: (flags & 0x10) !== 0,
    validSec: u32(bytes, at + 4),
    preferredSec: u32(bytes, at + 8),
    reserved1: flags & 0x0f,
    reserved2: u32(bytes, at + 12),
  } as const;
  judge(pio, addr, plen, excess, at, report);
  return pio;
}

function judge(
  pio: Pio,
  addr: Addr6,
  plen: number,
  excess: boolean,
  at: number,
  report: Report,
): void {
  if (isLinkLocal(addr)) report('pio-link-local', at + 16);
  else if (isMulticast(addr)) report('pio-multicast', at + 16);
  if (pio.preferredSec > pio.validSec) {
    report(pio.autonomous ? 'pio-preferred' : 'pio-preferred-on-link', at + 8);
  }
  if (pio.autonomous && plen !== 64) report('pio-not-64', at + 2);
  if (excess && !pio.routerAddress) report('prefix-bits', at + 16);
  if (pio.reserved1 !== 0) report('reserved-not-zero', at + 3);
  if (pio.reserved2 !== 0) report('reserved-not-zero', at + 12);
}

export function pioBytes(pio: Pio): Uint8Array {
  const out = newOption(PIO_TYPE, PIO_BYTES);
  out[2] = prefixLen(pio.prefix);
  out[3] =
    (pio.onLink ? 0x80 : 0) |
    (pio.autonomous ? 0x40 : 0) |
    (pio.routerAddress ? 0x20 : 0) |
    (pio.pdPreferred ? 0x10 : 0) |
    ((pio.reserved1 ?? 0) & 0x0f);
  putU32(out, 4, pio.validSec);
  putU32(out, 8, pio.preferredSec);
  putU32(out, 12, pio.reserved2 ?? 0);
  out.set(addr6Bytes(pio.addr ?? prefixAddr(pio.prefix)), 16);
  return out;
}
