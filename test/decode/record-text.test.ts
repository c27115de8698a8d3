/** UTF-8 of our own against the platform's. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8Bytes, utf8Text } from '../../src/net/utf8.ts';

test('well-formed text goes there and back as the platform does it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = new TextEncoder().encode(text);
      assert.deepEqual(utf8Bytes(text), bytes);
      assert.equal(utf8Text(bytes), new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    }),
  );
});

test('octets are text exactly when the platform takes them', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
      let expected: string | undefined;
      try {
        expected = strict.decode(bytes);
      } catch {}
      const text = utf8Text(bytes);
      if (expected === undefined) assert.match(text, /\ufffd/);
      else assert.equal(text, expected);
    }),
    { numRuns: 3000 },
  );
});

const refused: readonly [string, readonly number[]][] = [
  ['overlong slash', [0xc0, 0xaf]],
  ['overlong of three', [0xe0, 0x80, 0xaf]],
  ['surrogate', [0xed, 0xa0, 0x80]],
  ['past U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['cut short', [0xe2, 0x82]],
];
for (const [name, bytes] of refused) {
  test(`${name} is replaced octet by octet`, () => {
    assert.equal(utf8Text(Uint8Array.from(bytes)), '\ufffd'.repeat(bytes.length));
  });
}
