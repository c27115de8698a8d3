/** Options octet by octet, taken from the figures of their RFCs; both directions. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecodedOption, NdOption } from '../../../src/decode/nd/option.ts';
import { EXPERIMENTAL_TYPES, encodeOption } from '../../../src/decode/nd/options.ts';
import { decodeRa, encodeRa } from '../../../src/decode/nd/ra.ts';
import { EMPTY_RA_HEADER } from '../../../src/decode/nd/ra-header.ts';
import { toJson } from '../../../src/net/json.ts';
import { HEADER, hex } from './hex.ts';

/** Reads one option and takes from it what only says where it stood. */
function decodeOne(octets: string, drafts = false): { content: object; meta: object } {
  const message = hex(HEADER + octets);
  const decoded = decodeRa(message, drafts ? { pvdTypes: EXPERIMENTAL_TYPES } : {});
  const [option] = decoded.options;
  assert.ok(option && decoded.options.length === 1);
  assert.deepEqual(
    encodeRa({ header: decoded.header ?? EMPTY_RA_HEADER, options: [option] }),
    message,
  );
  return split(option);
}

function split(decoded: DecodedOption): { content: object; meta: object } {
  const { name, offset, lenBytes, outcome, reason, ...content } = decoded;
  return { content, meta: { name, offset, lenBytes, outcome, reason } };
}

const nothing = new Uint8Array();
const VECTORS: readonly (readonly [name: string, octets: string, content: object])[] = [
  ['SLLA', '01 01 02 00 00 00 00 01', { kind: 'slla', type: 1, lladdr: hex('02 00 00 00 00 01') }],
  ['TLLA', '02 01 02 00 00 00 00 01', { kind: 'tlla', type: 2, lladdr: hex('02 00 00 00 00 01') }],
  [
    'PIO',
    '03 04 40 c0 00278d00 00093a80 00000000 20010db8000100000000000000000000',
    {
      kind: 'pio',
      type: 3,
      prefix: '2001:db8:1::/64',
      addr: '2001:db8:1::',
      onLink: true,
      autonomous: true,
      routerAddress: false,
      pdPreferred: false,
      validSec: 2_592_000,
      preferredSec: 604_800,
      reserved1: 0,
      reserved2: 0,
    },
  ],
  [
    'PIO',
    // RFC 6275: the router's address; RFC 9762: P; what is reserved is kept.
    '03 04 40 35 ffffffff ffffffff 00000007 20010db8000100000000000000000001',
    {
      kind: 'pio',
      type: 3,
      prefix: '2001:db8:1::/64',
      addr: '2001:db8:1::1',
      onLink: false,
      autonomous: false,
      routerAddress: true,
      pdPreferred: true,
      validSec: 0xffffffff,
      preferredSec: 0xffffffff,
      reserved1: 5,
      reserved2: 7,
    },
  ],
  rio('18 01 00 08 00000708', '::/0', '::', 'high', 1800, 1),
  rio(
    '18 02 3d 00 00000708 20010db80000fff8',
    '2001:db8:0:fff8::/61',
    '2001:db8:0:fff8::',
    'medium',
    1800,
    2,
  ),
  rio(
    '18 03 3d 18 ffffffff 20010db80000fff80000000000000000',
    '2001:db8:0:fff8::/61',
    '2001:db8:0:fff8::',
    'low',
    0xffffffff,
    3,
  ),
  rio(
    '18 03 80 00 00000000 20010db8000000000000000000000001',
    '2001:db8::1/128',
    '2001:db8::1',
    'medium',
    0,
    3,
  ),
  ['MTU', '05 01 00 00 00 00 05 dc', { kind: 'mtu', type: 5, mtuBytes: 1500, reserved: 0 }],
  [
    'Advertisement Interval',
    '07 01 00 00 00 09 27 c0',
    { kind: 'advertisement-interval', type: 7, intervalMs: 600_000, reserved: 0 },
  ],
  [
    'Home Agent Information',
    '08 01 00 00 00 05 07 08',
    { kind: 'home-agent', type: 8, haPreference: 5, lifetimeSec: 1800, reserved: 0 },
  ],
  [
    'RDNSS',
    '19 03 00 00 00 00 0e 10 20010db8000000000000000000000053',
    { kind: 'rdnss', type: 25, addrs: ['2001:db8::53'], lifetimeSec: 3600, reserved: 0 },
  ],
  [
    'RA Flags Extension',
    '1a 01 80 00 00 00 00 01',
    { kind: 'ra-flags', type: 26, bits: hex('80 00 00 00 00 01') },
  ],
  [
    'DNSSL',
    '1f 04 00 00 00 00 0e 10 07 6578616d706c65 03 636f6d 00 01 61 00 0000000000000000',
    {
      kind: 'dnssl',
      type: 31,
      domains: ['example.com', 'a'],
      lifetimeSec: 3600,
      reserved: 0,
      lenUnits: 4,
    },
  ],
  [
    'Captive Portal',
    '25 03 68747470733a2f2f612e6578616d706c65 00 00 00 00 00',
    { kind: 'captive-portal', type: 37, uri: 'https://a.example', lenUnits: 3 },
  ],
  [
    'PREF64',
    // 1800 s are 225 units of 8 s; code 0 is /96.
    '26 02 07 08 0064ff9b 00000000 00000000',
    { kind: 'pref64', type: 38, prefix: '64:ff9b::/96', addr: '64:ff9b::', lifetimeSec: 1800 },
  ],
  [
    'PREF64',
    '26 02 07 0d 20010db8 00000000 00000000',
    {
      kind: 'pref64',
      type: 38,
      prefix: '2001:db8::/32',
      addr: '2001:db8::',
      lifetimeSec: 1800,
    },
  ],
  [
    'Encrypted DNS',
    // ADN "d.example" of 11 octets, one address, alpn (1) = "h2".
    '90 06 0001 00000708 000b 0164 076578616d706c65 00 0010 20010db8000000000000000000000053 0007 0001 0003 026832',
    {
      kind: 'encrypted-dns',
      type: 144,
      priority: 1,
      lifetimeSec: 1800,
      adn: 'd.example',
      addrs: ['2001:db8::53'],
      svcParams: [{ key: 1, value: hex('026832') }],
      lenUnits: 6,
    },
  ],
  [
    'Encrypted DNS',
    '90 03 0001 00000708 000b 0164 076578616d706c65 00 000000',
    {
      kind: 'encrypted-dns',
      type: 144,
      priority: 1,
      lifetimeSec: 1800,
      adn: 'd.example',
      addrs: [],
      svcParams: [],
      lenUnits: 3,
    },
  ],
  ['Nonce', '0e 01 01 02 03 04 05 06', { kind: 'raw', type: 14, data: hex('010203040506') }],
  ['option 77', '4d 01 01 02 03 04 05 06', { kind: 'raw', type: 77, data: hex('010203040506') }],
  // Sections 3.1 of RFC 8801 and of its drafts.
  [
    'PvD',
    '15048000 00710574 65737431 07657861 6d706c65 03636f6d 00000000 00000000',
    pvd({ id: 'test1.example.com', http: true, sequence: 113 }),
  ],
  [
    'PvD',
    '1506a000 006f0574 65737432 07657861 6d706c65 03636f6d 00000000 00000000' +
      '86000000 4018ffff 00000000 00000000',
    pvd({
      id: 'test2.example.com',
      http: true,
      sequence: 111,
      ra: { ...EMPTY_RA_HEADER, hopLimit: 64, preference: 'low', lifetimeSec: 65_535 },
    }),
  ],
];

