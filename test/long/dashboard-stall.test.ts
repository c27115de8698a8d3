/** The page through a network that stalls and a machine that sleeps: right again without a reload. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { PACKAGE_ROOT } from '../../agent/paths.ts';
import { createHub } from '../../agent/serve/hub.ts';
import { sourceOf } from '../../agent/serve/source.ts';
import { createPipeline, type Pipeline, step } from '../../src/pipeline.ts';
import { serve } from '../agent/serve/fixture.ts';
import { manyPvds, someDecision } from '../dashboards/live/scene.ts';
import { encode, seeded } from '../pipeline-run.ts';
import { CHROMIUM, launch, visit } from './browser.ts';

const skip = CHROMIUM === undefined && 'no Chromium here: apt install chromium-headless-shell';
const assetsDir = join(PACKAGE_ROOT, 'dist/dashboards/live');

let browser: Browser;
before(async () => {
  if (!skip) browser = await launch();
});
after(() => browser?.close());

interface Proxy {
  readonly url: string;
  /** Nothing passes any more, and nobody is told. */
  stall(on: boolean): void;
  close(): void;
}

/** A network between page and agent. */
async function startProxy(target: string): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let stalled = false;
  const apply = ([a, b]: readonly [Socket, Socket]): void => {
    for (const socket of [a, b]) {
      if (stalled) socket.pause();
      else socket.resume();
    }
  };
  const port = Number(new URL(target).port);
  const server = createServer((inner) => {
    const outer = connect(port, '127.0.0.1');
    const pair = [inner, outer] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [outer, inner]] as const) {
      from.on('data', (chunk) => to.write(chunk));
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
      from.on('error', () => from.destroy());
    }
    apply(pair);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stall(on): void {
      stalled = on;
      for (const pair of pairs) apply(pair);
    },
    close(): void {
      server.close();
      for (const socket of [...pairs].flat()) socket.destroy();
    },
  };
}

interface Agent {
  readonly url: string;
  /** Another PvD every time, then decisions, more than the backlog holds if need be. */
  happen(pvds: number, decisions: number): void;
  close(): Promise<void>;
}

async function startAgent(): Promise<Agent> {
  const pipeline: Pipeline = createPipeline();
  const hub = createHub(sourceOf(pipeline), { backlog: { count: 1000, chars: 1 << 24 } });
  for (const record of encode(seeded())) hub.publish(step(pipeline, record));
  const server = await serve({ hub, publish: () => {} }, { assetsDir });
  const ticks = setInterval(() => {
    pipeline.seq++;
    hub.publish([{ ...sourceOf(pipeline).stats(), seq: pipeline.seq }]);
  }, 1000);
  return {
    url: server.url,
    happen(pvds, decisions): void {
      for (const record of encode(manyPvds(pvds))) hub.publish(step(pipeline, record));
      for (let i = 0; i < decisions; i++) hub.publish([someDecision(++pipeline.seq)]);
    },
    close(): Promise<void> {
      clearInterval(ticks);
      hub.close();
      return server.close();
    },
  };
}

for (const [what, decisions] of [
  ['shorter than the backlog', 10],
  ['longer than the backlog', 3000],
] as const) {
  test(`a network stall, ${what}: the page says so, and then has the state of now`, {
    skip,
  }, async (t) => {
    const agent = await startAgent();
    t.after(() => agent.close());
    const proxy = await startProxy(agent.url);
    t.after(() => proxy.close());
    const { page, close } = await visit(browser, `${proxy.url}#/pvds`);
    page.setDefaultTimeout(60_000);
    await page.waitForSelector('.health >> text=/^. live$/');
    await page.evaluate('window.same = 1');
    proxy.stall(true);
    agent.happen(3, decisions);
    await page.waitForSelector('.health >> text=/connecting|offline/');
    assert.equal(await page.locator('text=pvd-2.example.org').count(), 0);
    proxy.stall(false);
    await page.waitForSelector('.health >> text=/^. live$/');
    await page.waitForSelector('text=pvd-2.example.org');
    assert.equal(await page.evaluate('window.same'), 1, 'not reloaded');
    await close();
  });
}

test('asleep while the agent goes on: the page has the state of now when it wakes', {
  skip,
}, async (t) => {
  const agent = await startAgent();
  t.after(() => agent.close());
  const { page, close } = await visit(browser, `${agent.url}#/pvds`);
  page.setDefaultTimeout(60_000);
  await page.waitForSelector('.health >> text=/^. live$/');
  await page.evaluate('window.same = 1');
  const debug = await page.context().newCDPSession(page);
  await debug.send('Page.setWebLifecycleState', { state: 'frozen' });
  agent.happen(3, 3000);
  await sleep(3000);
  await debug.send('Page.setWebLifecycleState', { state: 'active' });
  await page.waitForSelector('text=pvd-2.example.org');
  await page.waitForSelector('.health >> text=/^. live$/');
  assert.equal(await page.evaluate('window.same'), 1, 'not reloaded');
  await close();
});
