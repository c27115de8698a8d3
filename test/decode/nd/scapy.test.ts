/** The same fields as Scapy's layers hold, over generated RAs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecodedOption } from '../../../src/decode/nd/option.ts';
import { plcOf } from '../../../src/decode/nd/pref64.ts';
import { preferenceBits } from '../../../src/decode/nd/preference.ts';
import { decodeRa, type Ra } from '../../../src/decode/nd/ra.ts';
import { EMPTY_RA_HEADER, raHeaderBytes } from '../../../src/decode/nd/ra-header.ts';
import { prefixLen } from '../../../src/net/prefix6.ts';
import { HEADER, hex } from './hex.ts';
import { message, oraclesOrWhy, output, sampleRas } from './oracle.ts';
import { SCAPY_ODDITIES } from './oracle-oddities.ts';

const COUNT = 400;
const oracles = await oraclesOrWhy();
const SKIP = typeof oracles === 'string' ? oracles : false;

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
    print(json.dumps(out, default=str))
`;

type Layer = readonly [layer: string, fields: Readonly<Record<string, unknown>>];

function dissected(messages: readonly Uint8Array[]): readonly Layer[][] {
  assert.ok(typeof oracles === 'object');
  const input = messages.map((bytes) => `${Buffer.from(bytes).toString('hex')}\n`).join('');
  const lines = output([...oracles.python, '-c', SCRIPT], input)
    .trimEnd()
    .split('\n');
  assert.equal(lines.length, messages.length);
  return lines.map((line) => JSON.parse(line) as Layer[]);
}

/** Left out are RAs with names of other characters: it escapes none. */
function comparable(ra: Ra): boolean {
  const usual = (option: DecodedOption | Ra['options'][number]): boolean =>
    option.kind !== 'dnssl' || option.domains.every((name) => /^[\w.-]+$/.test(name));
  return ra.options.every((o) => usual(o) && (o.kind !== 'pvd' || o.options.every(usual)));
}

/** A message, and what is inside its PvD option as one more: Scapy does not look inside. */
function unfolded(bytes: Uint8Array): readonly Uint8Array[] {
  const inner = decodeRa(bytes).options.flatMap((option) => {
    if (option.kind !== 'pvd') return [];
    const end = option.offset + option.lenBytes;
    const nested = bytes.subarray(option.options[0]?.offset ?? end, end);
    return [Buffer.concat([raHeaderBytes(option.ra ?? EMPTY_RA_HEADER), nested])];
  });
  return [bytes, ...inner];
}

test('scapy finds the same fields', { skip: SKIP, timeout: 300_000 }, () => {
  const messages = sampleRas(COUNT, comparable).map(message).flatMap(unfolded);
  assert.ok(messages.length > COUNT * 1.25, `${messages.length} messages`);
  dissected(messages).forEach((theirs, i) => {
    const expected = ours(messages[i] ?? new Uint8Array());
    const picked = theirs.map(([layer, fields], at): Layer => {
      const names = Object.keys(expected[at]?.[1] ?? {});
      return [layer, Object.fromEntries(names.map((name) => [name, fields[name]]))];
    });
    assert.deepEqual(picked, expected, `message ${i + 1}`);
  });
});

test('where scapy and we part, and nowhere else', { skip: SKIP, timeout: 300_000 }, () => {
  const seen = dissected(SCAPY_ODDITIES.map(({ octets }) => hex(HEADER + octets)));
  SCAPY_ODDITIES.forEach(({ what, octets, field, theirs, ours: our }, i) => {
    const [layer, name = ''] = field.split('.');
    const found = seen[i]?.find(([kind]) => kind === layer)?.[1][name];
    assert.equal(typeof found === 'object' ? JSON.stringify(found) : String(found), theirs, what);
    const [option] = decodeRa(hex(HEADER + octets)).options;
    const mine = option?.kind === 'dnssl' ? JSON.stringify(option.domains) : '';
    assert.equal(mine, our, what);
    assert.ok(our !== '' || option?.kind !== 'raw', what);
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
  return [first, ...options.map((option) => layerOf(option, bytes))];
}

function layerOf(option: DecodedOption, bytes: Uint8Array): Layer {
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
    case 'pref64': {
      const { addr: prefix, lifetimeSec } = option;
      const fields = { len, scaledlifetime: lifetimeSec / 8, plc: plcOf(option.prefix), prefix };
      return ['ICMPv6NDOptPREF64', fields];
    }
    case 'captive-portal':
      return ['ICMPv6NDOptCaptivePortal', { len, URI: Buffer.from(option.uri).toString('hex') }];
    case 'ra-flags': {
      const res = Number.parseInt(Buffer.from(option.bits).toString('hex'), 16);
      return ['ICMPv6NDOptEFA', { len, res }];
    }
    default:
      return unknownLayer(option, bytes);
  }
}

/** Raw to it as to us, and what it does not know: the octets after the length. */
function unknownLayer({ type, offset, lenBytes }: DecodedOption, bytes: Uint8Array): Layer {
  if (type === 4) return ['ICMPv6NDOptRedirectedHdr', { type, len: lenBytes / 8 }];
  const data = Buffer.from(bytes.subarray(offset + 2, offset + lenBytes)).toString('hex');
  return ['ICMPv6NDOptUnknown', { type, len: lenBytes / 8, data }];
}

function mac(octets: Uint8Array): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
}
