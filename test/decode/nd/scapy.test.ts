/** The same fields as Scapy's layers hold, over generated RAs of the options it knows. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecodedOption } from '../../../src/decode/nd/option.ts';
import { preferenceBits } from '../../../src/decode/nd/preference.ts';
import { decodeRa, type Ra } from '../../../src/decode/nd/ra.ts';
import { prefixLen } from '../../../src/net/prefix6.ts';
import { message, output, sampleRas } from './oracle.ts';

const COUNT = 400;
/** Debian's packages are seen by Debian's interpreter only. */
const PYTHON = '/usr/bin/python3';
const SKIP =
  output(PYTHON, ['-c', 'import scapy.layers.inet6']) === undefined
    ? 'scapy is not installed'
    : false;

/** One line of JSON for each message in hexadecimal: [layer, {field: value}], outermost first. */
const SCRIPT = `
import json, sys
from scapy.layers.inet6 import ICMPv6ND_RA
def plain(value):
    if isinstance(value, bytes): return value.hex()
    if isinstance(value, list): return [plain(v) for v in value]
    return value
for line in sys.stdin:
    layer, out = ICMPv6ND_RA(bytes.fromhex(line)), []
    while layer:
        out.append([type(layer).__name__, {f.name: plain(layer.getfieldval(f.name)) for f in layer.fields_desc}])
        layer = layer.payload
    print(json.dumps(out))
`;

/**
 * What Scapy knows of what we generate. It ends at the first other one, PvD included.
 * - DNSSL: it takes no escapes and adds the final dot; names of letters, digits, hyphens only.
 * - RIO: whatever its length, it reads a prefix of 0, 8 or 16 octets, as we do.
 */
const KNOWN: ReadonlySet<string> = new Set([
  'slla',
  'tlla',
  'pio',
  'rio',
  'mtu',
  'rdnss',
  'dnssl',
  'advertisement-interval',
  'home-agent',
]);

function comparable({ header, options }: Ra): Ra {
  return {
    header,
    options: options.filter((option) =>
      option.kind === 'dnssl'
        ? option.domains.every((name) => /^[\w.-]+$/.test(name))
        : KNOWN.has(option.kind),
    ),
  };
}

type Layer = readonly [layer: string, fields: Readonly<Record<string, unknown>>];

test('scapy finds the same fields', { skip: SKIP, timeout: 120_000 }, () => {
  const messages = sampleRas(COUNT).map(comparable).map(message);
  const input = messages.map((bytes) => `${Buffer.from(bytes).toString('hex')}\n`).join('');
  const lines = output(PYTHON, ['-c', SCRIPT], input)?.trimEnd().split('\n') ?? [];
  assert.equal(lines.length, COUNT);
  lines.forEach((line, i) => {
    const theirs = JSON.parse(line) as Layer[];
    const expected = ours(messages[i] ?? new Uint8Array());
    const picked = theirs.map(([layer, fields], at): Layer => {
      const names = Object.keys(expected[at]?.[1] ?? {});
      return [layer, Object.fromEntries(names.map((name) => [name, fields[name]]))];
    });
    assert.deepEqual(picked, expected, `message ${i + 1}`);
  });
});

function ours(bytes: Uint8Array): readonly Layer[] {
  const { header, options } = decodeRa(bytes);
  assert.ok(header);
  const first: Layer = [
    'ICMPv6ND_RA',
    {
      chlim: header.hopLimit,
      M: Number(header.managed),
      O: Number(header.other),
      H: Number(header.homeAgent),
      prf: preferenceBits(header.preference) >> 3,
      P: Number(header.proxy),
      res: header.reserved,
      routerlifetime: header.lifetimeSec,
      reachabletime: header.reachableMs,
      retranstimer: header.retransMs,
      cksum: header.checksum,
    },
  ];
  return [first, ...options.map(layerOf)];
}

function layerOf(option: DecodedOption): Layer {
  const len = option.lenBytes / 8;
  switch (option.kind) {
    case 'slla':
      return ['ICMPv6NDOptSrcLLAddr', { len, lladdr: mac(option.lladdr) }];
    case 'tlla':
      return ['ICMPv6NDOptDstLLAddr', { len, lladdr: mac(option.lladdr) }];
    case 'pio':
      return [
        'ICMPv6NDOptPrefixInfo',
        {
          len,
          prefixlen: prefixLen(option.prefix),
          L: Number(option.onLink),
          A: Number(option.autonomous),
          R: Number(option.routerAddress),
          res1: (option.pdPreferred ? 0x10 : 0) | (option.reserved1 ?? 0),
          validlifetime: option.validSec,
          preferredlifetime: option.preferredSec,
          res2: option.reserved2,
          prefix: option.addr,
        },
      ];
    case 'rio': {
      const prf = preferenceBits(option.preference) >> 3;
      const { lifetimeSec: rtlifetime, addr } = option;
      return [
        'ICMPv6NDOptRouteInfo',
        { len, plen: prefixLen(option.prefix), prf, rtlifetime, prefix: addr },
      ];
    }
    case 'mtu':
      return ['ICMPv6NDOptMTU', { len, res: option.reserved, mtu: option.mtuBytes }];
    case 'rdnss':
      return ['ICMPv6NDOptRDNSS', { len, lifetime: option.lifetimeSec, dns: option.addrs }];
    case 'dnssl':
      return [
        'ICMPv6NDOptDNSSL',
        { len, lifetime: option.lifetimeSec, searchlist: option.domains.map((name) => `${name}.`) },
      ];
    case 'advertisement-interval':
      return ['ICMPv6NDOptAdvInterval', { len, advint: option.intervalMs }];
    case 'home-agent':
      return [
        'ICMPv6NDOptHAInfo',
        { len, pref: option.haPreference, lifetime: option.lifetimeSec },
      ];
    default:
      throw new Error(`${option.kind} is not compared`);
  }
}

function mac(octets: Uint8Array): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
}
