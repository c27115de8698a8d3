import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBacklog } from '../../src/publish/backlog.ts';
import { envelope } from './fixture.ts';

const entry = (seq: number, chars = 1): { envelope: ReturnType<typeof make>; text: string } => ({
  envelope: make(seq),
  text: 'x'.repeat(chars),
});
const make = (seq: number) =>
  envelope(seq, 'netns', { op: 'new', inum: 1, name: '', seeded: true });

test('keeps the newest within both limits and finds them by seq', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 30 }),
      fc.nat(80),
      (sizes, count, chars, from) => {
        const backlog = createBacklog({ count, chars });
        sizes.forEach((size, i) => {
          backlog.push(entry(i + 1, size));
        });
        assert.equal(backlog.next, sizes.length + 1);
        const kept = sizes.slice(backlog.oldest - 1);
        const sum = kept.reduce((a, b) => a + b, 0);
        assert.ok(kept.length <= count && (sum <= chars || kept.length === 1));
        assert.ok(sizes.length === 0 || kept.length >= 1);
        const got = backlog.slice(from, 3).map((e) => e.envelope.seq);
        const first = Math.max(from, backlog.oldest);
        const want = [first, first + 1, first + 2].filter((seq) => seq < backlog.next);
        assert.deepEqual(got, want);
      },
    ),
  );
});

test('a gap in seq is a programming error', () => {
  const backlog = createBacklog();
  backlog.push(entry(1));
  assert.throws(() => backlog.push(entry(3)), RangeError);
  assert.throws(() => backlog.push(entry(1)), RangeError);
});
