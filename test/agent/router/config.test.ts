/** The router's configuration: what it becomes on the wire, and errors with their place. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import * as YAML from 'yaml';
import { AgentError, EXIT } from '../../../agent/error.ts';
import { checkRouterConfig, loadRouterConfig } from '../../../agent/router/config.ts';
import { raMessage } from '../../../agent/router/message.ts';
import { parseYaml } from '../../../agent/yaml/source.ts';
import { decodeRa, encodeRa, type Ra, type RaDecoded } from '../../../src/decode/nd/ra.ts';
import { hostileArb, raArb } from '../../property/nd-arbitrary.ts';
import { configOf } from './config-of.ts';

const FIXTURE = fileURLToPath(new URL('../../../../test/fixture/router/', import.meta.url));
const LLADDR = Uint8Array.of(2, 0, 0, 0, 0, 1);

function messages(text: string, final = false): Uint8Array[] {
  const file = checkRouterConfig(parseYaml(text, 'r.yaml'));
  return file.ras.map((placed) => raMessage(file, placed, { lladdr: LLADDR, final }));
}

function decoded(text: string, final = false): RaDecoded {
  return decodeRa(messages(text, final)[0] ?? new Uint8Array());
}

test('every option there is, and nothing said but what a reader of PvDs should know', () => {
  const file = loadRouterConfig(path.join(FIXTURE, 'every-option.yaml'));
  const [placed] = file.ras;
  assert.ok(placed);
  const ra = decodeRa(raMessage(file, placed, { lladdr: LLADDR, final: false }));
  assert.deepEqual(
    ra.problems.map(({ code }) => code),
    ['pvd-id-case', 'pvd-header-precedence'],
  );
  assert.deepEqual(
    ra.options.map(({ kind }) => kind),
    [
      ...['slla', 'mtu', 'pio', 'pio', 'rio', 'rdnss', 'dnssl', 'advertisement-interval'],
      ...['home-agent', 'pref64', 'captive-portal', 'encrypted-dns', 'ra-flags', 'raw', 'pvd'],
    ],
  );
  assert.deepEqual(ra.header, {
    icmpType: 134,
    code: 0,
    checksum: 0,
    hopLimit: 64,
    managed: false,
    other: true,
    homeAgent: true,
    preference: 'high',
    proxy: false,
    reserved: 0,
    lifetimeSec: 1800,
    reachableMs: 0,
    retransMs: 0,
  });
  const pvd = ra.options.at(-1);
  assert.ok(pvd?.kind === 'pvd');
  const { id, http, legacy, delay, sequence } = pvd;
  assert.deepEqual([id, http, legacy, delay, sequence], ['PvD.example.com', true, true, 5, 7]);
  assert.equal(pvd.ra?.lifetimeSec, 600);
  assert.deepEqual(
    pvd.options.map(({ kind }) => kind),
    ['pio', 'rdnss'],
  );
  const [slla, , , second] = ra.options;
  assert.deepEqual(slla?.kind === 'slla' && [...slla.lladdr], [...LLADDR]);
  assert.ok(second?.kind === 'pio' && second.validSec === 0xffffffff && second.pdPreferred);
});

test('an empty file is an RA of defaults', () => {
  const { header, options } = decoded('');
  assert.equal(header?.lifetimeSec, 1800);
  assert.deepEqual(options, []);
});

test('the farewell has lifetime 0 in both headers, and nothing else changes', () => {
  const text = 'options: [{mtu: 1280}, {pvd: {id: a, ra: {lifetime: 9}}}]';
  const last = decoded(text, true);
  const [mtu, pvd] = last.options;
  assert.equal(last.header?.lifetimeSec, 0);
  assert.ok(mtu?.kind === 'mtu' && pvd?.kind === 'pvd');
  assert.equal(pvd.ra?.lifetimeSec, 0);
});

test('malformed RAs are what they are said to be', () => {
  const file = loadRouterConfig(path.join(FIXTURE, 'malformed.yaml'));
  const octets = file.ras.map((ra) => raMessage(file, ra, { lladdr: LLADDR, final: false }));
  const codes = octets.map((bytes) => decodeRa(bytes).problems.map(({ code }) => code));
  assert.deepEqual(codes.slice(3), [
    ['ra-code'],
    ['option-length-zero'],
    ['pio-preferred'],
    ['ra-too-short'],
  ]);
  assert.deepEqual(file.ras.map(({ ra }) => ra.ipHopLimit).slice(0, 2), [64, 255]);
});

test('octets in hexadecimal are sent as they are', () => {
  assert.deepEqual([...(messages('hex: "86:00 01-02"')[0] ?? [])], [0x86, 0, 1, 2]);
  const [bytes] = messages('options: [{hex: 4d 01 00}]');
  assert.equal(bytes?.length, 19);
});

const FAULTS: readonly (readonly [text: string, message: RegExp])[] = [
  ['lifetme: 3', /^r\.yaml:1:1: unknown key "lifetme", did you mean "lifetime"\?$/],
  ['options:\n  - poi: {}', /^r\.yaml:2:5: unknown key "poi", did you mean "pio"\?$/],
  ['options:\n  - pio: {valid: 3}', /^r\.yaml:2:\d+: "prefix" is missing$/],
  ['options:\n  - pio: {prefix: fe80}', /^r\.yaml:2:19: an IPv6 prefix/],
  ['options:\n  - rdnss: {addrs: [x]}', /^r\.yaml:2:21: an IPv6 address/],
  ['options:\n  - pvd: {id: a..b}', /^r\.yaml:2:15: a domain name/],
  ['options:\n  - {mtu: 1, hex: "00"}', /^r\.yaml:2:\d+: one option an item/],
  ['options:\n  - {}', /^r\.yaml:2:5: an option is needed$/],
  ['options:\n  - raw: {type: 300, data: "00"}', /^r\.yaml:2:17: /],
  ['options:\n  - hex: 0x1', /^r\.yaml:2:10: /],
  ['lifetime: 65536', /^r\.yaml:1:11: /],
  ['interval: 0', /^r\.yaml:1:11: /],
  ['lifetime: 1\nras: [{}]', /^r\.yaml:1:1: each RA under "ras" has its own$/],
  // Faults that show only on the way to octets.
  ['options:\n  - mtu: 1\n  - pref64: {prefix: "::/95"}', /^r\.yaml:3:5: PREF64 prefix ::\/95/],
  ['options:\n  - rio: {prefix: "2001:db8::/65", lenUnits: 2}', /^r\.yaml:2:5: RIO of 2 units/],
  ['options:\n  - pvd: {id: a, options: [{hex: "00"}]}', /^r\.yaml:2:5: 1 octets inside/],
  ['options:\n  - captivePortal: "a b"', /^r\.yaml:2:5: not a URI/],
];

for (const [text, message] of FAULTS) {
  test(`fault: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => messages(text),
      (error: unknown) => {
        assert.ok(error instanceof AgentError, String(error));
        assert.equal(error.code, 'PVD_ERR_ROUTER_CONFIG');
        assert.equal(error.exitCode, EXIT.usage);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test('whatever the codec can encode, the router can be told to send', () => {
  const send = (ra: Ra): Uint8Array | undefined => messages(YAML.stringify(configOf(ra)))[0];
  fc.assert(
    fc.property(raArb, (ra) => {
      assert.deepEqual(Buffer.from(send(ra) ?? []), Buffer.from(encodeRa(ra)));
    }),
    { numRuns: 300 },
  );
  // As decoded, every field is there: lengths past the least, prefixes as sent, header types.
  fc.assert(
    fc.property(hostileArb, (octets) => {
      const { header, options } = decodeRa(octets);
      fc.pre(header !== null && header.checksum === 0);
      const ra: Ra = { header, options };
      assert.deepEqual(Buffer.from(send(ra) ?? []), Buffer.from(encodeRa(ra)));
    }),
    { numRuns: 300, maxSkipsPerRun: 1000 },
  );
});
