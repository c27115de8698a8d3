import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubReader } from '../../../agent/serve/hub.ts';
import type { Envelope } from '../../../src/publish/envelope.ts';
import { envelope, RA } from '../../publish/fixture.ts';
import { createFeed } from './fixture.ts';

interface Sink extends HubReader {
  readonly frames: Envelope[][];
  buffered: number;
}

function sink(): Sink {
  const frames: Envelope[][] = [];
  return {
    frames,
    buffered: 0,
    send: (frame) => void frames.push(JSON.parse(frame)),
    bufferedBytes(): number {
      return this.buffered;
    },
  };
}

const kinds = (s: Sink): string[] => s.frames.flat().map((e) => e.kind);
const seqs = (s: Sink): number[] =>
  s.frames.flat().flatMap((e) => (e.kind === 'decision' ? [e.seq] : []));
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('a reader gets hello, snapshots, then batches of at most 100', async () => {
  const { hub, publish } = createFeed();
  publish(5);
  const reader = sink();
  hub.join(reader, {});
  publish(250);
  await sleep(60);
  assert.deepEqual(kinds(reader).slice(0, 4), ['hello', 'stats', 'snapshot', 'decision']);
  assert.deepEqual(seqs(reader), range(6, 255));
  assert.ok(reader.frames.every((frame) => frame.length <= 100));
  assert.ok(reader.frames.length <= 6);
  hub.close();
});

test('an envelope waits no longer than the batch time', async () => {
  const { hub, publish } = createFeed({ batchMs: 20 });
  const reader = sink();
  hub.join(reader, {});
  publish(1);
  assert.deepEqual(seqs(reader), []);
  await sleep(60);
  assert.deepEqual(seqs(reader), [1]);
  hub.close();
});

test('resume: goes on after the last seq, within one run and what the backlog has', async () => {
  const { hub, publish } = createFeed({ backlog: { count: 50, chars: 1e9 } });
  publish(100);
  const resumed = sink();
  hub.join(resumed, { since: 80, run: 'boot.1' });
  const tooOld = sink();
  hub.join(tooOld, { since: 10, run: 'boot.1' });
  const otherRun = sink();
  hub.join(otherRun, { since: 80, run: 'boot.0' });
  const future = sink();
  hub.join(future, { since: 101, run: 'boot.1' });
  await sleep(60);
  assert.deepEqual(seqs(resumed), range(81, 100));
  assert.ok(resumed.frames[0]?.[0]?.kind === 'hello' && resumed.frames[0][0].data.resumed);
  assert.deepEqual(kinds(tooOld), ['hello', 'stats', 'dropped', 'snapshot']);
  const dropped = tooOld.frames[1]?.[0];
  assert.ok(dropped?.kind === 'dropped');
  assert.deepEqual(dropped.data, { count: 90, from: 11, to: 100 });
  assert.deepEqual(kinds(otherRun), ['hello', 'stats', 'snapshot']);
  assert.deepEqual(kinds(future), ['hello', 'stats', 'snapshot']);
  hub.close();
});

test('a reader may begin with the newest RAs and decisions', async () => {
  const { hub, publish } = createFeed({}, 'boot.1', 1);
  hub.publish([envelope(1, 'ra', RA)]);
  publish(250);
  const reader = sink();
  hub.join(reader, { recent: 120 });
  publish(1);
  await sleep(60);
  assert.deepEqual(kinds(reader).slice(0, 4), ['hello', 'stats', 'ra', 'decision']);
  assert.deepEqual(seqs(reader), range(132, 252));
  assert.equal(kinds(reader).at(-2), 'snapshot');
  hub.close();
});

test('a slow reader: told what it missed, given a snapshot; others get everything', async () => {
  const { hub, publish } = createFeed({
    backlog: { count: 200, chars: 1e9 },
    batchMs: 5,
    slowBytes: 1000,
  });
  const slow = sink();
  const quick = sink();
  hub.join(slow, {});
  hub.join(quick, {});
  publish(100);
  await sleep(20);
  slow.buffered = 1001;
  publish(1000);
  await sleep(20);
  assert.deepEqual(seqs(slow), range(1, 100));
  slow.buffered = 500; // not yet below a quarter
  await sleep(20);
  assert.equal(seqs(slow).length, 100);
  slow.buffered = 0;
  await sleep(30);
  publish(3);
  await sleep(20);
  assert.deepEqual(seqs(quick), range(1, 1103));
  assert.deepEqual(seqs(slow), [...range(1, 100), ...range(1101, 1103)]);
  assert.deepEqual(
    kinds(slow).filter((k) => k !== 'decision'),
    ['hello', 'stats', 'snapshot', 'dropped', 'snapshot'],
  );
  const dropped = slow.frames.flat().find((e) => e.kind === 'dropped');
  assert.deepEqual(dropped?.data, { count: 1000, from: 101, to: 1100 });
  assert.equal(hub.counts.dropped, 1000);
  hub.close();
});

test('a reader that drains in time goes on without a gap', async () => {
  const { hub, publish } = createFeed({ batchMs: 5, slowBytes: 1000 });
  const reader = sink();
  hub.join(reader, {});
  reader.buffered = 5000;
  publish(500);
  await sleep(20);
  assert.deepEqual(seqs(reader), []);
  reader.buffered = 0;
  await sleep(20);
  assert.deepEqual(seqs(reader), range(1, 500));
  hub.close();
});

test('filters are applied for each reader', async () => {
  const { hub, publish } = createFeed({ batchMs: 5 });
  const { parseFilter } = await import('../../../src/publish/filter.ts');
  const parsed = parseFilter([['pid', '2']]);
  assert.ok(parsed.ok);
  const one = sink();
  const all = sink();
  hub.join(one, { filter: parsed.filter });
  hub.join(all, {});
  publish(10, 1);
  publish(10, 2);
  await sleep(20);
  assert.deepEqual(seqs(one), range(11, 20));
  assert.deepEqual(seqs(all), range(1, 20));
  hub.close();
});

test('a reader that left gets nothing more', async () => {
  const { hub, publish } = createFeed({ batchMs: 5 });
  const reader = sink();
  const leave = hub.join(reader, {});
  leave();
  publish(1);
  await sleep(20);
  assert.deepEqual(seqs(reader), []);
  assert.equal(hub.counts.readers, 0);
  hub.close();
});
