import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPipeline, snapshotsOf, step } from '../../src/pipeline.ts';
import { formatSnapshot } from '../../src/publish/state-text.ts';
import { encode, START } from '../pipeline-run.ts';
import { at, dumpMark, link, pvd, ra } from '../state/fixture.ts';

test('a PvD says what DHCP on its link belongs to it', () => {
  const pipeline = createPipeline();
  const options = [pvd('a.example', [], { legacy: true })];
  const events = [
    START,
    dumpMark(1, 'begin'),
    link(at(1.1, 'dump')),
    dumpMark(1.2, 'end'),
    ...ra(2, { options, header: { managed: true } }),
  ];
  for (const record of encode(events)) step(pipeline, record);
  const [snapshot] = snapshotsOf(pipeline);
  assert.ok(snapshot);
  const text = formatSnapshot(snapshot);
  assert.match(text, /^PvD a\.example .*flags .*L/m);
  assert.match(text, /router +fe80::1%eth2 .*DHCPv6 addresses \(M\)/);
  assert.match(text, /dhcp4 +what DHCPv4 says there belongs here \(flag L\)/);
});
