/** The page in a real browser: every view, by mouse and by key, through restarts, from a file. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { PACKAGE_ROOT } from '../../agent/paths.ts';
import { reportHtml } from '../../agent/report/html.ts';
import { selfSigned } from '../../agent/serve/certificate.ts';
import { createHub } from '../../agent/serve/hub.ts';
import type { RunningServer, ServerOptions } from '../../agent/serve/server.ts';
import { createFeed, serve } from '../agent/serve/fixture.ts';
import { createScene, LONG_NAME, REPORT } from '../dashboards/live/scene.ts';
import { CHROMIUM, launch, seriousViolations, visit } from './browser.ts';

const skip = CHROMIUM === undefined && 'no Chromium here: apt install chromium-headless-shell';
const assetsDir = join(PACKAGE_ROOT, 'dist/dashboards/live');
const SHOTS = join(PACKAGE_ROOT, 'dist/screenshots');
const scene = createScene();
const bad = scene.envelopes.find((e) => e.kind === 'decision' && e.data.blame !== null);
const VIEWS = {
  overview: '#/overview',
  topology: '#/topology',
  'topology-focus': '#/topology?node=pvd+pvd-5.example.org',
  pvds: '#/pvds',
  pvd: `#/pvds?ns=4099&id=${LONG_NAME}`,
  timeline: '#/timeline',
  decisions: '#/decisions?comm=app1',
  decision: `#/decisions?verdict=diverge&seq=${bad?.seq}`,
  ras: '#/ras',
} as const;

let browser: Browser;
before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  if (!skip) browser = await launch();
});
after(() => browser?.close());

async function serveScene(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const hub = createHub(scene.source);
  hub.publish(scene.envelopes);
  return await serve({ hub, publish: () => {} }, { assetsDir, ...options });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every view, ${colorScheme}: nothing runs, nothing fails, all can use it`, {
    skip,
  }, async (t) => {
    const server = await serveScene();
    t.after(() => server.close());
    const { page, troubles, close } = await visit(browser, server.url, { colorScheme });
    for (const [name, hash] of Object.entries(VIEWS)) {
      await page.goto(server.url + hash);
      await sleep(300);
      await page.screenshot({ path: join(SHOTS, `${name}-${colorScheme}.png`) });
      assert.deepEqual(await seriousViolations(page), [], name);
    }
    assert.equal(await page.evaluate('window.ran'), undefined);
    assert.deepEqual(troubles, []);
    await close();
  });
}

test('a small screen: no view is wider than it', { skip }, async (t) => {
  const server = await serveScene();
  t.after(() => server.close());
  const viewport = { width: 360, height: 640 };
  const { page, troubles, close } = await visit(browser, server.url, { viewport });
  for (const [name, hash] of Object.entries(VIEWS)) {
    await page.goto(server.url + hash);
    await sleep(300);
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    assert.ok(Number(wide) <= 360, `${name} is ${wide} px wide`);
  }
  await page.screenshot({ path: join(SHOTS, 'small.png') });
  assert.deepEqual(troubles, []);
  await close();
});

test('by key: to a view, into the search, down the list, into a decision and out', {
  skip,
}, async (t) => {
  const server = await serveScene();
  t.after(() => server.close());
  const { page, troubles, close } = await visit(browser, server.url);
  await page.keyboard.press('5');
  await page.waitForSelector('.list a.open');
  await page.keyboard.press('/');
  await page.waitForSelector('#search:focus');
  await page.keyboard.type('app3 diverge');
  await page.waitForURL(/app3\+diverge/);
  await page.focus('.list-body');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForSelector('article.detail h3');
  assert.match(page.url(), /q=app3\+diverge&seq=\d+&run=/);
  assert.match((await page.textContent('article.detail')) ?? '', /not among the 1 outcomes/);
  await page.keyboard.press('Escape');
  await page.waitForSelector('article.detail', { state: 'detached' });
  await page.keyboard.press('p');
  await page.waitForSelector('text=Paused: go on');
  assert.deepEqual(troubles, []);
  await close();
});

test('the agent is asked how a decision came about, and why it does not know', {
  skip,
}, async (t) => {
  const told = { lines: ['the ladder', '\u001b[2J'], script: '#!/bin/sh', explanation: {} };
  const server = await serveScene({
    explain: (ref) =>
      ref.by === 'seq' && ref.seq === bad?.seq
        ? { seq: bad.seq, ...told }
        : { untold: 'no longer known' },
  });
  t.after(() => server.close());
  const { page, troubles, close } = await visit(
    browser,
    `${server.url}#/decisions?seq=${bad?.seq}`,
  );
  await page.waitForSelector('pre.ladder >> text=the ladder');
  await page.click('text=That script');
  await page.waitForSelector('text=Copy the script');
  assert.match((await page.textContent('pre.ladder')) ?? '', /\\x1b\[2J/);
  const other = scene.envelopes.findLast((e) => e.kind === 'decision' && e.seq !== bad?.seq);
  await page.goto(`${server.url}#/decisions?seq=${other?.seq}`);
  await page.waitForSelector('article.detail >> text=no longer known');
  assert.deepEqual(troubles, []);
  await close();
});

test('going back on the timeline shows the state of then', { skip }, async (t) => {
  const server = await serveScene();
  t.after(() => server.close());
  const { page, troubles, close } = await visit(browser, `${server.url}#/timeline`);
  const slider = page.locator('input[type=range]');
  await slider.waitFor();
  await slider.focus();
  await page.keyboard.press('Home');
  await page.waitForSelector('text=Paused: go on');
  await page.keyboard.press('End');
  await page.keyboard.press('3');
  await page.waitForSelector('text=pvd-7.example.org');
  assert.deepEqual(troubles, []);
  await close();
});

test('what is shown is saved as NDJSON', { skip }, async (t) => {
  const server = await serveScene();
  t.after(() => server.close());
  const { page, close } = await visit(browser, `${server.url}#/decisions?verdict=diverge`);
  await page.waitForSelector('.list a.open');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.click('text=Save as NDJSON'),
  ]);
  assert.match(download.suggestedFilename(), /^pvdscope-.*-decisions\.ndjson$/);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n');
  assert.ok(lines.length > 10);
  for (const line of lines) assert.equal(JSON.parse(line).data.verdict.verdict, 'diverge');
  await close();
});

test('the agent starts again: the page shows the new run without a reload', { skip }, async (t) => {
  const first = await serve(createFeed(), { assetsDir });
  const { page, close } = await visit(browser, first.url);
  await page.waitForSelector('.health >> text=live');
  await first.close();
  await page.waitForSelector('.health >> text=offline');
  const second = await serveScene({ port: Number(new URL(first.url).port) });
  t.after(() => second.close());
  await page.waitForSelector('.health >> text=live');
  await page.keyboard.press('3');
  await page.waitForSelector('text=pvd-7.example.org');
  await close();
});

test('with a token: asked for once, kept out of the address', { skip }, async (t) => {
  const token = 'only-for-this-test-0';
  const server = await serveScene({ token, certificate: selfSigned('127.0.0.1') });
  t.after(() => server.close());
  const { page, close } = await visit(browser, server.url, { ignoreHTTPSErrors: true });
  await page.fill('input[name=token]', 'wrong-wrong-wrong-wrong');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.health >> text=not authorized');
  await page.fill('input[name=token]', token);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.health >> text=live');
  await page.reload();
  await page.waitForSelector('.health >> text=live');
  assert.ok(!page.url().includes(token));
  await close();
});

test('the live page opens a comparison from a file', { skip }, async (t) => {
  const server = await serveScene();
  t.after(() => server.close());
  const { page, troubles, close } = await visit(browser, `${server.url}#/compare`);
  const open = (name: string, text: string) =>
    page.setInputFiles('input[type=file]', {
      name,
      mimeType: 'application/json',
      buffer: Buffer.from(text),
    });
  await open('no.json', '[]');
  await page.waitForSelector('[role=alert] >> text=no.json');
  await open('diff.json', JSON.stringify(REPORT.comparison));
  await page.waitForSelector('text=2 flows were answered differently');
  assert.equal(await page.locator('[role=alert]').count(), 0);
  await page.screenshot({ path: join(SHOTS, 'compare-live.png') });
  assert.deepEqual(await seriousViolations(page), []);
  assert.deepEqual(troubles, []);
  await close();
});

test('a report opens from disk, with every view and no request', { skip }, async () => {
  const file = join(SHOTS, 'report.html');
  const lines = scene.envelopes.map((envelope) => JSON.stringify(envelope));
  const told = ['lookup 1', '  table main: ::/0 via fe80::1 dev 2, chosen', '  table main: loses'];
  const report = { ...REPORT, explanations: { [`${bad?.seq}`]: told } };
  writeFileSync(file, reportHtml({ lines, omitted: 0 }, assetsDir, report));
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, troubles, close } = await visit(browser, pathToFileURL(file).href, {
      colorScheme,
    });
    for (const [name, hash] of Object.entries({ ...VIEWS, compare: '#/compare' })) {
      await page.goto(pathToFileURL(file).href + hash);
      await sleep(200);
      await page.screenshot({ path: join(SHOTS, `report-${name}-${colorScheme}.png`) });
      if (name !== 'compare' && name !== 'decision') continue;
      assert.deepEqual(await seriousViolations(page), [], name);
      await page.setViewportSize({ width: 360, height: 640 });
      await sleep(200);
      const wide = await page.evaluate('document.documentElement.scrollWidth');
      assert.ok(Number(wide) <= 360, `${name} is ${wide} px wide`);
      await page.setViewportSize({ width: 1280, height: 900 });
    }
    assert.deepEqual(troubles, []);
    await close();
  }
  const { page, troubles, close } = await visit(browser, `${pathToFileURL(file).href}#/decisions`);
  await page.waitForSelector('.health >> text=recorded');
  assert.equal(await page.evaluate('window.ran'), undefined);
  assert.deepEqual(troubles, []);
  await close();
});
