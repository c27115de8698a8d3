import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEndMark } from '../../../agent/lab/end-mark.ts';

const MARK = Buffer.from('abac');
/** Few letters, so that beginnings of the mark are frequent; the mark itself is cut out. */
const stream = fc
  .array(fc.constantFrom('a', 'b', 'c', '\xff'), { maxLength: 40 })
  .map((letters) => letters.join('').replaceAll('abac', ''))
  // Neither may the stream's end and the mark's beginning make one earlier.
  .filter((text) => `${text}abac`.indexOf('abac') === text.length);

test('a stream in pieces comes out whole, without the mark', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(6), { maxLength: 40 }), (text, sizes) => {
      const all = Buffer.concat([Buffer.from(text, 'latin1'), MARK]);
      const end = createEndMark(MARK);
      const out: Buffer[] = [];
      let at = 0;
      for (const size of [...sizes, all.length]) {
        assert.equal(end.seen, at === all.length);
        out.push(Buffer.from(end.push(all.subarray(at, at + size))));
        at = Math.min(all.length, at + size);
      }
      assert.ok(end.seen);
      assert.equal(Buffer.concat(out).toString('latin1'), text);
    }),
  );
});

test('only what may be the mark is held back, and given when the stream breaks off', () => {
  const end = createEndMark(MARK);
  assert.equal(end.push(Buffer.from('ready\n')).toString(), 'ready\n');
  assert.equal(end.push(Buffer.from('xab')).toString(), 'x');
  assert.equal(end.flush().toString(), 'ab');
  assert.equal(end.seen, false);
});

test('nothing comes after the mark', () => {
  const end = createEndMark(MARK);
  assert.equal(end.push(Buffer.from('xabacy')).toString(), 'x');
  assert.equal(end.push(Buffer.from('y')).length, 0);
});
