import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { createLineSink } from '../../../agent/sink/format.ts';
import { parseFilter } from '../../../src/publish/filter.ts';
import { DECISION, envelope } from '../../publish/fixture.ts';

/** A stream whose reader takes nothing until it is told to. */
function stalled(): { out: Writable; lines: () => string[]; resume: () => void } {
  let text = '';
  let release: (() => void) | undefined;
  let open = false;
  const out = new Writable({
    highWaterMark: 100,
    write(chunk, _, done): void {
      text += chunk;
      if (open) done();
      else release = done;
    },
  });
  const resume = (): void => {
    open = true;
    release?.();
  };
  return { out, lines: () => text.trimEnd().split('\n'), resume };
}

const decisions = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => envelope(from + i, 'decision', DECISION));

test('a live sink drops what a stalled reader cannot take, and says so', async () => {
  const { out, lines, resume } = stalled();
  const sink = createLineSink('ndjson', out, { waitingBytesMax: 3000 });
  for (const one of decisions(1, 50)) sink.write([one]);
  assert.ok(sink.dropped > 40 && sink.dropped < 50);
  const { dropped } = sink;
  resume();
  await sink.drained();
  sink.write(decisions(51, 1));
  const printed = lines().map((line) => JSON.parse(line));
  const last = printed.slice(-2);
  assert.deepEqual(
    last.map((e) => e.kind),
    ['dropped', 'decision'],
  );
  assert.deepEqual(last[0].data, { count: dropped, from: 51 - dropped, to: 50 });
  assert.equal(printed.length, 50 - dropped + 2);
});

test('a replay waits for its reader', async () => {
  const { out, lines, resume } = stalled();
  const sink = createLineSink('ndjson', out);
  sink.write(decisions(1, 50));
  assert.ok(sink.full);
  const waiting = sink.drained();
  resume();
  await waiting;
  assert.ok(!sink.full);
  assert.equal(lines().length, 50);
});

test('a reader that went away ends the waiting', async () => {
  const { out } = stalled();
  const sink = createLineSink('ndjson', out);
  sink.write(decisions(1, 50));
  const waiting = sink.drained();
  out.destroy();
  await waiting;
  sink.write(decisions(51, 50));
});

test('filters, and kinds without a line', () => {
  const { out, lines, resume } = stalled();
  resume();
  const parsed = parseFilter([['comm', 'other']]);
  assert.ok(parsed.ok);
  const sink = createLineSink('ndjson', out, { filter: parsed.filter });
  sink.write(decisions(1, 3));
  assert.deepEqual(lines(), ['']);
});
