/** Reading takes time in proportion to the octets, whatever they are made of. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRa } from '../../../src/decode/nd/ra.ts';
import { HEADER, hex } from './hex.ts';

/** One label after another of one octet: the most names and escapes an option can hold. */
const labels = (count: number): string => '0100'.repeat(count);
const DNSSL = `1f 20 0000 00000e10 ${`${labels(62)}00`.repeat(1)} ${'00'.repeat(123)}`;
const UNIT_OPTIONS: readonly (readonly [what: string, octets: string])[] = [
  ['unknown options', '4d 01 000000000000'],
  ['repeated singletons', '05 01 0000 000005dc'],
  ['PvD options, all but the first ignored', '15 02 8000 0000 0161 00 00000000000000'],
  [
    'one PIO after another',
    '03 04 40 c0 00000e10 00000708 00000001 20010db8000100000000000000000001',
  ],
  ['names of many labels', DNSSL],
];
/** An RA cannot be longer than 64 KiB; growth shows long before. */
const SMALL = 8192;
const GROWTH = 8;

/** CPU time of the best of some rounds, in µs for one message. */
function cost(message: Uint8Array, rounds: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < rounds; i++) decodeRa(message);
    const { user } = process.cpuUsage(start);
    best = Math.min(best, user / rounds);
  }
  return best;
}

for (const [what, octets] of UNIT_OPTIONS) {
  test(`linear in the number of ${what}`, () => {
    const option = hex(octets);
    const of = (lenBytes: number): Uint8Array =>
      Buffer.concat([hex(HEADER), ...Array(Math.floor(lenBytes / option.length)).fill(option)]);
    const small = of(SMALL);
    const large = of(SMALL * GROWTH);
    assert.ok(decodeRa(large).options.length > 7 * decodeRa(small).options.length);
    cost(small, 40);
    const ratio = cost(large, 10) / cost(small, 10 * GROWTH);
    // Quadratic would be 64; caches and collections make it more than 8.
    assert.ok(
      ratio < 3 * GROWTH,
      `${GROWTH} times the octets took ${ratio.toFixed(1)} times as long`,
    );
  });
}
