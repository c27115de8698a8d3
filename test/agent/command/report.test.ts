/** `pvdscope report`: one file with everything inside, of bounded size, in which nothing runs but the page. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { reportHtml } from '../../../agent/report/html.ts';
import { createSelector, type Selection } from '../../../agent/report/selection.ts';
import { createTrace } from '../../../agent/trace/writer.ts';
import { applyFrame, createStore } from '../../../dashboards/live/store.ts';
import type { KernelEvent } from '../../../src/decode/event.ts';
import type { Envelope } from '../../../src/publish/envelope.ts';
import type { ReportData } from '../../../src/publish/report-data.ts';
import { createScene, hostileEvents, someDecision } from '../../dashboards/live/scene.ts';
import { decision, encode, seeded, tick } from '../../pipeline-run.ts';
import { runVerb } from './verb.ts';

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-report-'));
after(() => rmSync(dir, { recursive: true }));

function linesOf(html: string): Envelope[] {
  const data = /<script type="application\/x-ndjson"[^>]*>\n(.*?)\n<\/script>/s.exec(html)?.[1];
  return (data ?? '').split('\n').map((line) => JSON.parse(line) as Envelope);
}

test('the verb: a trace becomes a page with the same state and decisions', async () => {
  const events = [...seeded(), ...hostileEvents(), ...decision(3, 1n), tick(6)];
  const trace = traceOf('run.pcapng', events);
  const output = join(dir, 'report.html');
  const { code, stdout } = await runVerb('report', 'reportCommand', [trace, '-o', output]);
  assert.equal(code, 0);
  assert.equal(stdout, '');
  const html = readFileSync(output, 'utf8');
  const store = createStore();
  applyFrame(store, linesOf(html), 0);
  assert.equal(store.decisions.length, 3);
  assert.equal(store.ras.length, 4);
  assert.ok([...store.history.now.values()][0]?.tables.pvd.has('pvd.example'));
  const none = await runVerb('report', 'reportCommand', [trace, '-o', `${dir}/no/such/dir.html`]);
  assert.equal(none.code, 3);
  assert.match(none.stderr, /PVD_ERR_REPORT_WRITE/);
});

function traceOf(name: string, events: readonly KernelEvent[]): string {
  const file = join(dir, name);
  const info = { hardware: 'x', os: 'Linux', application: 'pvdscope', realtimeOffsetNs: 0n };
  const writer = createTrace(file, info);
  for (const bytes of encode(events)) writer.append(bytes);
  writer.close();
  return file;
}

test('a report explains decisions, and compares its run with another', async () => {
  const base = traceOf('base.pcapng', [...seeded(), ...decision(3, 1n), tick(6)]);
  const events = [...seeded(), ...decision(3, 1n), ...hostileEvents(), tick(6)];
  const next = traceOf('next.pcapng', events);
  const { code, stdout } = await runVerb('report', 'reportCommand', [next, '--compare', base]);
  assert.equal(code, 0);
  const json = /<script type="application\/json" id="report">(.*?)<\/script>/s.exec(stdout)?.[1];
  const { explanations, scripts, comparison } = JSON.parse(json ?? '') as ReportData;
  const decisions = linesOf(stdout).filter(({ kind }) => kind === 'decision');
  assert.deepEqual(
    Object.keys(explanations),
    decisions.map(({ seq }) => `${seq}`),
  );
  assert.ok(Object.values(explanations).every((lines) => lines.some((l) => /kernel: /.test(l))));
  assert.ok(Object.keys(scripts).length > 0);
  assert.ok(Object.values(scripts).every((script) => script.startsWith('#!/bin/sh')));
  assert.equal(comparison?.base.name, 'base.pcapng');
  assert.deepEqual([comparison?.base.decisions, comparison?.next.decisions], [1, 3]);
  assert.deepEqual(
    comparison?.flows.map(({ cause, base }) => [cause, base]),
    [
      ['missing', null],
      ['missing', null],
    ],
  );
});

test('data is inert, and only what the policy names may run', () => {
  const assets = assetsOf('const x = "</script>";', 'body {}');
  const evil = JSON.stringify({ name: '</script><script>alert(1)</script><!--', amp: '&lt;' });
  const html = reportHtml({ lines: [evil], omitted: 3 }, assets);
  assert.equal([...html.matchAll(/<script/g)].length, 3);
  assert.equal([...html.matchAll(/<\/script/g)].length, 3);
  assert.ok(!html.includes('<!--'));
  assert.deepEqual(linesOf(html)[0], JSON.parse(evil));
  assert.match(html, /data-omitted="3"/);
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
  assert.match(policy, /^default-src 'none'; /);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  const code = /<script type="module">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
  assert.ok(policy.includes(createHash('sha256').update(code).digest('base64')));
  assert.doesNotMatch(html, /\s(src|href)="(?!data:,)/);
});

function assetsOf(script: string, style: string): string {
  const made = mkdtempSync(join(dir, 'assets-'));
  writeFileSync(join(made, 'app.js'), script);
  writeFileSync(join(made, 'style.css'), style);
  return made;
}

function select(charsMax: number, decisions: number): Selection {
  const { envelopes, source } = createScene(0);
  const selector = createSelector(charsMax);
  selector.take(envelopes);
  for (let i = 0; i < decisions; i++) selector.take([someDecision(100_000 + i)]);
  return selector.finish(() => source.snapshots());
}

test('what fits is all there, in order', () => {
  const { envelopes } = createScene(0);
  const { lines, omitted } = select(24 << 20, 100);
  assert.equal(omitted, 0);
  const kinds = lines.map((line) => (JSON.parse(line) as Envelope).kind);
  assert.equal(kinds[0], 'hello');
  assert.equal(kinds.at(-1), 'stats');
  const stats = envelopes.filter(({ kind }) => kind === 'stats').length;
  assert.equal(lines.length, envelopes.length - stats + 1 + 100);
});

test('what does not fit is counted; telling decisions and the newest stay', () => {
  const charsMax = 3 << 20;
  const { lines, omitted } = select(charsMax, 5000);
  assert.ok(lines.reduce((sum, line) => sum + line.length, 0) <= charsMax * 1.1);
  const kept = lines
    .map((line) => JSON.parse(line) as Envelope)
    .flatMap((e) => (e.kind === 'decision' ? [e] : []));
  assert.ok(omitted > 1000);
  assert.equal(kept.at(-1)?.seq, 104_999);
  const telling = kept.filter(({ data }) => data.verdict.verdict === 'diverge').length;
  const plain = kept.filter(
    ({ data }) => data.verdict.verdict === 'agree' && !data.verdict.raced && !data.findings.length,
  ).length;
  assert.ok(telling > plain, `${telling} divergences, ${plain} that say nothing`);
});

test('a state without room for its way is shown as it was in the end', () => {
  const { lines } = select(200_000, 10);
  const store = createStore();
  applyFrame(
    store,
    lines.map((line) => JSON.parse(line) as Envelope),
    0,
  );
  const [view] = [...store.history.now.values()];
  assert.equal(view?.tables.pvd.size, 54);
  assert.ok(!lines.some((line) => line.includes('"kind":"change"')));
});
