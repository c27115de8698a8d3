/**
 * Reading takes steps in proportion to the octets, whatever they are made of, and none outside
 * them. A step is a read of one octet: the decoder does nothing else in a loop.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EXPERIMENTAL_TYPES } from '../../../src/decode/nd/options.ts';
import { type DecodeRaOptions, decodeRa } from '../../../src/decode/nd/ra.ts';
import { addr6 } from '../../../src/net/addr6.ts';
import { hostileArb } from '../../property/nd-arbitrary.ts';
import { counted } from './counted.ts';
import { HEADER, hex } from './hex.ts';

/** One label after another of one octet: the most names and escapes an option can hold. */
const labels = (count: number): string => '0100'.repeat(count);
const DNSSL = `1f 20 0000 00000e10 ${labels(62)}00 ${'00'.repeat(123)}`;
const NAMES = `1f ff 0000 00000e10 ${'016100'.repeat(677)}00`;
const OPTIONS: readonly (readonly [what: string, octets: string])[] = [
  ['unknown options', '4d 01 000000000000'],
  ['repeated singletons', '05 01 0000 000005dc'],
  ['PvD options, all but the first ignored', '15 02 8000 0000 0161 00 00000000000000'],
  ['PIOs', '03 04 40 c0 00000e10 00000708 00000001 20010db8000100000000000000000001'],
  ['names of many labels', DNSSL],
  ['lists of many names', NAMES],
  ['long URIs', `25 ff ${'61'.repeat(2038)}`],
];
/** The largest is what an IPv6 packet can hold. */
const SIZES = [512, 4096, 65_000];
/** Reads of one octet of the message that an RA ever costs. */
const READS_MAX = 4;

const envelope: DecodeRaOptions = { saddr: addr6('fe80::1'), daddr: addr6('ff02::1') };

function readsOf(message: Uint8Array, options: DecodeRaOptions = envelope): number {
  const { bytes, reads } = counted(message);
  decodeRa(bytes, options);
  return reads();
}

for (const [what, octets] of OPTIONS) {
  test(`linear in the number of ${what}`, () => {
    const option = hex(octets);
    const sizes = SIZES.filter((size) => size > option.length);
    for (const size of sizes) {
      const count = Math.floor(size / option.length);
      const message = Buffer.concat([hex(HEADER), ...Array(count).fill(option)]);
      assert.equal(decodeRa(message).options.length, count);
      const perOctet = readsOf(message) / message.length;
      assert.ok(perOctet <= READS_MAX, `${perOctet.toFixed(2)} reads an octet at ${size}`);
    }
  });
}

test('linear in a PvD option and what is inside', () => {
  for (const units of [4, 32, 255]) {
    const nested = '05 01 0000 000005dc'.repeat(units - 2);
    const pvd = `15 ${units.toString(16).padStart(2, '0')} 8000 0000 0161 00 00000000000000`;
    const message = hex(HEADER + pvd + nested);
    assert.ok(readsOf(message) <= READS_MAX * message.length);
  }
});

test('hostile octets: no more steps, and none outside the message', () => {
  fc.assert(
    fc.property(hostileArb, fc.boolean(), (message, drafts) => {
      const options = drafts ? { ...envelope, pvdTypes: EXPERIMENTAL_TYPES } : envelope;
      assert.ok(readsOf(message, options) <= READS_MAX * message.length + 8);
    }),
    { numRuns: 3000 },
  );
});
