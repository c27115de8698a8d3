/** Decisions explained while the run goes on: from the states the judge can go back to, or not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelEvent } from '../src/decode/event.ts';
import { type ExplainedPart, explainRecent, type NotExplained } from '../src/explain-decision.ts';
import { createPipeline, type Pipeline, step } from '../src/pipeline.ts';
import { findRecent } from '../src/recent.ts';
import { decision, encode, seeded, tick } from './pipeline-run.ts';
import { address, at, dumpMark, link, route, SLAAC, STATIC } from './state/fixture.ts';

function run(events: readonly KernelEvent[], recentMax = 100): Pipeline {
  const pipeline = createPipeline({ recentMax });
  for (const record of encode(events)) step(pipeline, record);
  return pipeline;
}

function explain(
  pipeline: Pipeline,
  id: string,
): readonly ExplainedPart[] | NotExplained | undefined {
  const recent = findRecent(pipeline.recent, { by: 'id', id });
  return recent && explainRecent(pipeline, recent);
}

/** Whether each part is found, and on how many addresses. */
function foundOn(parts: ReturnType<typeof explain>): unknown {
  assert.ok(Array.isArray(parts), `${parts}`);
  return (parts as readonly ExplainedPart[]).map(({ explained }) => [
    explained?.found,
    explained?.state.addresses.size,
  ]);
}

const FOUND = [
  [true, 2],
  [true, 2],
  [true, 2],
];
const dump = (sec: number): KernelEvent[] => [
  dumpMark(sec, 'begin'),
  link(at(sec + 0.01, 'dump')),
  address(at(sec + 0.02, 'dump'), '2001:db8:c::1', SLAAC),
  dumpMark(sec + 0.1, 'end'),
];
const gone = { ...address(at(3.5, 'del'), '2001:db8:a::5'), hook: 'ipv6_del_addr' } as const;

test('it is explained on the state of then, and the judge goes on with that of now', () => {
  const pipeline = run([...seeded(), ...decision(3, 1n), gone]);
  assert.deepEqual(foundOn(explain(pipeline, '1')), FOUND);
  // What was asked leaves no trace: the next decision is judged as it would have been.
  const others = [...decision(4, 2n), tick(20)];
  const plain = run([...seeded(), ...decision(3, 1n), gone, ...others]);
  for (const record of encode(others)) step(pipeline, record);
  assert.deepEqual(pipeline.stats, plain.stats);
  assert.equal(plain.stats.verdicts.diverge, 1);
});

test('a dump replaces the replica: what came before is the past, before that it is forgotten', () => {
  const events = [...seeded(), ...decision(3, 1n)];
  assert.deepEqual(foundOn(explain(run([...events, ...dump(5)]), '1')), FOUND);
  const later = [...dump(5), ...decision(6, 2n), ...dump(7)];
  assert.equal(explain(run([...events, ...later]), '1'), 'forgotten');
});

test('when too much has changed since, it is forgotten', () => {
  const events = [...seeded(), ...decision(3, 1n)];
  const busy = Array.from({ length: 200 }, (_, i) =>
    route(at(4 + i), 1000 + i, `2001:db8:${i.toString(16)}::/48`, STATIC),
  );
  assert.equal(explain(run([...events, ...busy]), '1'), 'forgotten');
  assert.deepEqual(foundOn(explain(run([...events, ...busy.slice(0, 40)]), '1')), FOUND);
});

test('a namespace that has gone, or holds too much, is not explained', () => {
  const events = [...seeded(), ...decision(3, 1n)];
  const left = { ...at(4, 'del'), kind: 'netns', name: 'host', inum: 1 } as never as KernelEvent;
  assert.equal(explain(run([...events, left]), '1'), 'forgotten');
  const full = Array.from({ length: 20_000 }, (_, i) =>
    route(at(3.5), 1000 + i, `2001:db8:${i.toString(16)}::/48`, STATIC),
  );
  assert.equal(explain(run([...events, ...full]), '1'), 'too-large');
});

test('only so many are kept, and none unless it is asked for', () => {
  const events = [...seeded(), ...[1n, 2n, 3n].flatMap((id) => decision(2 + Number(id), id))];
  assert.deepEqual(
    ['1', '2', '3'].map((id) => explain(run(events, 2), id) === undefined),
    [true, false, false],
  );
  assert.equal(run(events, 0).recent.bySeq.size, 0);
});
