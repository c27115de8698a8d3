import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createHub } from '../../../agent/serve/hub.ts';
import { startServer } from '../../../agent/serve/server.ts';
import { sourceOf } from '../../../agent/serve/source.ts';
import { createPipeline, statsOf, step } from '../../../src/pipeline.ts';
import { encode, seeded } from '../../pipeline-run.ts';
import { runVerb } from './verb.ts';

test('state --live shows what a running agent knows', async (t) => {
  const pipeline = createPipeline();
  const hub = createHub(sourceOf(pipeline));
  for (const record of encode(seeded())) hub.publish(step(pipeline, record));
  const stats = () => statsOf(pipeline);
  const hookHits = () => ({});
  const server = await startServer({
    host: '::1',
    port: 0,
    hub,
    stats,
    hookHits,
    assetsDir: '/none',
  });
  t.after(() => server.close());
  const { stdout, stderr } = await runVerb('state', 'stateCommand', ['--live', server.url]);
  assert.match(stdout, /^PvD PvD\.Example \(explicit/m, stderr);
  const args = ['--live', server.url, '--filter', 'netns=other'];
  assert.equal(
    (await runVerb('state', 'stateCommand', args)).stdout,
    'no network namespace is known\n',
  );
});

test('state --live: another server is told from an agent', async (t) => {
  const server = createServer((_, response) => response.end('<html>'));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, stderr } = await runVerb('state', 'stateCommand', ['--live', url]);
  assert.equal(code, 3);
  assert.match(stderr, /^PVD_ERR_AGENT_ANSWER /);
});