function rio(
  octets: string,
  prefix: string,
  addr: string,
  preference: string,
  lifetimeSec: number,
  lenUnits: number,
): readonly [string, string, object] {
  const content = {
    kind: 'rio',
    type: 24,
    prefix,
    addr,
    preference,
    lifetimeSec,
    reserved: 0,
    lenUnits,
  };
  return ['RIO', octets, content];
}

function pvd(fields: object): object {
  return {
    kind: 'pvd',
    type: 21,
    layout: 'rfc8801',
    http: false,
    legacy: false,
    delay: 0,
    sequence: 0,
    reserved: 0,
    ra: null,
    options: [],
    ...fields,
  };
}

for (const [name, octets, content] of VECTORS) {
  test(`${name}: ${octets}`, () => {
    const { content: got, meta } = decodeOne(octets);
    assert.deepEqual(toJson(got), { ...toJson(got), ...toJson(content) });
    assert.deepEqual(Object.keys(got).sort(), Object.keys(content).sort());
    assert.equal((meta as { name: string }).name, name);
    assert.deepEqual(Buffer.from(encodeOption(content as NdOption)), Buffer.from(hex(octets)));
  });
}

test('PvD with RDNSS and PIO inside: where each stands', () => {
  const octets =
    '150c8001 007b0765 78616d70 6c65036f 72670000 00000000 19050000 00000e10' +
    '20010db8 00000000 00000000 00000053 20010db8 00000000 00000000 00000054' +
    '030440c0 00015180 00003840 00000000 20010db8 f00d0000 00000000 00000000';
  const { content } = decodeOne(octets);
  const nested = (content as { options: DecodedOption[] }).options;
  assert.deepEqual(
    nested.map(({ name, offset, lenBytes, outcome }) => ({ name, offset, lenBytes, outcome })),
    [
      { name: 'RDNSS', offset: 16 + 24, lenBytes: 40, outcome: 'ok' },
      { name: 'PIO', offset: 16 + 64, lenBytes: 32, outcome: 'ok' },
    ],
  );
});

