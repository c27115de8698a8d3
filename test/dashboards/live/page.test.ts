import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { PACKAGE_ROOT } from '../../../agent/paths.ts';
import { openComparison } from '../../../dashboards/live/open.ts';
import type { Actions, Page } from '../../../dashboards/live/page.ts';
import { parseRoute, VIEWS } from '../../../dashboards/live/route.ts';
import { applyFrame, createStore, freeze, type Store } from '../../../dashboards/live/store.ts';
import type { StreamState } from '../../../dashboards/live/stream.ts';
import { stateAt } from '../../../dashboards/live/tables.ts';
import { App } from '../../../dashboards/live/view/app.tsx';
import { ROW_PX } from '../../../dashboards/live/view/decision-list.tsx';
import { healthFacts } from '../../../dashboards/live/view/health.tsx';
import type { KernelEvent } from '../../../src/decode/event.ts';
import { createPipeline, finish, step } from '../../../src/pipeline.ts';
import { NO_REPORT } from '../../../src/publish/report-data.ts';
import { decision, encode, lostCounters, seeded, tick } from '../../pipeline-run.ts';
import {
  CONTROL,
  createScene,
  hostileEvents,
  LONG_NAME,
  MARKUP,
  manyPvds,
  REPORT,
  someDecision,
} from './scene.ts';

function storeOf(events: readonly KernelEvent[]): Store {
  const pipeline = createPipeline();
  const store = createStore();
  for (const record of encode(events)) applyFrame(store, step(pipeline, record), 0);
  applyFrame(store, finish(pipeline), 0);
  return store;
}

const actions = {} as Actions;

/** The page as HTML. */
function show(store: Store, hash: string, fields: Partial<Page> = {}): string {
  const page: Page = {
    store,
    netns: store.history.now,
    route: parseRoute(hash),
    stream: 'live',
    nowNs: store.clock?.tsNs ?? '0',
    paused: false,
    report: NO_REPORT,
    untold: {},
    refused: '',
    actions,
    ...fields,
  };
  return renderToString(h(App, { page }));
}

/** Its text alone. */
function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}

