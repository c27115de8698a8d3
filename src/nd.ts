/**
 * Entry point `pvdscope/nd`: Router Advertisements and their options, from octets and to octets.
 *
 * Pure: no Node.js, no DOM, no clock. `decodeRa` reads any octets without a throw and tells every
 * rule they break; `encodeRa` is its inverse; `raPvds` says which PvD an RA configures.
 */

export type { AdvertisementInterval } from './decode/nd/advertisement-interval.ts';
export type { CaptivePortal } from './decode/nd/captive-portal.ts';
export { icmp6Checksum } from './decode/nd/checksum.ts';
export type { Dnssl } from './decode/nd/dnssl.ts';
export type { EncryptedDns, SvcParam } from './decode/nd/encrypted-dns.ts';
export type { HomeAgent } from './decode/nd/home-agent.ts';
export type { Lladdr } from './decode/nd/lladdr.ts';
export type { Mtu } from './decode/nd/mtu.ts';
export {
  type DecodedOption,
  type NdOption,
  type OptionKind,
  type OptionMeta,
  optionName,
  type PlainOption,
} from './decode/nd/option.ts';
export {
  EXPERIMENTAL_TYPES,
  encodeOption,
  type PvdTypes,
  RFC8801_TYPES,
} from './decode/nd/options.ts';
export type { Pio } from './decode/nd/pio.ts';
export type { Pref64 } from './decode/nd/pref64.ts';
export type { Preference } from './decode/nd/preference.ts';
export type { Problem, ProblemCode, ProblemOutcome, Rule } from './decode/nd/problem.ts';
export type { DecodedPvd, Pvd, PvdLayout } from './decode/nd/pvd.ts';
export {
  type DecodeRaOptions,
  decodeRa,
  encodeRa,
  type Ra,
  type RaDecoded,
} from './decode/nd/ra.ts';
export type { RaFlags } from './decode/nd/ra-flags.ts';
export { EMPTY_RA_HEADER, type RaHeader } from './decode/nd/ra-header.ts';
export {
  type RaPvd,
  type RaPvdOption,
  type RaSource,
  raPvds,
  raPvdUnaware,
} from './decode/nd/ra-pvds.ts';
export type { RawOption } from './decode/nd/raw.ts';
export type { Rdnss } from './decode/nd/rdnss.ts';
export type { Rio } from './decode/nd/rio.ts';
export { RULES } from './decode/nd/rules.ts';
export { type Field, type FieldValue, headerFields, optionFields } from './decode/nd/wireshark.ts';
export { type Addr6, addr6, parseAddr6 } from './net/addr6.ts';
export { type Prefix6, parsePrefix6, prefix6, prefixAddr, prefixLen } from './net/prefix6.ts';
export type { PvdId } from './net/pvd-id.ts';
