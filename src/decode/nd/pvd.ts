/**
 * PvD option (RFC 8801, section 3.1) and its predecessors.
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |    Length     |H|L|R|     Reserved    | Delay |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |       Sequence Number         |                             ...
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                             ...
 * ...                         PvD ID FQDN                       ...
 * ...             +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ...             |                  Padding                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ...   Router Advertisement message header, 16 octets, if R    ...
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Options ...
 *
 * draft-ietf-intarea-provisioning-domains: -00 (type 253) has neither R nor anything after
 * the name; -01 (type 254, then 21) calls the R flag A and has no Delay.
 */

import { readWireName } from '../../net/dns-name.ts';
import { isZero, newOption, putU16, UNIT, u16 } from './bytes.ts';
import { nameBytes, reportName } from './name-field.ts';
import type { DecodedOption, NdOption } from './option.ts';
import type { Report } from './problem.ts';
import {
  RA_HEADER_BYTES,
  RA_TYPE,
  type RaHeader,
  raHeaderBytes,
  readRaHeader,
} from './ra-header.ts';

export const PVD_TYPE = 21;
const NAME_AT = 6;
/** Of an RA header, what comes after type, code and checksum. */
const CONTENT_AT = 4;
/** Letters, digits and hyphens, and the underscore that service names use. */
const USUAL = /^[0-9A-Za-z_.-]+$/;
const UPPER = /[A-Z]/;

/** Which text defines the octets. */
export type PvdLayout = 'rfc8801' | 'draft-01' | 'draft-00';

export interface Pvd {
  readonly kind: 'pvd';
  /** Default 21. */
  readonly type?: number;
  readonly layout: PvdLayout;
  /** PvD ID in presentation form, without final dot, case as sent. */
  readonly id: string;
  /** H: additional information is there to be fetched over HTTPS. */
  readonly http: boolean;
  /** L: DHCPv4 on this link belongs to the PvD. */
  readonly legacy: boolean;
  /** Fetches are delayed by a random time up to 2^(10 + delay) ms; 0..15. */
  readonly delay: number;
  /** Of the additional information, 0..65535. */
  readonly sequence: number;
  /** Flag bits without a meaning in this layout, in place. */
  readonly reserved?: number;
  /** Length field, of use in draft-00 only, where nothing follows the name; default: the least. */
  readonly lenUnits?: number;
  /** The RA header inside the option (R); null when there is none. */
  readonly ra: RaHeader | null;
  readonly options: readonly NdOption[];
}

export interface DecodedPvd extends Pvd {
  readonly options: readonly DecodedOption[];
}

/**
 * Reads the options between two offsets, under the header at a third; undefined when their
 * lengths contradict that.
 */
export type ReadNested = (
  from: number,
  to: number,
  headerAt: number,
) => readonly DecodedOption[] | undefined;

const RESERVED: Readonly<Record<PvdLayout, number>> = {
  rfc8801: 0x1ff0,
  'draft-01': 0x1fff,
  'draft-00': 0x3fff,
};

/** Undefined when the octets are no PvD option of that layout. */
export function readPvd(
  bytes: Uint8Array,
  at: number,
  len: number,
  report: Report,
  layout: PvdLayout,
  readNested: ReadNested,
): DecodedPvd | undefined {
  const end = at + len;
  const name = readWireName(bytes, at + NAME_AT, end);
  if (!name.ok || name.name === '.') {
    if (name.ok) report('name-empty', at + NAME_AT);
    else reportName(name, report);
    return undefined;
  }
  if (!USUAL.test(name.name)) report('name-unusual', at + NAME_AT);
  if (UPPER.test(name.name)) report('pvd-id-case', at + NAME_AT);
  const flags = u16(bytes, at + 2);
  const nests = layout !== 'draft-00';
  const hasHeader = nests && (flags & 0x2000) !== 0;
  const headerAt = nests ? at + padded(name.end - at) : end;
  const optionsAt = headerAt + (hasHeader ? RA_HEADER_BYTES : 0);
  if (optionsAt > end) {
    report('pvd-header', headerAt);
    return undefined;
  }
  if (!isZero(bytes, name.end, headerAt)) report('padding-not-zero', name.end);
  const ra = hasHeader ? readInnerHeader(bytes, headerAt, report) : null;
  const options = readNested(optionsAt, end, hasHeader ? headerAt : 0);
  if (options === undefined) return undefined;
  const pvd: DecodedPvd = {
    kind: 'pvd',
    type: bytes[at] ?? 0,
    layout,
    id: name.name,
    http: (flags & 0x8000) !== 0,
    legacy: (flags & 0x4000) !== 0,
    delay: layout === 'rfc8801' ? flags & 0x0f : 0,
    sequence: u16(bytes, at + 4),
    reserved: flags & RESERVED[layout],
    ...(nests ? {} : { lenUnits: len / UNIT }),
    ra,
    options,
  };
  if (pvd.reserved !== 0) report('reserved-not-zero', at + 2);
  if (!pvd.http && (pvd.delay !== 0 || pvd.sequence !== 0)) report('pvd-delay-unused', at + 3);
  return pvd;
}

/** Type, code and checksum inside are ignored, whatever they hold. */
function readInnerHeader(bytes: Uint8Array, at: number, report: Report): RaHeader {
  const ra = readRaHeader(bytes, at, report);
  if (ra.icmpType !== RA_TYPE || ra.code !== 0 || ra.checksum !== 0) report('pvd-header-fixed', at);
  if (differs(bytes, CONTENT_AT, at + CONTENT_AT)) report('pvd-header-precedence', at);
  return ra;
}

/** Whether two RA headers in one message say different things, from their hop limits on. */
function differs(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < RA_HEADER_BYTES - CONTENT_AT; i++)
    if (bytes[a + i] !== bytes[b + i]) return true;
  return false;
}

function padded(len: number): number {
  return Math.ceil(len / UNIT) * UNIT;
}

/**
 * The octets of a PvD option; `nested` are those of its options, in order.
 * @throws RangeError when the PvD ID is no name, the layout cannot nest, or it is too long.
 */
export function pvdBytes(pvd: Pvd, nested: readonly Uint8Array[]): Uint8Array {
  const name = nameBytes(pvd.id);
  const nests = pvd.layout !== 'draft-00';
  if (!nests && (pvd.ra !== null || nested.length > 0)) {
    throw new RangeError('the PvD option of draft-00 holds no RA header and no options');
  }
  const headerAt = padded(NAME_AT + name.length);
  let pos = headerAt + (pvd.ra === null ? 0 : RA_HEADER_BYTES);
  const total = nested.reduce((sum, option) => sum + option.length, pos);
  const out = newOption(pvd.type ?? PVD_TYPE, total, nests ? 1 : pvd.lenUnits);
  const flags =
    (pvd.http ? 0x8000 : 0) |
    (pvd.legacy ? 0x4000 : 0) |
    (pvd.ra === null ? 0 : 0x2000) |
    (pvd.layout === 'rfc8801' ? pvd.delay & 0x0f : 0) |
    ((pvd.reserved ?? 0) & RESERVED[pvd.layout]);
  putU16(out, 2, flags);
  putU16(out, 4, pvd.sequence);
  out.set(name, NAME_AT);
  if (pvd.ra !== null) out.set(raHeaderBytes(pvd.ra), headerAt);
  for (const option of nested) {
    out.set(option, pos);
    pos += option.length;
  }
  return out;
}