test('hostile names: never markup, controls made visible, cut with the whole in the tooltip', () => {
  const store = storeOf([...seeded(), ...hostileEvents()]);
  applyFrame(store, [someDecision(1_000_002)], 0);
  const seq = `${store.decisions.at(-1)?.seq}`;
  const routes = [
    ...VIEWS.map((view) => `#/${view}`),
    `#/pvds?ns=4099&id=${encodeURIComponent(LONG_NAME.toLowerCase())}`,
    `#/pvds?ns=4099&id=${encodeURIComponent(MARKUP)}`,
    `#/decisions?seq=${seq}&q=${encodeURIComponent('diverge')}`,
    `#/decisions?prefix=${encodeURIComponent(MARKUP)}&finding=${encodeURIComponent(MARKUP)}`,
    `#/ras?ra=${store.ras.at(-1)?.data.raId}`,
  ];
  for (const route of routes) {
    const html = show(store, route);
    assert.doesNotMatch(html, /<img|<script|<b>|<i>|\sstyle="(?!height:)/i, route);
    assert.doesNotMatch(html.replace(/"[^"]*"/g, '""'), /<[^>]*\son\w+=/i, route);
    assert.doesNotMatch(html.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u, route);
  }
  assert.ok(
    textOf(show(store, routes[VIEWS.length + 2] ?? '')).includes(MARKUP),
    'evidence is shown as text',
  );
  assert.ok(show(store, '#/pvds').includes(`title="${LONG_NAME}"`));
  assert.ok(!textOf(show(store, '#/pvds')).includes(LONG_NAME));
  assert.ok(
    textOf(show(store, routes[VIEWS.length] ?? '')).includes(LONG_NAME),
    'and on demand in full',
  );
  assert.ok(show(store, '#/decisions').includes('\\x1b[2J\\u{202e}evil'));
});

test('a PvD shows what it is, what it brought and who used it', () => {
  const store = storeOf([...seeded(), ...decision(3, 1n)]);
  assert.match(textOf(show(store, '#/pvds')), /PvD\.Example explicit 1 1 29 m 59 s/);
  const text = textOf(show(store, '#/pvds?ns=4099&id=implicit:2:fe80::2'));
  assert.match(text, /Kind implicit/);
  assert.match(text, /2001:db8:a::\/64 on-link autonomous 1 h 59 m/);
  assert.match(text, /2001:db8:a::5\/64 eth2/);
  assert.match(text, /Processes that used it .*curl 10 0 1 1/);
  assert.match(text, /Router Advertisements .*accepted/);
  assert.match(textOf(show(store, '#/pvds?ns=4099&id=gone')), /There is no PvD gone/);
});

test('lifetimes count down with the moment that is shown', () => {
  const store = storeOf(seeded());
  const at = (nowNs: string): string => textOf(show(store, '#/pvds', { nowNs }));
  assert.match(at('62000000000'), /PvD\.Example explicit 1 1 29 m /);
  assert.match(at('1802000000000'), /PvD\.Example explicit 1 1 expired soon|expired ! soon/);
});

test('a divergence shows what was asked, answered and allowed', () => {
  const { envelopes } = createScene(10);
  const store = createStore();
  applyFrame(store, envelopes, 0);
  const bad = store.decisions.find(({ data }) => data.blame !== null && data.findings.length > 0);
  assert.ok(bad);
  const text = textOf(show(store, `#/decisions?seq=${bad.seq}`));
  assert.match(text, /not among the 1 outcomes that the model allows/);
  assert.match(text, /Allowed outcomes .*2001:db8:a::5/);
  assert.match(text, /rfc6724\.r5\.5 source of PvD a\.example/);
  assert.match(text, /ip -6 route get 2001:db8:1::1 ipproto tcp dport 80/);
  assert.match(text, /PvD of route pvd\.example ra-router/);
  const gone = textOf(show(store, '#/decisions?seq=1'));
  assert.match(gone, /not among those that this page has/);
  assert.match(textOf(show(store, '#/decisions?seq=1&run=x')), /another run of the agent/);
});

test('a report shows how a decision came about, and a comparison both answers', () => {
  const store = storeOf([...seeded(), ...decision(3, 1n)]);
  const seq = `${store.decisions[0]?.seq}`;
  const scripts = { [seq]: `#!/bin/sh\n${MARKUP}` };
  const report = { ...REPORT, scripts, explanations: { [seq]: ['loses to x', CONTROL] } };
  const detail = textOf(show(store, `#/decisions?seq=${seq}`, { report }));
  assert.match(detail, /That script Copy the script #!\/bin\/sh/);
  assert.match(detail, /How it came about loses to x \\x1b\[2J/);
  const recorded = show(store, `#/decisions?seq=${seq}`, { stream: 'file' });
  assert.doesNotMatch(textOf(recorded), /How it came about/);
  const untold = { [seq]: `${MARKUP}${CONTROL}` };
  const live = show(store, `#/decisions?seq=${seq}`, { untold });
  assert.match(textOf(live), /How it came about .*\\x1b\[2J/);
  assert.doesNotMatch(live, /<img|<script/);
  const html = show(store, '#/compare', { report });
  assert.match(textOf(html), /Base base\.pcapng , kernel 6\.1.* New new\.pcapng , kernel 7\.2/);
  assert.match(textOf(html), /≠ to fe80::1 ≠ to fe80::2/);
  assert.match(textOf(html), /never asked/);
  assert.doesNotMatch(html, /<img|<script/);
  assert.doesNotMatch(textOf(show(store, '#/compare?cause=missing', { report })), /fe80::2/);
  const alone = show(store, '#/compare', { stream: 'file' });
  assert.match(textOf(alone), /Nothing to compare with/);
});

test('the live page opens a comparison, and says why it cannot', async () => {
  const store = storeOf(seeded());
  const { comparison } = REPORT;
  const file = (content: string) => new File([content], `${MARKUP}${CONTROL}.json`);
  const opened = await openComparison(file(JSON.stringify(comparison)));
  assert.deepEqual(opened, { comparison });
  const html = show(store, '#/compare', { report: { ...NO_REPORT, comparison } });
  assert.match(textOf(html), /Two runs .* Base base\.pcapng/);
  assert.doesNotMatch(html, /seq=/, 'its decisions are not those of this page');
  for (const content of ['', '[]', '{"base":{}}', JSON.stringify({ ...comparison, omitted: -1 })]) {
    const { refused = '' } = await openComparison(file(content));
    const said = show(store, '#/compare', { refused });
    assert.match(textOf(said), /is not what pvdscope diff --format json writes/);
    assert.doesNotMatch(said, /<img|<script/);
  }
});

test('of any number of decisions only those in sight become rows', () => {
  const store = createStore();
  applyFrame(
    store,
    Array.from({ length: 4000 }, (_, i) => someDecision(i + 1)),
    0,
  );
  const html = show(store, '#/decisions');
  assert.ok([...html.matchAll(/role="row"/g)].length < 60);
  assert.match(html, /aria-rowcount="4001"/);
  assert.match(html, new RegExp(`height:\\s?${(4000 - 30) * ROW_PX}px`));
});

test('health: offline, lost and missing hooks cannot be overlooked', () => {
  const store = storeOf([...seeded(), lostCounters(3, { route: 3 }), tick(5)]);
  const told = (stream: StreamState): string[] =>
    healthFacts(store, stream)
      .filter((f) => f.level !== 'ok')
      .map((f) => f.text);
  assert.deepEqual(told('offline'), [
    'offline: what is shown is old',
    '3 records lost',
    '1 of 2 hooks missing',
  ]);
  assert.equal(told('live').length, 2);
  store.delay = { leastMs: 1000, nowMs: 6500 };
  assert.ok(told('live').includes('5.5 s behind'));
  for (const view of VIEWS) assert.match(show(store, `#/${view}`), /3 records lost/);
});

test('going back shows the state of then', () => {
  const store = freeze(storeOf(seeded()));
  const nowNs = '2050000000';
  const html = show(store, '#/pvds', { nowNs, netns: stateAt(store.history, nowNs), paused: true });
  assert.match(html, /PvD\.Example/);
  assert.doesNotMatch(html, /implicit:2:fe80::2/);
});

test('a page without a token asks for one and shows nothing else', () => {
  const html = show(storeOf(seeded()), '#/pvds', { stream: 'unauthorized' });
  assert.match(html, /type="password"/);
  assert.doesNotMatch(html, /PvD\.Example/);
});

test('the page has no inline script or style', () => {
  const html = readFileSync(join(PACKAGE_ROOT, 'dashboards/live/index.html'), 'utf8');
  assert.doesNotMatch(html, /<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:/i);
});

test('topology counts what is drawn, and what summaries stand for', () => {
  const store = storeOf([...seeded(), ...manyPvds(50)]);
  assert.match(textOf(show(store, '#/topology')), /PvDs \(52\) .* One row for each PvD/);
  const one = textOf(show(store, '#/topology?node=pvd+pvd-5.example.org'));
  assert.match(one, /PvDs \(1\) Routers \(2\) Prefixes \(3\)/);
});
