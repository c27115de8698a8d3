/**
 * RA headers and options as lists of fields, named as Wireshark's dissector names them
 * (epan/dissectors/packet-icmpv6.c), so that a reader of one finds his way in the other.
 * It has no name for what is in an Encrypted DNS option, nor for the P flag of a PIO: those are ours.
 */

import { prefixAddr, prefixLen } from '../../net/prefix6.ts';
import type { SvcParam } from './encrypted-dns.ts';
import type { NdOption, PlainOption } from './option.ts';
import { plcOf } from './pref64.ts';
import { preferenceBits } from './preference.ts';
import type { Pvd } from './pvd.ts';
import { type RaHeader, raFlagsOctet } from './ra-header.ts';
import type { Rio } from './rio.ts';

/** What an option may hold several of is a list, whatever their number. */
export type FieldValue = string | number | boolean | readonly string[];

/** Text is as it came from the network, names in presentation form: escape before showing. */
export type Field = readonly [name: string, value: FieldValue];

const RA = 'icmpv6.nd.ra';
const OPT = 'icmpv6.opt';
/** RFC 3971, section 5.3.2. */
const NONCE_TYPE = 14;

export function headerFields(header: RaHeader): readonly Field[] {
  return [
    [`${RA}.cur_hop_limit`, header.hopLimit],
    [`${RA}.flag`, raFlagsOctet(header)],
    [`${RA}.flag.m`, header.managed],
    [`${RA}.flag.o`, header.other],
    [`${RA}.flag.h`, header.homeAgent],
    [`${RA}.flag.prf`, header.preference],
    [`${RA}.flag.p`, header.proxy],
    [`${RA}.flag.rsv`, header.reserved],
    [`${RA}.router_lifetime`, header.lifetimeSec],
    [`${RA}.reachable_time`, header.reachableMs],
    [`${RA}.retrans_timer`, header.retransMs],
  ];
}

/** The fields of one option; those inside a PvD option are not among them. */
export function optionFields(option: NdOption): readonly Field[] {
  if (option.kind !== 'pvd') return plainFields(option);
  return [
    [`${OPT}.pvd_id.flags.h`, option.http],
    [`${OPT}.pvd_id.flags.l`, option.legacy],
    [`${OPT}.pvd_id.flags.r`, option.ra !== null],
    [`${OPT}.pvd_id.flags.reserved`, reservedFlags(option)],
    [`${OPT}.pvd_id.delay`, option.delay],
    [`${OPT}.pvd_id.sequence_number`, option.sequence],
    [`${OPT}.pvd_id.fqdn`, option.id],
  ];
}

/** As a number of its own; where the drafts leave more bits without a meaning, in place. */
function reservedFlags({ layout, reserved = 0 }: Pvd): number {
  return layout === 'rfc8801' ? reserved >> 4 : reserved;
}

function plainFields(option: PlainOption): readonly Field[] {
  switch (option.kind) {
    case 'slla':
      return [[`${OPT}.src_linkaddr`, hex(option.lladdr, ':')]];
    case 'tlla':
      return [[`${OPT}.target_linkaddr`, hex(option.lladdr, ':')]];
    case 'pio':
      return [
        [`${OPT}.prefix.length`, prefixLen(option.prefix)],
        [`${OPT}.prefix.flag.l`, option.onLink],
        [`${OPT}.prefix.flag.a`, option.autonomous],
        [`${OPT}.prefix.flag.r`, option.routerAddress],
        [`${OPT}.prefix.flag.p`, option.pdPreferred],
        [`${OPT}.prefix.flag.reserved`, option.reserved1 ?? 0],
        [`${OPT}.prefix.valid_lifetime`, option.validSec],
        [`${OPT}.prefix.preferred_lifetime`, option.preferredSec],
        [`${OPT}.prefix`, option.addr ?? prefixAddr(option.prefix)],
      ];
    case 'rio':
      return rioFields(option);
    case 'mtu':
      return [[`${OPT}.mtu`, option.mtuBytes]];
    case 'rdnss':
      return [
        [`${OPT}.rdnss.lifetime`, option.lifetimeSec],
        [`${OPT}.rdnss`, option.addrs],
      ];
    case 'dnssl':
      return [
        [`${OPT}.dnssl.lifetime`, option.lifetimeSec],
        [`${OPT}.dnssl`, option.domains],
      ];
    default:
      return rareFields(option);
  }
}

/** A RIO of one unit has no prefix field. */
function rioFields(rio: Rio): readonly Field[] {
  const flag = preferenceBits(rio.preference) | (rio.reserved ?? 0);
  const fields: readonly Field[] = [
    [`${OPT}.prefix.length`, prefixLen(rio.prefix)],
    [`${OPT}.route_info.flag`, flag],
    [`${OPT}.route_info.flag.route_preference`, rio.preference],
    [`${OPT}.route_lifetime`, rio.lifetimeSec],
  ];
  if (rio.lenUnits === 1) return fields;
  return [...fields, [`${OPT}.prefix`, rio.addr ?? prefixAddr(rio.prefix)]];
}

type RareOption = Exclude<
  PlainOption,
  { kind: 'slla' | 'tlla' | 'pio' | 'rio' | 'mtu' | 'rdnss' | 'dnssl' }
>;

function rareFields(option: RareOption): readonly Field[] {
  switch (option.kind) {
    case 'advertisement-interval':
      return [[`${OPT}.advertisement_interval`, option.intervalMs]];
    case 'home-agent':
      return [
        [`${OPT}.home_agent_preference`, option.haPreference],
        [`${OPT}.home_agent_lifetime`, option.lifetimeSec],
      ];
    case 'pref64':
      return [
        [`${OPT}.pref64.scaled_lifetime`, option.lifetimeSec / 8],
        [`${OPT}.pref64.plc`, plcOf(option.prefix)],
        [`${OPT}.pref64.prefix`, option.addr ?? prefixAddr(option.prefix)],
      ];
    case 'captive-portal':
      return [[`${OPT}.captive_portal`, option.uri]];
    case 'encrypted-dns':
      return [
        [`${OPT}.encrypted_dns.priority`, option.priority],
        [`${OPT}.encrypted_dns.lifetime`, option.lifetimeSec],
        [`${OPT}.encrypted_dns.adn`, option.adn],
        [`${OPT}.encrypted_dns.address`, option.addrs],
        [`${OPT}.encrypted_dns.svc_param`, option.svcParams.map(svcParamText)],
      ];
    case 'ra-flags':
      return [[`${OPT}.efo`, hex(option.bits, '')]];
    case 'raw':
      return [[rawName(option.type), hex(option.data, '')]];
  }
}

function rawName(type: number): string {
  return type === NONCE_TYPE ? `${OPT}.nonce` : 'icmpv6.data';
}

/** `key=value` with the number of the key (RFC 9460, section 14.3.2) and octets in hexadecimal. */
function svcParamText({ key, value }: SvcParam): string {
  return `${key}=${hex(value, '')}`;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, octet) =>
  octet.toString(16).padStart(2, '0'),
);

function hex(bytes: Uint8Array, between: string): string {
  let text = '';
  for (const octet of bytes) text += text === '' ? HEX[octet] : between + HEX[octet];
  return text;
}
