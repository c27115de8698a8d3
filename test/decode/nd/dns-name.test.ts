/** Domain names: forms of RFC 1035 and RFC 4343, and what is none. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsNameToWire, foldDnsName, readWireName } from '../../../src/net/dns-name.ts';
import { explicitPvdId } from '../../../src/net/pvd-id.ts';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const L63 = 'a'.repeat(63);

const NAMES: readonly (readonly [wire: string, name: string])[] = [
  ['00', '.'],
  ['03636f6d00', 'com'],
  ['07 6578616d706c65 03 6f7267 00', 'example.org'],
  ['03 50 76 44 00', 'PvD'],
  // A dot, a backslash, a colon within a label.
  ['03 61 2e 62 00', 'a\\.b'],
  ['03 61 5c 62 00', 'a\\\\b'],
  ['03 61 3a 62 00', 'a\\:b'],
  // NUL, space, ESC, DEL, 0xff.
  ['05 00 20 1b 7f ff 00', '\\000\\032\\027\\127\\255'],
  // Markup and a slash are visible characters: those who show them escape them.
  ['04 3c 62 3e 2f 00', '<b>/'],
];

for (const [wire, name] of NAMES) {
  test(`${wire} is ${name}`, () => {
    const bytes = hex(wire);
    assert.deepEqual(readWireName(bytes, 0, bytes.length), { ok: true, name, end: bytes.length });
    assert.deepEqual(dnsNameToWire(name), bytes);
  });
}

const label = (octet: string, count: number): string =>
  count.toString(16).padStart(2, '0') + octet.repeat(count);
const NO_NAMES: readonly (readonly [why: string, wire: string, error: string, offset: number])[] = [
  ['nothing', '', 'truncated', 0],
  ['no root label', '0161', 'truncated', 2],
  ['label past the end', '0361', 'truncated', 0],
  ['label up to the end', '026162', 'truncated', 3],
  ['compression pointer', '0161 c000', 'compressed', 2],
  ['label of 64', `${label('61', 64)}00`, 'label-length', 0],
  ['extended label type 01', '41 61 00', 'label-length', 0],
  ['label type 10', '80 00', 'label-length', 0],
  ['256 octets', `${label('61', 63).repeat(3)}${label('61', 62)}016100`, 'too-long', 255],
];

for (const [why, wire, error, offset] of NO_NAMES) {
  test(`no name: ${why}`, () => {
    const bytes = hex(wire);
    assert.deepEqual(readWireName(bytes, 0, bytes.length), { ok: false, error, offset });
  });
}

test('the longest name has 255 octets and 253 visible characters', () => {
  const name = [L63, L63, L63, 'a'.repeat(61)].join('.');
  assert.equal(name.length, 253);
  assert.equal(dnsNameToWire(name)?.length, 255);
  assert.equal(dnsNameToWire(`${name}a`), undefined);
});

test('a final dot changes nothing', () => {
  assert.deepEqual(dnsNameToWire('example.org.'), dnsNameToWire('example.org'));
});

for (const text of [
  '',
  '..',
  '.a',
  'a..b',
  `${L63}a`,
  'a\\',
  'a\\1',
  'a\\12',
  'a\\256',
  'a\\999',
  'é',
  'a\\é',
]) {
  test(`no presentation form: ${JSON.stringify(text)}`, () => {
    assert.equal(dnsNameToWire(text), undefined);
  });
}

test('octets past the limit are not looked at', () => {
  const bytes = hex('01 61 01 62 00');
  assert.deepEqual(readWireName(bytes, 0, 3), { ok: false, error: 'truncated', offset: 2 });
});

test('only ASCII letters are folded', () => {
  assert.equal(foldDnsName('PvD.Example.COM'), 'pvd.example.com');
  assert.equal(explicitPvdId('PvD.Example.COM'), explicitPvdId('pvd.EXAMPLE.com'));
  assert.equal(foldDnsName('\\196'), '\\196');
});
