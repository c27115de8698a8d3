/**
 * Source and Target Link-Layer Address (RFC 4861, section 4.6.1).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |    Length     |    Link-Layer Address ...
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { newOption } from './bytes.ts';
import type { Report } from './problem.ts';

export const SLLA_TYPE = 1;
export const TLLA_TYPE = 2;
/** On Ethernet the option is one unit (RFC 2464, section 6). */
const ETHERNET_BYTES = 8;

export interface Lladdr {
  readonly kind: 'slla' | 'tlla';
  /** Everything after the length field: 6 octets on Ethernet. When decoded, a view. */
  readonly lladdr: Uint8Array;
}

export function readLladdr(bytes: Uint8Array, at: number, len: number, report: Report): Lladdr {
  if (len !== ETHERNET_BYTES) report('lladdr-length', at + 1);
  const kind = bytes[at] === SLLA_TYPE ? 'slla' : 'tlla';
  return { kind, lladdr: bytes.subarray(at + 2, at + len) };
}

export function lladdrBytes(option: Lladdr): Uint8Array {
  const type = option.kind === 'slla' ? SLLA_TYPE : TLLA_TYPE;
  const out = newOption(type, 2 + option.lladdr.length);
  out.set(option.lladdr, 2);
  return out;
}