const DRAFTS: readonly (readonly [octets: string, fields: object])[] = [
  // -01: the R bit was called A and meant the same; what is Delay now was reserved.
  [
    '15048003 00710574 65737431 07657861 6d706c65 03636f6d 00000000 00000000',
    pvd({ layout: 'draft-01', id: 'test1.example.com', http: true, sequence: 113, reserved: 3 }),
  ],
  [
    'fe046000 00710161 00000000 00000000 86000000 4000ffff 00000000 00000000',
    pvd({
      type: 254,
      layout: 'draft-01',
      id: 'a',
      legacy: true,
      sequence: 113,
      ra: { ...EMPTY_RA_HEADER, hopLimit: 64, lifetimeSec: 65_535 },
    }),
  ],
  // -00: bit 2 is reserved, nothing follows the name.
  [
    'fd02e000 00710161 00000000 00000000',
    pvd({
      type: 253,
      layout: 'draft-00',
      id: 'a',
      http: true,
      legacy: true,
      sequence: 113,
      reserved: 0x2000,
      lenUnits: 2,
    }),
  ],
  // A unit of padding more than the name needs: where nothing nests, it is no option.
  [
    'fd03c000 00710161 00000000 00000000 00000000 00000000',
    pvd({
      type: 253,
      layout: 'draft-00',
      id: 'a',
      http: true,
      legacy: true,
      sequence: 113,
      lenUnits: 3,
    }),
  ],
];

for (const [octets, content] of DRAFTS) {
  test(`PvD of a draft: ${octets}`, () => {
    assert.deepEqual(decodeOne(octets, true).content, content);
  });
}

test('types of the drafts are unknown unless asked for', () => {
  const { content, meta } = decodeOne('fd02c000 00710161 00000000 00000000');
  assert.equal((content as NdOption).kind, 'raw');
  assert.deepEqual((meta as { reason: string }).reason, 'option-unknown');
});

test('flags of the header, each by itself', () => {
  const FLAGS = [
    ['80', { managed: true }],
    ['40', { other: true }],
    ['20', { homeAgent: true }],
    ['18', { preference: 'low' }],
    ['08', { preference: 'high' }],
    ['10', { preference: 'reserved' }],
    ['04', { proxy: true }],
    ['02', { reserved: 2 }],
    ['01', { reserved: 1 }],
  ] as const;
  for (const [flags, fields] of FLAGS) {
    const message = hex(`86000000 40${flags}0708 00000001 00000002`);
    const { header } = decodeRa(message);
    const common = { hopLimit: 64, lifetimeSec: 1800, reachableMs: 1, retransMs: 2 };
    assert.deepEqual(header, { ...EMPTY_RA_HEADER, ...common, ...fields });
  }
});

test('what cannot be put into octets is refused', () => {
  const wrong: readonly NdOption[] = [
    { kind: 'pref64', prefix: '64:ff9b::/95' as never, lifetimeSec: 8 },
    { kind: 'pref64', prefix: '64:ff9b::/96' as never, lifetimeSec: 9 },
    { kind: 'pref64', prefix: '64:ff9b::/96' as never, lifetimeSec: 65_536 },
    {
      kind: 'rio',
      prefix: '2001:db8::/65' as never,
      preference: 'medium',
      lifetimeSec: 0,
      lenUnits: 2,
    },
    { kind: 'dnssl', domains: ['a..b'], lifetimeSec: 0 },
    { kind: 'captive-portal', uri: 'https://é.example' },
    { kind: 'raw', type: 77, data: new Uint8Array(2039) },
    {
      kind: 'pvd',
      layout: 'draft-00',
      id: 'a',
      http: false,
      legacy: false,
      delay: 0,
      sequence: 0,
      ra: EMPTY_RA_HEADER,
      options: [],
    },
  ];
  for (const option of wrong) assert.throws(() => encodeOption(option), RangeError, option.kind);
  assert.equal(encodeOption({ kind: 'raw', type: 77, data: nothing }).length, 8);
});
