import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sideBySide } from '../../src/publish/side-by-side.ts';

type Case = readonly [left: string[], right: string[], rows: string[]];

const CASES: readonly Case[] = [
  [[], [], []],
  [['a'], ['a'], ['a    a']],
  [['a'], ['b'], ['a  | b']],
  [
    ['a', 'c'],
    ['a', 'b', 'c'],
    ['a    a', '   > b', 'c    c'],
  ],
  [
    ['a', 'b', 'c'],
    ['a', 'c'],
    ['a    a', 'b  <', 'c    c'],
  ],
  [
    ['x', 'y', 'c'],
    ['z', 'c'],
    ['x  | z', 'y  <', 'c    c'],
  ],
];
for (const [left, right, rows] of CASES) {
  test(`${left} beside ${right}`, () => assert.deepEqual(sideBySide(left, right, 2), rows));
}

test('a long line goes on in the next row, indented', () => {
  assert.deepEqual(sideBySide([' 123456789'], ['x'], 6), [' 12345 | x', '   678', '   9']);
});

test('nothing is lost, nothing invented, and equal lines stand together', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
  fc.assert(
    fc.property(text, text, (left, right) => {
      const rows = sideBySide(left, right, 1);
      assert.equal(rows.map((row) => row[0]?.trim()).join(''), left.join(''));
      assert.equal(rows.map((row) => row[4] ?? '').join(''), right.join(''));
      for (const row of rows) {
        assert.equal(row[0] !== ' ' && row[0] === row[4], (row[2] ?? ' ') === ' ', row);
      }
    }),
  );
});

test('a text that is too long is cut, and that costs no minutes', () => {
  const long = Array.from({ length: 5000 }, (_, i) => `${i}`);
  assert.equal(sideBySide(long, long, 8).length, 400);
});
