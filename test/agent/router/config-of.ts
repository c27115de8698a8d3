/** The configuration that makes the router send an RA, whatever is in it. */

import type { NdOption, OptionMeta } from '../../../src/decode/nd/option.ts';
import type { Ra } from '../../../src/decode/nd/ra.ts';
import type { RaHeader } from '../../../src/decode/nd/ra-header.ts';

type Plain = Record<string, unknown>;

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

export function configOf(ra: Ra): Plain {
  return { ...headerOf(ra.header), options: ra.options.map(optionOf) };
}

function headerOf(header: RaHeader): Plain {
  const { icmpType: type, lifetimeSec: lifetime, reachableMs, retransMs, ...rest } = header;
  return { ...rest, type, lifetime, reachable: reachableMs, retrans: retransMs };
}

/** Without what a decoded option says about where it stood. */
function content<T extends NdOption>(decoded: T): T {
  const { name, offset, lenBytes, outcome, reason, ...rest } = decoded as T & OptionMeta;
  return rest as unknown as T;
}

function optionOf(decoded: NdOption): Plain {
  const option = content(decoded);
  if (option.kind === 'pvd') {
    const { kind, ra, options, ...rest } = option;
    const header = ra === null ? {} : { ra: headerOf(ra) };
    return { [kind]: { ...rest, ...header, options: options.map(optionOf) } };
  }
  const [key, value] = plainOf(option);
  if (option.kind !== 'raw' && typeof value === 'object') delete (value as Plain)['type'];
  return { [key]: value };
}

function plainOf(option: Exclude<NdOption, { kind: 'pvd' }>): readonly [string, unknown] {
  switch (option.kind) {
    case 'slla':
    case 'tlla':
      return [option.kind, hex(option.lladdr)];
    case 'pio': {
      const { kind, validSec: valid, preferredSec: preferred, ...rest } = option;
      return [kind, { ...rest, valid, preferred }];
    }
    case 'rio':
    case 'rdnss':
    case 'dnssl':
    case 'pref64': {
      const { kind, lifetimeSec: lifetime, ...rest } = option;
      return [kind, { ...rest, lifetime }];
    }
    case 'mtu':
      return ['mtu', { mtu: option.mtuBytes, reserved: option.reserved }];
    case 'advertisement-interval':
      return ['advertisementInterval', { interval: option.intervalMs, reserved: option.reserved }];
    case 'home-agent': {
      const { haPreference: preference, lifetimeSec: lifetime, reserved } = option;
      return ['homeAgent', { preference, lifetime, reserved }];
    }
    case 'captive-portal': {
      const { kind, ...rest } = option;
      return ['captivePortal', rest];
    }
    case 'encrypted-dns': {
      const { kind, adn: name, lifetimeSec: lifetime, svcParams, ...rest } = option;
      const params = svcParams.map(({ key, value }) => ({ key, value: hex(value) }));
      return ['encryptedDns', { ...rest, name, lifetime, params }];
    }
    case 'ra-flags':
      return ['raFlags', hex(option.bits)];
    case 'raw':
      return ['raw', { type: option.type, data: hex(option.data) }];
  }
}
