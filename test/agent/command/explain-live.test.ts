/** `GET /api/explain` and `pvdscope explain --live`: the same as of a trace, and what is refused. */

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { liveExplanation } from '../../../agent/command/explain-live.ts';
import { createExplainService } from '../../../agent/serve/explain.ts';
import { createHub } from '../../../agent/serve/hub.ts';
import type { RunningServer, ServerOptions } from '../../../agent/serve/server.ts';
import { sourceOf } from '../../../agent/serve/source.ts';
import { createPipeline, step } from '../../../src/pipeline.ts';
import type { LiveExplanation } from '../../../src/publish/report-data.ts';
import { decision, encode, seeded } from '../../pipeline-run.ts';
import { serve } from '../serve/fixture.ts';
import { runVerb, type VerbResult } from './verb.ts';

async function agent(options: Partial<ServerOptions> = {}): Promise<[RunningServer, number]> {
  const pipeline = createPipeline({ recentMax: 10 });
  const hub = createHub(sourceOf(pipeline));
  let seq = 0;
  for (const record of encode([...seeded(), ...decision(3, 1n)])) {
    const out = step(pipeline, record);
    hub.publish(out);
    seq = out.find(({ kind }) => kind === 'decision')?.seq ?? seq;
  }
  const explain: ServerOptions['explain'] = (ref) => liveExplanation(pipeline, ref);
  return [await serve({ hub, publish: () => {} }, { explain, ...options }), seq];
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask({ url }: RunningServer, query: string, headers = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const path = `/api/explain${query}`;
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

const explain = (...args: string[]): Promise<VerbResult> =>
  runVerb('explain', 'explainCommand', args);

test('a running agent tells ladder, losers, origins and the script', async (t) => {
  const [server, seq] = await agent();
  t.after(() => server.close());
  const { status, body } = await ask(server, `?seq=${seq}&run=boot.1000000000`);
  assert.equal(status, 200, body);
  const told = JSON.parse(body) as LiveExplanation;
  assert.equal(told.seq, seq);
  assert.match(told.script ?? '', /^#!\/bin\/sh\n/);
  assert.equal(JSON.parse((await ask(server, '?id=1')).body).seq, seq);

  const text = await explain('--live', server.url, `${seq}`);
  assert.equal(text.code, 0, text.stderr);
  assert.equal(text.stdout, `${told.lines.join('\n')}\n`);
  assert.match(text.stdout, /rule 2: appropriate scope/);
  assert.match(text.stdout, /^route ::\/0 .* RA \d+ of fe80::1 on/m);
  const script = await explain('id:1', '--reproducer', '--live', server.url);
  assert.equal(script.stdout, told.script);
  const json = await explain('--live', server.url, 'id:1', '--format', 'json');
  assert.deepEqual(JSON.parse(json.stdout), told.explanation);
});

test('what cannot be asked is refused like everything else', async (t) => {
  const [server, seq] = await agent();
  t.after(() => server.close());
  for (const query of ['', '?seq=x', '?seq=-1', '?id=', `?seq=${seq}&id=1`]) {
    assert.equal((await ask(server, query)).status, 400, query);
  }
  assert.match((await ask(server, '?seq=99999')).body, /^\{"untold":"it is not among/);
  assert.match((await ask(server, `?seq=${seq}&run=other`)).body, /^\{"untold":"it is a dec/);
  const good = `?seq=${seq}`;
  assert.equal((await ask(server, good, { Origin: 'http://evil.example' })).status, 403);
  assert.equal((await ask(server, good, { Host: 'evil.example' })).status, 421);
  assert.equal((await ask(server, good, {}, 'POST')).status, 405);
  const { code, stderr } = await explain('--live', server.url, '99999');
  assert.equal(code, 2);
  assert.match(stderr, /^PVD_ERR_NO_DECISION only the newest decisions/);
  for (const args of [['--live'], ['--live', server.url, 'x'], ['--live', server.url, 'a', '1']]) {
    assert.match((await explain(...args)).stderr, /^PVD_ERR_USAGE/, args.join(' '));
  }
});

test('a token that is asked for is needed here, too', async (t) => {
  const [server, seq] = await agent({ token: 'a-token-of-some-length' });
  t.after(() => server.close());
  assert.equal((await ask(server, `?seq=${seq}`)).status, 401);
  const bearer = { Authorization: 'Bearer a-token-of-some-length' };
  assert.equal((await ask(server, `?seq=${seq}`, bearer)).status, 200);
});

test('not too many are made, whoever asks', () => {
  let made = 0;
  const told = { seq: 1, lines: [], script: null, explanation: {} };
  const make = () => {
    made++;
    return told;
  };
  const service = createExplainService(make, { perSec: 1, burst: 2, addresses: 1 });
  const query = new URLSearchParams('seq=1');
  const ask = (nowMs: number): number => {
    const answer = service(query, 'run', nowMs);
    return 'status' in answer ? answer.status : 200;
  };
  assert.deepEqual([0, 1, 2, 1100].map(ask), [200, 200, 429, 200]);
  assert.equal(made, 3);
});
