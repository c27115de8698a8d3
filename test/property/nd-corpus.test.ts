/** What fuzzing found worth keeping: each input holds what the codec promises. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRa } from '../../src/decode/nd/ra.ts';
import { RULES } from '../../src/decode/nd/rules.ts';
import { counted } from '../decode/nd/counted.ts';
import { CORPUS, readCorpus } from '../fuzz/corpus.ts';
import { checkOctets } from '../fuzz/nd-target.ts';

const inputs = readCorpus(CORPUS);

test('every input of the corpus, and never an octet outside', () => {
  assert.ok(inputs.length > 100, `${inputs.length} inputs`);
  for (const octets of inputs) {
    checkOctets(octets);
    const { bytes, reads } = counted(octets);
    decodeRa(bytes);
    assert.ok(reads() <= 4 * octets.length + 8);
  }
});

test('the corpus breaks every rule that octets alone can break', () => {
  const broken = new Set(inputs.flatMap((o) => decodeRa(o).problems.map(({ code }) => code)));
  /** These depend on the packet around the message. */
  const around = /^ra-(hop-limit|source|checksum|fragmented|captured-short)$/;
  const missing = Object.keys(RULES).filter(
    (code) => !around.test(code) && !broken.has(code as never),
  );
  assert.deepEqual(missing, []);
});
