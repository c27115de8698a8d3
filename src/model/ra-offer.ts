/**
 * RaOffer: what an RA offers, as its reader understands the message.
 *
 * A kernel and the RFCs read the same octets differently: `ndisc_parse_options()` knows no PvD
 * option, takes a PIO that is too long and looks at no length of an MTU option. So there is a
 * reader for each, and one engine for what they give.
 */

import { UNIT, u16, u32 } from '../decode/nd/bytes.ts';
import { type Preference, preferenceOf } from '../decode/nd/preference.ts';
import { decodeRa } from '../decode/nd/ra.ts';
import { RA_HEADER_BYTES, RA_TYPE, type RaHeader } from '../decode/nd/ra-header.ts';
import { type RaPvd, raPvds } from '../decode/nd/ra-pvds.ts';
import { type Addr6, addr6FromBytes, isLinkLocal } from '../net/addr6.ts';
import { prefixAddr, prefixLen } from '../net/prefix6.ts';
import type { RaInput } from './ra-input.ts';

/** Header fields that have an effect. */
export type OfferHeader = Pick<
  RaHeader,
  'hopLimit' | 'managed' | 'other' | 'preference' | 'lifetimeSec' | 'reachableMs' | 'retransMs'
>;

/** `struct prefix_info`; the length is as sent, up to 255. */
export interface OfferPrefix {
  readonly addr: Addr6;
  readonly len: number;
  readonly onLink: boolean;
  readonly autonomous: boolean;
  readonly pdPreferred: boolean;
  readonly validSec: number;
  readonly preferredSec: number;
  /** It stood inside the PvD option. */
  readonly nested: boolean;
}

/** `struct route_info`, with the length of the option in units. */
export interface OfferRoute {
  readonly addr: Addr6;
  readonly len: number;
  readonly units: number;
  readonly preference: Preference;
  readonly lifetimeSec: number;
  readonly nested: boolean;
}

export interface RaOffer {
  readonly header: OfferHeader;
  /** Octets of the first Source Link-Layer Address option; undefined when there is none. */
  readonly sllaBytes: number | undefined;
  readonly prefixes: readonly OfferPrefix[];
  readonly routes: readonly OfferRoute[];
  readonly mtu: { readonly bytes: number; readonly nested: boolean } | undefined;
  /** The header is the one inside the PvD option. */
  readonly nestedHeader: boolean;
}

/** Why an RA is dropped before anybody asks whether RAs are accepted. */
export type DropReason =
  | 'hop-limit'
  | 'code'
  | 'type'
  | 'source'
  | 'too-short'
  | 'options'
  | 'cut'
  /** By a rule of the RFCs; its code says which. */
  | `rfc:${string}`;

const ND_OPT_SOURCE_LL_ADDR = 1;
const ND_OPT_PREFIX_INFO = 3;
const ND_OPT_MTU = 5;
const ND_OPT_ROUTE_INFO = 24;
const PREFIX_INFO_BYTES = 32;
const ROUTE_INFO_BYTES = 8;
const HOP_LIMIT = 255;

/** `ndisc_rcv()`, the checks of `ndisc_router_discovery()`, and `ndisc_parse_options()`. */
export function readAsKernel(input: RaInput): RaOffer | DropReason {
  const { message, msgLenBytes, hopLimit, saddr } = input;
  if (hopLimit !== HOP_LIMIT) return 'hop-limit';
  if (message[0] !== RA_TYPE) return 'type';
  if (message[1] !== 0) return 'code';
  if (!isLinkLocal(saddr)) return 'source';
  if (msgLenBytes < RA_HEADER_BYTES) return 'too-short';
  if (msgLenBytes > message.length) return 'cut';
  return parseOptions(message) ?? 'options';
}

