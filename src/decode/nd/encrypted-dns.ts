/**
 * Encrypted DNS (RFC 9463, section 6.1; SvcParams: RFC 9460, section 2.2).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |     Length    |        Service Priority       |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                            Lifetime                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          ADN Length           |  authentication-domain-name   ~
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         Addr Length           |  ipv6-address(es)             ~
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     SvcParams Length          |  Service Parameters           ~
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * With a name alone (ADN-only mode) everything after it is absent or zero.
 */

import { type Addr6, ANY6, addr6Bytes, addr6FromBytes, isMulticast } from '../../net/addr6.ts';
import { readWireName } from '../../net/dns-name.ts';
import { isZero, newOption, putU16, putU32, UNIT, u16, u32 } from './bytes.ts';
import { nameBytes, reportName } from './name-field.ts';
import type { Report } from './problem.ts';

export const ENCRYPTED_DNS_TYPE = 144;
const NAME_AT = 10;
const LOOPBACK6 = '::1' as Addr6;
/** SvcParamKeys (RFC 9460, section 14.3.2). */
const KEY_IPV4HINT = 4;
const KEY_IPV6HINT = 6;

export interface SvcParam {
  readonly key: number;
  /** When decoded, a view of the message. */
  readonly value: Uint8Array;
}

export interface EncryptedDns {
  readonly kind: 'encrypted-dns';
  /** Lower is preferred. */
  readonly priority: number;
  readonly lifetimeSec: number;
  /** Authentication domain name. */
  readonly adn: string;
  readonly addrs: readonly Addr6[];
  /** In order of their keys. */
  readonly svcParams: readonly SvcParam[];
  /** Length field; default: the least that holds the rest. */
  readonly lenUnits?: number;
}

/** A field that starts with its length: where its content lies, undefined when it is cut. */
interface Field {
  readonly from: number;
  readonly to: number;
}

function lengthField(bytes: Uint8Array, at: number, end: number): Field | undefined {
  // In ADN-only mode nothing but fewer than two octets of padding may follow the name.
  if (end - at < 2) return { from: at, to: at };
  const to = at + 2 + u16(bytes, at);
  return to <= end ? { from: at + 2, to } : undefined;
}

/** Undefined when the octets are no such option. */
export function readEncryptedDns(
  bytes: Uint8Array,
  at: number,
  len: number,
  report: Report,
): EncryptedDns | undefined {
  const end = at + len;
  const name = len < 16 ? undefined : lengthField(bytes, at + 8, end);
  const addr = name && lengthField(bytes, name.to, end);
  const params = addr && lengthField(bytes, addr.to, end);
  if (!name || !addr || !params) {
    report('encrypted-dns-length', at + (len < 16 ? 1 : 8));
    return undefined;
  }
  const adn = readWireName(bytes, name.from, name.to);
  if (!adn.ok) {
    reportName(adn, report);
    return undefined;
  }
  const addrs = readAddrs(bytes, addr, params.to > params.from, report);
  const svcParams = addrs && readSvcParams(bytes, params, report);
  if (!addrs || !svcParams) return undefined;
  if (adn.end !== name.to || !isZero(bytes, params.to, end)) report('padding-not-zero', params.to);
  return {
    kind: 'encrypted-dns',
    priority: u16(bytes, at + 2),
    lifetimeSec: u32(bytes, at + 4),
    adn: adn.name,
    addrs,
    svcParams,
    lenUnits: len / UNIT,
  };
}

/** `needed`: there are SvcParams, so there has to be an address to go with them. */
function readAddrs(
  bytes: Uint8Array,
  field: Field,
  needed: boolean,
  report: Report,
): Addr6[] | undefined {
  if ((field.to - field.from) % 16 !== 0) {
    report('encrypted-dns-address', field.from - 2);
    return undefined;
  }
  const addrs: Addr6[] = [];
  let usable = 0;
  for (let pos = field.from; pos < field.to; pos += 16) {
    const addr = addr6FromBytes(bytes, pos);
    if (isMulticast(addr) || addr === ANY6 || addr === LOOPBACK6) {
      report('encrypted-dns-address-unusable', pos);
    } else usable++;
    addrs.push(addr);
  }
  if (usable === 0 && (needed || addrs.length > 0)) report('encrypted-dns-address', field.from - 2);
  return addrs;
}

function readSvcParams(bytes: Uint8Array, field: Field, report: Report): SvcParam[] | undefined {
  const params: SvcParam[] = [];
  let last = -1;
  let pos = field.from;
  while (pos < field.to) {
    const key = u16(bytes, pos);
    const end = pos + 4 + u16(bytes, pos + 2);
    if (pos + 4 > field.to || end > field.to || key <= last) {
      report('encrypted-dns-params', pos);
      return undefined;
    }
    if (key === KEY_IPV4HINT || key === KEY_IPV6HINT) report('encrypted-dns-hint', pos);
    params.push({ key, value: bytes.subarray(pos + 4, end) });
    last = key;
    pos = end;
  }
  return params;
}

/** @throws RangeError when the name is none or all of it does not fit. */
export function encryptedDnsBytes(option: EncryptedDns): Uint8Array {
  const adn = nameBytes(option.adn);
  const addrLen = 16 * option.addrs.length;
  const paramsLen = option.svcParams.reduce((sum, { value }) => sum + 4 + value.length, 0);
  const adnOnly = addrLen === 0 && paramsLen === 0;
  const total = NAME_AT + adn.length + (adnOnly ? 0 : 4 + addrLen + paramsLen);
  const out = newOption(ENCRYPTED_DNS_TYPE, total, option.lenUnits);
  putU16(out, 2, option.priority);
  putU32(out, 4, option.lifetimeSec);
  putU16(out, 8, adn.length);
  out.set(adn, NAME_AT);
  if (adnOnly) return out;
  let pos = NAME_AT + adn.length;
  putU16(out, pos, addrLen);
  pos += 2;
  for (const addr of option.addrs) {
    out.set(addr6Bytes(addr), pos);
    pos += 16;
  }
  putU16(out, pos, paramsLen);
  pos += 2;
  for (const { key, value } of option.svcParams) {
    putU16(out, pos, key);
    putU16(out, pos + 2, value.length);
    out.set(value, pos + 4);
    pos += 4 + value.length;
  }
  return out;
}
