/**
 * Neighbor Discovery options as values (RFC 4861, section 4.6).
 *
 * `kind` tells the fields. What a kind does not understand of its option (a length that
 * contradicts the content) makes it `raw`: all octets after the length field.
 */

import type { AdvertisementInterval } from './advertisement-interval.ts';
import type { CaptivePortal } from './captive-portal.ts';
import type { Dnssl } from './dnssl.ts';
import type { EncryptedDns } from './encrypted-dns.ts';
import type { HomeAgent } from './home-agent.ts';
import type { Lladdr } from './lladdr.ts';
import type { Mtu } from './mtu.ts';
import type { Pio } from './pio.ts';
import type { Pref64 } from './pref64.ts';
import type { ProblemCode } from './problem.ts';
import type { DecodedPvd, Pvd } from './pvd.ts';
import type { RaFlags } from './ra-flags.ts';
import type { RawOption } from './raw.ts';
import type { Rdnss } from './rdnss.ts';
import type { Rio } from './rio.ts';

/** Every option but PvD, which holds others. */
export type PlainOption =
  | Lladdr
  | Pio
  | Rio
  | Mtu
  | Rdnss
  | Dnssl
  | AdvertisementInterval
  | HomeAgent
  | Pref64
  | CaptivePortal
  | EncryptedDns
  | RaFlags
  | RawOption;

/** An option as content only: what the encoder takes. */
export type NdOption = PlainOption | Pvd;

export type OptionKind = NdOption['kind'];

/** Where a decoded option stood and what becomes of it. */
export interface OptionMeta {
  readonly type: number;
  /** Short name of the type, whatever its content, e.g. `PIO`; `option 77` when unknown. */
  readonly name: string;
  /** Octets from the start of the ICMPv6 message, for a nested option too. */
  readonly offset: number;
  readonly lenBytes: number;
  readonly outcome: 'ok' | 'ignored';
  /** The rule that made it ignored; null when it is not. */
  readonly reason: ProblemCode | null;
}

/** An option read from a message. */
export type DecodedOption = (PlainOption | DecodedPvd) & OptionMeta;

const NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'SLLA'],
  [2, 'TLLA'],
  [3, 'PIO'],
  [4, 'Redirected Header'],
  [5, 'MTU'],
  [7, 'Advertisement Interval'],
  [8, 'Home Agent Information'],
  [9, 'Source Address List'],
  [10, 'Target Address List'],
  [11, 'CGA'],
  [12, 'RSA Signature'],
  [13, 'Timestamp'],
  [14, 'Nonce'],
  [15, 'Trust Anchor'],
  [16, 'Certificate'],
  [17, 'IP Address/Prefix'],
  [19, 'Link-Layer Address'],
  [20, 'Neighbor Advertisement Acknowledgment'],
  [21, 'PvD'],
  [23, 'MAP'],
  [24, 'RIO'],
  [25, 'RDNSS'],
  [26, 'RA Flags Extension'],
  [27, 'Handover Key Request'],
  [28, 'Handover Key Reply'],
  [31, 'DNSSL'],
  [32, 'Proxy Signature'],
  [33, 'ARO'],
  [34, '6CO'],
  [35, 'ABRO'],
  [36, '6CIO'],
  [37, 'Captive Portal'],
  [38, 'PREF64'],
  [39, 'CIPO'],
  [40, 'NDPSO'],
  [144, 'Encrypted DNS'],
]);

/** Short name of an option type (IANA, IPv6 Neighbor Discovery Option Formats). */
export function optionName(type: number): string {
  return NAMES.get(type) ?? `option ${type}`;
}

/** Whether the type has a registered name. */
export function isKnownType(type: number): boolean {
  return NAMES.has(type);
}
