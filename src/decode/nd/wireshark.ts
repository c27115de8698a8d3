/**
 * RA headers and options as lists of fields, named as Wireshark's dissector names them
 * (epan/dissectors/packet-icmpv6.c), so that a reader of one finds his way in the other.
 */

import { prefixAddr, prefixLen } from '../../net/prefix6.ts';
import type { NdOption, PlainOption } from './option.ts';
import { plcOf } from './pref64.ts';
import { preferenceBits } from './preference.ts';
import { type RaHeader, raFlagsOctet } from './ra-header.ts';
import type { Rio } from './rio.ts';

/** Text is as it came from the network, names in presentation form: escape before showing. */
export type Field = readonly [name: string, value: string | number];

const RA = 'icmpv6.nd.ra';
const OPT = 'icmpv6.opt';

export function headerFields(header: RaHeader): readonly Field[] {
  return [
    [`${RA}.cur_hop_limit`, header.hopLimit],
    [`${RA}.flag`, raFlagsOctet(header)],
    [`${RA}.flag.m`, bit(header.managed)],
    [`${RA}.flag.o`, bit(header.other)],
    [`${RA}.flag.h`, bit(header.homeAgent)],
    [`${RA}.flag.prf`, header.preference],
    [`${RA}.flag.p`, bit(header.proxy)],
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
    [`${OPT}.pvd_id.flags.h`, bit(option.http)],
    [`${OPT}.pvd_id.flags.l`, bit(option.legacy)],
    [`${OPT}.pvd_id.flags.r`, bit(option.ra !== null)],
    [`${OPT}.pvd_id.flags.reserved`, option.reserved ?? 0],
    [`${OPT}.pvd_id.delay`, option.delay],
    [`${OPT}.pvd_id.sequence_number`, option.sequence],
    [`${OPT}.pvd_id.fqdn`, option.id],
  ];
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
        [`${OPT}.prefix.flag.l`, bit(option.onLink)],
        [`${OPT}.prefix.flag.a`, bit(option.autonomous)],
        [`${OPT}.prefix.flag.r`, bit(option.routerAddress)],
        [`${OPT}.prefix.flag.p`, bit(option.pdPreferred)],
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
        ...option.addrs.map((addr): Field => [`${OPT}.rdnss`, addr]),
      ];
    case 'dnssl':
      return [
        [`${OPT}.dnssl.lifetime`, option.lifetimeSec],
        ...option.domains.map((domain): Field => [`${OPT}.dnssl`, domain]),
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
        ...option.addrs.map((addr): Field => [`${OPT}.encrypted_dns.address`, addr]),
        ...option.svcParams.map(
          ({ key, value }): Field => [`${OPT}.encrypted_dns.param.${key}`, hex(value, '')],
        ),
      ];
    case 'ra-flags':
      return [[`${OPT}.efo`, hex(option.bits, '')]];
    case 'raw':
      return [[`${OPT}.data`, hex(option.data, '')]];
  }
}

function bit(value: boolean): number {
  return value ? 1 : 0;
}

function hex(bytes: Uint8Array, between: string): string {
  return [...bytes].map((octet) => octet.toString(16).padStart(2, '0')).join(between);
}
