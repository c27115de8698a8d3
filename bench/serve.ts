/** The stream at 10,000 decisions a second: what readers cost the agent, and how the page fares. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { PACKAGE_ROOT } from '../agent/paths.ts';
import { createHub, type EnvelopeHub } from '../agent/serve/hub.ts';
import { type RunningServer, startServer } from '../agent/serve/server.ts';
import { createPipeline, statsOf } from '../src/pipeline.ts';
import { createScene, someDecision } from '../test/dashboards/live/scene.ts';
import { CHROMIUM } from '../test/long/browser.ts';
import type { Figure } from './figure.ts';

const RATE = 10_000;
const TICK_MS = 10;
const READERS = [0, 1, 10, 100];
const RUN_SEC = 10;
/** 600 shows whether memory is flat over ten minutes. */
const PAGE_SEC = Number(process.env['PVDSCOPE_BENCH_PAGE_SEC'] ?? 60);

export async function serveFigures(tell: (figure: Figure) => void): Promise<void> {
  for (const readers of READERS) await readersRun(readers, tell);
  if (CHROMIUM !== undefined) await pageRun(CHROMIUM, tell);
}

interface Source {
  readonly hub: EnvelopeHub;
  readonly server: RunningServer;
  /** Publishes for so long at {@link RATE}; how many that were. */
  publish(sec: number): Promise<number>;
}

async function startSource(): Promise<Source> {
  const scene = createScene(0);
  const hub = createHub(scene.source);
  hub.publish(scene.envelopes);
  let seq = scene.envelopes.at(-1)?.seq ?? 0;
  const stats = statsOf(createPipeline());
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    hub,
    stats: () => stats,
    hookHits: () => ({}),
    assetsDir: join(PACKAGE_ROOT, 'dist/dashboards/live'),
    limits: { clients: 128 },
  });
  const publish = async (sec: number): Promise<number> => {
    const started = performance.now();
    let made = 0;
    while (performance.now() - started < sec * 1000) {
      const due = Math.floor(((performance.now() - started) / 1000) * RATE);
      const offsetNs = 64_000_000_000n + BigInt(Math.round(performance.now() * 1e6));
      const batch = Array.from({ length: due - made }, () => ({
        ...someDecision(++seq),
        tsNs: `${offsetNs}`,
      }));
      made = due;
      hub.publish(batch);
      await sleep(TICK_MS);
    }
    return made;
  };
  return { hub, server, publish };
}

async function readersRun(count: number, tell: (figure: Figure) => void): Promise<void> {
  const { hub, server, publish } = await startSource();
  const program = fileURLToPath(new URL('serve-readers.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [program, `${server.url.replace('http', 'ws')}stream`, `${count}`],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  while (hub.counts.readers < count) await sleep(50);
  await publish(2);
  const before = process.cpuUsage();
  const made = await publish(RUN_SEC);
  const { user, system } = process.cpuUsage(before);
  const name = `serve ${count} readers`;
  tell({ name: `${name}: CPU`, value: (user + system) / 1e4 / RUN_SEC, unit: '%' });
  tell({ name: `${name}: RSS`, value: process.memoryUsage().rss / 2 ** 20, unit: 'MiB' });
  tell({ name: `${name}: published`, value: made / RUN_SEC, unit: '/s' });
  child.kill();
  await server.close();
  hub.close();
}

/** Collects the time between frames; the page's policy does not bind the debugger. */
const COLLECT = `(() => {
  window.frames_ = []; let last = performance.now();
  const next = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(next); };
  requestAnimationFrame(next);
})()`;

async function pageRun(executablePath: string, tell: (figure: Figure) => void): Promise<void> {
  const { server, hub, publish } = await startSource();
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--enable-precise-memory-info', '--js-flags=--expose-gc'],
  });
  const page = await browser.newPage();
  const heap = async (): Promise<number> =>
    Number(await page.evaluate('gc(), performance.memory.usedJSHeapSize')) / 2 ** 20;
  await page.goto(`${server.url}#/decisions`);
  await page.waitForSelector('.health');
  await publish(10);
  const before = await heap();
  await page.evaluate(COLLECT);
  await publish(PAGE_SEC);
  const frames = (await page.evaluate('frames_.sort((a, b) => a - b)')) as number[];
  const missed = await page.locator('.health').textContent();
  const at = (share: number): number => frames[Math.floor(frames.length * share)] ?? 0;
  tell({ name: 'page: frame, median', value: at(0.5), unit: 'ms' });
  tell({ name: 'page: frame, p95', value: at(0.95), unit: 'ms' });
  tell({ name: 'page: frame, worst', value: at(0.9999), unit: 'ms' });
  tell({ name: 'page: heap after 10 s', value: before, unit: 'MiB' });
  tell({ name: `page: heap after ${PAGE_SEC + 10} s`, value: await heap(), unit: 'MiB' });
  tell({
    name: 'page: missed',
    value: Number(/(\d+) updates/.exec(missed ?? '')?.[1] ?? 0),
    unit: '',
  });
  await browser.close();
  await server.close();
  hub.close();
}
