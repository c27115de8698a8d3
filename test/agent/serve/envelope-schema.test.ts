/** The stream's schemas: all that is written is of them, and nothing of it is left unsaid. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { asyncApiDocument } from '../../../agent/serve/asyncapi.ts';
import { envelopeSchema, frameSchema } from '../../../agent/serve/envelope-schema.ts';
import { createPipeline, finish, step } from '../../../src/pipeline.ts';
import { ENVELOPE_KINDS, type Envelope } from '../../../src/publish/envelope.ts';
import { createScene } from '../../dashboards/live/scene.ts';
import { encode, flow, lookup, lostCounters, seeded, tick } from '../../pipeline-run.ts';
import { at, label, link, neighbour, rule } from '../../state/fixture.ts';

function envelopes(): Envelope[] {
  const { envelopes, source } = createScene(20);
  const pipeline = createPipeline();
  const events = [
    ...seeded(),
    rule(at(3), 100),
    label(at(3), '2001:db8::/32', 3),
    neighbour(at(3), 'fe80::1', 2),
    link(at(3, 'del')),
    lostCounters(4, { route: 3 }),
    { ...lookup(4.5), lost: 2 },
    flow(5, { decision: 44n, error: -101 }),
    tick(9),
    { ...at(10, 'del'), kind: 'netns', inum: 1 } as const,
  ];
  const more = encode(events).flatMap((record) => step(pipeline, record));
  return [...envelopes, ...more, ...finish(pipeline), source.dropped(1, 2), ...source.snapshots()];
}

const ALL: readonly Envelope[] = envelopes().map((e) => JSON.parse(JSON.stringify(e)));

test('there is one of each kind to check with', () => {
  assert.deepEqual(new Set(ALL.map(({ kind }) => kind)), new Set(ENVELOPE_KINDS));
});

test('every envelope is of the schema, and has no field that is not in it', () => {
  const strict = envelopeSchema(true);
  for (const envelope of ALL) {
    const { error } = strict.safeParse(envelope);
    assert.equal(error && JSON.stringify(error.issues).slice(0, 2000), undefined);
  }
});

test('the schema as printed takes them, with fields of later versions, and refuses others', () => {
  const frame = z.fromJSONSchema(JSON.parse(JSON.stringify(z.toJSONSchema(frameSchema()))));
  assert.ok(frame.safeParse(ALL).success);
  const [first] = ALL;
  assert.ok(frame.safeParse([{ ...first, later: 1 }]).success);
  for (const wrong of [[], {}, [{ ...first, seq: '1' }], [{ ...first, kind: 'none' }]]) {
    assert.ok(!frame.safeParse(wrong).success);
  }
  for (const envelope of ALL) {
    for (const field of Object.keys(envelope.data)) {
      const { [field]: _, ...data } = envelope.data as never as Record<string, unknown>;
      assert.ok(!frame.safeParse([{ ...envelope, data }]).success, `${envelope.kind}.${field}`);
    }
  }
});

test('asyncapi: references resolve, and it says what the specification asks for', () => {
  const document = JSON.parse(JSON.stringify(asyncApiDocument()));
  assert.match(document.asyncapi, /^3\.0\.\d+$/);
  assert.ok(document.info.title && document.info.version);
  const at = (ref: string): unknown =>
    ref
      .slice(2)
      .split('/')
      .reduce((value, key) => value?.[key], document);
  let refs = 0;
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { $ref } = value as { readonly $ref?: string };
    if ($ref !== undefined) {
      refs++;
      assert.ok($ref.startsWith('#/') && at($ref), $ref);
    }
    Object.values(value).forEach(walk);
  };
  walk(document);
  assert.ok(refs >= 4);
  const { sendFrame } = document.operations;
  assert.equal(sendFrame.action, 'send');
  for (const { $ref } of sendFrame.messages) assert.ok($ref.startsWith(sendFrame.channel.$ref));
  for (const { host, protocol } of Object.values<{ host: string; protocol: string }>(
    document.servers,
  )) {
    assert.ok(host && protocol);
  }
  const payload = document.components.schemas.envelope;
  assert.ok(z.fromJSONSchema(payload).safeParse(ALL[0]).success);
});
