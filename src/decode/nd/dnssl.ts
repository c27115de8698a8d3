/**
 * DNS Search List (RFC 8106, section 5.2).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |     Length    |           Reserved            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           Lifetime                            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * :                Domain Names of DNS Search List                :
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

import { readWireName } from '../../net/dns-name.ts';
import { isZero, newOption, putU16, putU32, UNIT, u16, u32 } from './bytes.ts';
import { nameBytes, reportName } from './name-field.ts';
import type { Report } from './problem.ts';

export const DNSSL_TYPE = 31;

export interface Dnssl {
  readonly kind: 'dnssl';
  /** Presentation form, without final dot. */
  readonly domains: readonly string[];
  /** 0: withdrawn; 0xffffffff: for ever. */
  readonly lifetimeSec: number;
  readonly reserved?: number;
  /** Length field; default: the least that holds the names. */
  readonly lenUnits?: number;
}

/** Undefined when the octets are no DNSSL option. */
export function readDnssl(
  bytes: Uint8Array,
  at: number,
  len: number,
  report: Report,
): Dnssl | undefined {
  if (len < 16) {
    report('dnssl-length', at + 1);
    return undefined;
  }
  const end = at + len;
  const domains: string[] = [];
  let pos = at + 8;
  while (pos < end && bytes[pos] !== 0) {
    const name = readWireName(bytes, pos, end);
    if (!name.ok) {
      reportName(name, report);
      return undefined;
    }
    domains.push(name.name);
    pos = name.end;
  }
  if (domains.length === 0) report('dnssl-empty', at + 8);
  if (!isZero(bytes, pos, end)) report('padding-not-zero', pos);
  const reserved = u16(bytes, at + 2);
  if (reserved !== 0) report('reserved-not-zero', at + 2);
  const lifetimeSec = u32(bytes, at + 4);
  return { kind: 'dnssl', domains, lifetimeSec, reserved, lenUnits: len / UNIT };
}

/** @throws RangeError when a domain is no name or all of them do not fit. */
export function dnsslBytes(dnssl: Dnssl): Uint8Array {
  const names = dnssl.domains.map(nameBytes);
  const total = names.reduce((sum, name) => sum + name.length, 0);
  const out = newOption(DNSSL_TYPE, 8 + total, dnssl.lenUnits);
  putU16(out, 2, dnssl.reserved ?? 0);
  putU32(out, 4, dnssl.lifetimeSec);
  let pos = 8;
  for (const name of names) {
    out.set(name, pos);
    pos += name.length;
  }
  return out;
}
