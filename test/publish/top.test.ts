/** The overview in a terminal: what it counts, and that no name breaks its lines. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTop, takeFrame } from '../../src/publish/top-state.ts';
import { formatTop } from '../../src/publish/top-text.ts';
import { createScene } from '../dashboards/live/scene.ts';

const { envelopes, source } = createScene(0);

function topOf(frames: Parameters<typeof takeFrame>[1]) {
  const top = createTop();
  takeFrame(top, frames);
  return top;
}

const size = { columns: 120, rows: 400 };

test('from changes and from snapshots the same', () => {
  const followed = topOf(envelopes);
  const told = topOf([source.hello(false), source.stats(), ...source.snapshots()]);
  const lines = (top: typeof told) =>
    formatTop(top, 'live', '64000000000', size).filter(
      (line) => /host/.test(line) && !/ (ra|decision): /.test(line),
    );
  assert.deepEqual(lines(followed).toSorted(), lines(told).toSorted());
  const text = formatTop(followed, 'live', '64000000000', size).join('\n');
  assert.match(text, /^live: pvdscope .* kernel 6\.1\.0$/m);
  assert.match(text, /^1 of 2 hooks attached, \d+ records, 0 lost/m);
  assert.match(text, /decisions \(\d+\/s\): 2 agree, 1 diverge, 0 undecided, 0 findings/);
  assert.match(text, /^host {2,}54 +6 +62 +63 +known$/m);
  assert.match(
    text,
    /^pvd-7\.example\.org +host +explicit 7 +1 +\d+ [dhms].* 2001:db8:7:5::\/64$/m,
  );
  assert.match(text, /DIVERGENCES, RAS, LOSSES \(newest first\)\n.* ra: /s);
});

test('hostile names stay on their line and move nothing', () => {
  for (const columns of [1, 20, 80]) {
    for (const rows of [1, 5, 24, 300]) {
      const lines = formatTop(topOf(envelopes), '\u001b[2J\n', '0', { columns, rows });
      assert.ok(lines.length <= rows);
      for (const line of lines) {
        assert.ok(line.length <= columns, line);
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
      }
    }
  }
});

test('decisions a second are those between two totals', () => {
  const top = topOf([source.hello(false)]);
  const stats = source.stats();
  const at = (tsNs: string, decisions: number) =>
    takeFrame(top, [{ ...stats, tsNs, data: { ...stats.data, decisions } }]);
  at('1000000000', 5);
  assert.equal(top.perSec, 0);
  at('3000000000', 105);
  assert.equal(top.perSec, 50);
  takeFrame(top, [{ ...source.hello(false), data: { ...source.hello(false).data, run: 'next' } }]);
  assert.equal(top.stats, undefined);
});