function parseOptions(message: Uint8Array): RaOffer | undefined {
  let sllaBytes: number | undefined;
  let mtu: RaOffer['mtu'];
  const prefixes: OfferPrefix[] = [];
  const routes: OfferRoute[] = [];
  for (let at = RA_HEADER_BYTES; at < message.length; ) {
    const len = (message[at + 1] ?? 0) * UNIT;
    if (len === 0 || len > message.length - at) return undefined;
    const type = message[at];
    if (type === ND_OPT_SOURCE_LL_ADDR) sllaBytes ??= len;
    else if (type === ND_OPT_MTU) mtu ??= { bytes: u32(message, at + 4), nested: false };
    else if (type === ND_OPT_PREFIX_INFO && len >= PREFIX_INFO_BYTES) {
      prefixes.push(prefixInfo(message, at));
    } else if (type === ND_OPT_ROUTE_INFO && len >= ROUTE_INFO_BYTES) {
      routes.push(routeInfo(message, at, len));
    }
    at += len;
  }
  return { header: headerAt(message), sllaBytes, prefixes, routes, mtu, nestedHeader: false };
}

function headerAt(message: Uint8Array): OfferHeader {
  const flags = message[5] ?? 0;
  return {
    hopLimit: message[4] ?? 0,
    managed: (flags & 0x80) !== 0,
    other: (flags & 0x40) !== 0,
    preference: preferenceOf(flags),
    lifetimeSec: u16(message, 6),
    reachableMs: u32(message, 8),
    retransMs: u32(message, 12),
  };
}

function prefixInfo(message: Uint8Array, at: number): OfferPrefix {
  const flags = message[at + 3] ?? 0;
  return {
    addr: addr6FromBytes(message, at + 16),
    len: message[at + 2] ?? 0,
    onLink: (flags & 0x80) !== 0,
    autonomous: (flags & 0x40) !== 0,
    pdPreferred: (flags & 0x10) !== 0,
    validSec: u32(message, at + 4),
    preferredSec: u32(message, at + 8),
    nested: false,
  };
}

function routeInfo(message: Uint8Array, at: number, len: number): OfferRoute {
  const field = new Uint8Array(16);
  // One that is too short takes what follows for the rest of its prefix.
  field.set(message.subarray(at + ROUTE_INFO_BYTES, at + ROUTE_INFO_BYTES + 16));
  return {
    addr: addr6FromBytes(field),
    len: message[at + 2] ?? 0,
    units: len / UNIT,
    preference: preferenceOf(message[at + 3] ?? 0),
    lifetimeSec: u32(message, at + 4),
    nested: false,
  };
}

/** What the RFCs make of it, everything inside the PvD option included (RFC 8801, section 3.4). */
export function readAsRfc(input: RaInput): RaOffer | DropReason {
  const { message, msgLenBytes, hopLimit, saddr } = input;
  const decoded = decodeRa(message, { saddr, hopLimit, msgLenBytes, verifyChecksum: false });
  if (msgLenBytes > message.length) return 'cut';
  const [pvd] = raPvds(decoded, input);
  return pvd === undefined ? `rfc:${decoded.reason ?? 'ra-type'}` : offerOf(pvd);
}

function offerOf({ header, options, pvd }: RaPvd): RaOffer {
  const prefixes: OfferPrefix[] = [];
  const routes: OfferRoute[] = [];
  let mtu: RaOffer['mtu'];
  for (const { option, nested } of options) {
    // One that is no use for addresses still tells what is on the link (RFC 4861, 6.3.4).
    const isUsed = option.outcome === 'ok' || option.reason === 'pio-preferred';
    if (!isUsed) continue;
    if (option.kind === 'pio') {
      const { prefix } = option;
      prefixes.push({ ...option, addr: prefixAddr(prefix), len: prefixLen(prefix), nested });
    } else if (option.kind === 'rio') {
      const { prefix, lenUnits: units = 3 } = option;
      routes.push({ ...option, addr: prefixAddr(prefix), len: prefixLen(prefix), units, nested });
    } else if (option.kind === 'mtu') mtu ??= { bytes: option.mtuBytes, nested };
  }
  const nestedHeader = pvd !== null && pvd.ra !== null;
  return { header, sllaBytes: undefined, prefixes, routes, mtu, nestedHeader };
}
