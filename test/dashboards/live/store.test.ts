import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  applyFrame,
  createStore,
  DECISIONS_MAX,
  nowNs,
  type Store,
} from '../../../dashboards/live/store.ts';
import { streamUrl } from '../../../dashboards/live/stream.ts';
import type { KernelEvent } from '../../../src/decode/event.ts';
import {
  createPipeline,
  helloOf,
  type Pipeline,
  snapshotsOf,
  step,
} from '../../../src/pipeline.ts';
import { keyOf, type StateObject } from '../../../src/publish/snapshot-data.ts';
import { encode, seeded, tick } from '../../pipeline-run.ts';
import { DECISION, envelope } from '../../publish/fixture.ts';
import { address, at, link, neighbour, ra, route, rule, SLAAC } from '../../state/fixture.ts';

/** The tables a reader has, as the pipeline would give them anew. */
function expected(pipeline: Pipeline): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    snapshotsOf(pipeline).flatMap(({ data, netns }) =>
      (Object.keys(data.tables) as StateObject[]).map((object) => [
        `${netns?.cookie} ${object}`,
        Object.fromEntries(data.tables[object].map((v) => [keyOf(object, v as never), v])),
      ]),
    ),
  );
}

function followed(store: Store): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    [...store.history.now.values()].flatMap(({ cookie, tables }) =>
      (Object.keys(tables) as StateObject[]).map((object) => [
        `${cookie} ${object}`,
        Object.fromEntries<unknown>(tables[object]),
      ]),
    ),
  );
}

const sec = fc.integer({ min: 3, max: 9000 });
const small = fc.integer({ min: 1, max: 4 });
const op = fc.constantFrom('new', 'change', 'del', 'fail') as fc.Arbitrary<
  'new' | 'change' | 'del' | 'fail'
>;
const someEvents: fc.Arbitrary<KernelEvent[]> = fc.oneof(
  fc.tuple(sec, op, small).map(([s, o, i]) => [link(at(s, o), i)]),
  fc.tuple(sec, op, small).map(([s, o, i]) => [address(at(s, o), `2001:db8:a::${i}`, SLAAC)]),
  fc.tuple(sec, op, small).map(([s, o, i]) => [route(at(s, o), i, `2001:db8:${i}::/48`)]),
  fc.tuple(sec, op, small).map(([s, o, i]) => [rule(at(s, o), i)]),
  fc.tuple(sec, op, small).map(([s, o, i]) => [neighbour(at(s, o), `fe80::${i}`, 2)]),
  fc.tuple(sec, small).map(([s, i]) => ra(s, { router: `fe80::${i}` })),
  sec.map((s) => [tick(s)]),
  sec.map((s): KernelEvent[] => [{ ...at(s, 'del'), kind: 'netns', inum: 1 }]),
);

test('following snapshot and changes gives the state the agent has', () => {
  fc.assert(
    fc.property(fc.array(someEvents, { maxLength: 40 }), fc.nat(60), (groups, joinAt) => {
      const pipeline = createPipeline();
      const early = createStore();
      const late = createStore();
      [...seeded(), ...groups.flat()].forEach((event, i) => {
        const [record] = encode([event]);
        const frame = step(pipeline, record as Uint8Array);
        applyFrame(early, frame, 0);
        if (i === joinAt) {
          applyFrame(late, [helloOf(pipeline, false), ...snapshotsOf(pipeline)], 0);
        } else if (i > joinAt) applyFrame(late, frame, 0);
      });
      assert.deepEqual(followed(early), expected(pipeline));
      if (late.hello) assert.deepEqual(followed(late), expected(pipeline));
    }),
    { numRuns: 150 },
  );
});

test('decisions are bounded, the newest stay', () => {
  const store = createStore();
  const count = 3 * DECISIONS_MAX;
  const frame = Array.from({ length: count }, (_, i) => envelope(i + 1, 'decision', DECISION));
  applyFrame(store, frame, 0);
  assert.ok(store.decisions.length <= DECISIONS_MAX);
  assert.ok(store.decisions.length > DECISIONS_MAX / 2);
  assert.equal(store.decisions.at(-1)?.seq, count);
  assert.equal(store.decisionsSeen, count);
});

test('another run empties the page, a resumed one does not', () => {
  const pipeline = createPipeline();
  const store = createStore();
  for (const record of encode(seeded())) applyFrame(store, step(pipeline, record), 0);
  applyFrame(store, [helloOf(pipeline, true)], 0);
  assert.equal(store.history.now.size, 1);
  assert.equal(store.ras.length, 2);
  const other = { ...helloOf(pipeline, false).data, run: 'other' };
  applyFrame(store, [envelope(0, 'hello', other, null)], 0);
  assert.equal(store.history.now.size, 0);
  assert.equal(store.ras.length, 0);
});

test('names like __proto__ are names', () => {
  const store = createStore();
  const pipeline = createPipeline();
  const events = [...seeded(), link(at(3), 5, '__proto__')];
  for (const record of encode(events)) applyFrame(store, step(pipeline, record), 0);
  const [view] = [...store.history.now.values()];
  assert.equal(view?.tables.link.get('5')?.name, '__proto__');
});

test('the clock goes on between frames and never runs back', () => {
  const store = createStore();
  assert.equal(nowNs(store, 5), '0');
  applyFrame(store, [envelope(5, 'decision', DECISION)], 100);
  assert.equal(nowNs(store, 101.5), `${5000 + 1_500_000}`);
  applyFrame(store, [envelope(4, 'decision', DECISION)], 102);
  assert.equal(nowNs(store, 102), `${5000 + 2_000_000}`);
});

test('the stream is asked for at the page’s own server, with the position', () => {
  const page = new URL('http://[::1]:8650/?x=1#y');
  assert.equal(streamUrl(page, undefined).href, 'ws://[::1]:8650/stream?recent=500');
  const resumed = streamUrl(new URL('https://h/'), { seq: 12, run: 'b.1' });
  assert.equal(resumed.href, 'wss://h/stream?since=12&run=b.1');
});
