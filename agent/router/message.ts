/** From a configured RA to the octets of its ICMPv6 message. */

import { UNIT } from '../../src/decode/nd/bytes.ts';
import type { NdOption, PlainOption } from '../../src/decode/nd/option.ts';
import { encodeOption } from '../../src/decode/nd/options.ts';
import { pvdBytes } from '../../src/decode/nd/pvd.ts';
import { EMPTY_RA_HEADER, type RaHeader, raHeaderBytes } from '../../src/decode/nd/ra-header.ts';
import type { YamlPath } from '../yaml/source.ts';
import { faultAt, type PlacedRa, type RouterFile } from './config.ts';
import type {
  HeaderBytesConfig,
  OptionConfig,
  PlainOptionConfig,
  PvdConfig,
} from './config-types.ts';

export interface MessageContext {
  /** MAC address of the interface, for `slla: auto`. */
  readonly lladdr: Uint8Array;
  /** The farewell: lifetime 0 in every header. */
  readonly final: boolean;
}

/**
 * The ICMPv6 message, checksum 0 unless the configuration gives one.
 * @throws AgentError PVD_ERR_ROUTER_CONFIG when an option does not fit.
 */
export function raMessage(file: RouterFile, placed: PlacedRa, context: MessageContext): Uint8Array {
  const { ra, path } = placed;
  if (ra.hex !== undefined) return ra.hex;
  const checksum = ra.checksum === 'auto' ? 0 : ra.checksum;
  const header = raHeaderBytes(headerOf({ ...ra, checksum }, context));
  const options = ra.options.map((option, i) =>
    at(file, [...path, 'options', i], () => optionBytes(option, context)),
  );
  return Buffer.concat([header, ...options]);
}

/** Names the place of what cannot be put into octets. */
function at(file: RouterFile, path: YamlPath, encode: () => Uint8Array): Uint8Array {
  try {
    return encode();
  } catch (error) {
    if (error instanceof RangeError) throw faultAt(file.source, path, error.message);
    throw error;
  }
}

function headerOf(config: HeaderBytesConfig, context: MessageContext): RaHeader {
  return {
    ...EMPTY_RA_HEADER,
    icmpType: config.type,
    code: config.code,
    checksum: config.checksum,
    hopLimit: config.hopLimit,
    managed: config.managed,
    other: config.other,
    homeAgent: config.homeAgent,
    preference: config.preference,
    proxy: config.proxy,
    reserved: config.reserved,
    lifetimeSec: context.final ? 0 : config.lifetime,
    reachableMs: config.reachable,
    retransMs: config.retrans,
  };
}

function optionBytes(config: OptionConfig, context: MessageContext): Uint8Array {
  if (config.pvd !== undefined) return pvdOptionBytes(config.pvd, context);
  return plainBytes(config, context);
}

function pvdOptionBytes(config: PvdConfig, context: MessageContext): Uint8Array {
  const ra = config.ra === undefined ? null : headerOf(config.ra, context);
  const nested = config.options.map((option) => plainBytes(option, context));
  const wrong = nested.find((bytes) => bytes.length % UNIT !== 0);
  if (wrong) throw new RangeError(`${wrong.length} octets inside: not a multiple of ${UNIT}`);
  const { lenUnits, ...rest } = config;
  return pvdBytes({ ...rest, ...units(lenUnits), kind: 'pvd', ra, options: [] }, nested);
}

function plainBytes(config: PlainOptionConfig, context: MessageContext): Uint8Array {
  if (config.hex !== undefined) return config.hex;
  const option = plainOption(config, context);
  if (option === undefined) throw new RangeError('an option is needed');
  return encodeOption(option);
}

function plainOption(config: PlainOptionConfig, context: MessageContext): NdOption | undefined {
  const { slla, tlla, mtu, pio, rio, rdnss, dnssl, raw } = config;
  if (slla !== undefined) {
    return { kind: 'slla', lladdr: slla === 'auto' ? context.lladdr : slla };
  }
  if (tlla !== undefined) return { kind: 'tlla', lladdr: tlla };
  if (mtu !== undefined) return { kind: 'mtu', mtuBytes: mtu.mtu, reserved: mtu.reserved };
  if (pio !== undefined) {
    const { valid: validSec, preferred: preferredSec, addr, ...rest } = pio;
    return { kind: 'pio', ...rest, validSec, preferredSec, ...(addr && { addr }) };
  }
  if (rio !== undefined) {
    const { lifetime: lifetimeSec, addr, lenUnits, ...rest } = rio;
    return { kind: 'rio', ...rest, lifetimeSec, ...(addr && { addr }), ...units(lenUnits) };
  }
  if (rdnss !== undefined) {
    const { lifetime: lifetimeSec, ...rest } = rdnss;
    return { kind: 'rdnss', ...rest, lifetimeSec };
  }
  if (dnssl !== undefined) {
    const { lifetime: lifetimeSec, lenUnits, ...rest } = dnssl;
    return { kind: 'dnssl', ...rest, lifetimeSec, ...units(lenUnits) };
  }
  if (raw !== undefined) return { kind: 'raw', ...raw };
  return rareOption(config);
}

function units(lenUnits: number | undefined): { lenUnits?: number } {
  return lenUnits === undefined ? {} : { lenUnits };
}

function rareOption(config: PlainOptionConfig): PlainOption | undefined {
  const { advertisementInterval, homeAgent, pref64, captivePortal, encryptedDns, raFlags } = config;
  if (advertisementInterval !== undefined) {
    const { interval: intervalMs, reserved } = advertisementInterval;
    return { kind: 'advertisement-interval', intervalMs, reserved };
  }
  if (homeAgent !== undefined) {
    const { preference: haPreference, lifetime: lifetimeSec, reserved } = homeAgent;
    return { kind: 'home-agent', haPreference, lifetimeSec, reserved };
  }
  if (pref64 !== undefined) {
    const { prefix, addr, lifetime: lifetimeSec } = pref64;
    return { kind: 'pref64', prefix, lifetimeSec, ...(addr && { addr }) };
  }
  if (captivePortal !== undefined) {
    const { uri, lenUnits } = captivePortal;
    return { kind: 'captive-portal', uri, ...units(lenUnits) };
  }
  if (encryptedDns !== undefined) {
    const { name: adn, params: svcParams, lifetime: lifetimeSec, lenUnits, ...rest } = encryptedDns;
    return { kind: 'encrypted-dns', adn, svcParams, lifetimeSec, ...rest, ...units(lenUnits) };
  }
  return raFlags === undefined ? undefined : { kind: 'ra-flags', bits: raFlags };
}
