/** `check` and `diff` of traces, as a user meets them: outputs, exit codes, reports. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTrace } from '../../../agent/trace/writer.ts';
import type { KernelEvent } from '../../../src/decode/event.ts';
import { addr6 } from '../../../src/net/addr6.ts';
import { parseComparison } from '../../../src/publish/comparison.ts';
import {
  decision,
  encode,
  flow,
  lookup,
  lostCounters,
  saddr,
  seeded,
  tick,
} from '../../pipeline-run.ts';
import { at, RA_DEFAULT, route } from '../../state/fixture.ts';
import { runVerb } from './verb.ts';

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-check-'));
after(() => rmSync(dir, { recursive: true }));

function trace(name: string, events: readonly KernelEvent[], realtimeOffsetNs = 0n): string {
  const file = join(dir, name);
  const info = { hardware: 'x', os: 'Linux', application: 'pvdscope', realtimeOffsetNs };
  const writer = createTrace(file, info);
  for (const record of encode(events)) writer.append(record);
  writer.close();
  return file;
}

let files = 0;

function expectations(...lines: readonly string[]): string {
  const file = join(dir, `${++files}.yaml`);
  writeFileSync(file, ['name: e', 'expect:', ...lines.map((line) => `  - ${line}`), ''].join('\n'));
  return file;
}

const check = (...args: string[]) => runVerb('check', 'checkCommand', args);
const diff = (...args: string[]) => runVerb('diff', 'diffCommand', args);

const RUN = trace('run.pcapng', [...seeded(), ...decision(3, 1n), tick(6)]);
const MET = [
  '{in: host, pvd: {id: pvd.example}, when: end}',
  '{in: host, address: {prefix: 2001:db8:a::/64, dev: eth2, pvd: implicit:eth2}}',
  '{decision: {daddr: 2001:db8:ffff::1, comm: curl}, gives: {route: default, pvd: pvd.example}}',
  '{name: known, decision: {comm: curl}, gives: {sourcePvd: pvd.example}, xfail: stock}',
];

test('all is met: TAP, 0', async () => {
  const { code, stdout, stderr } = await check(expectations(...MET), RUN);
  assert.equal(code, 0, stdout + stderr);
  assert.match(
    stdout,
    /^TAP version 13\n# Subtest: e \[6\.1\.0\]\n {4}ok 1 - no decision diverges/,
  );
  assert.match(stdout, /^ {4}not ok 6 - known # TODO stock$/m);
  assert.match(stdout, /^ok 1 - e \[6\.1\.0\]\n1\.\.1\n# Totals: pass:4 fail:0 xfail:1 /m);
  assert.equal((await check(expectations(...MET), RUN)).stdout, stdout);
});

test('what the agent follows no more ends there, for the state at the end too', async () => {
  const gone: KernelEvent = { ...at(5, 'none'), op: 'del', kind: 'agent-netns', name: '', inum: 1 };
  const later = route(at(5.5, 'del'), 100, '::/0', RA_DEFAULT);
  const file = trace('left.pcapng', [...seeded(), ...decision(3, 1n), gone, later, tick(6)]);
  const expect = expectations(...MET, '{route: {dst: default}, when: end}');
  const { code, stdout } = await check(expect, file);
  assert.equal(code, 0, stdout);
});

test('what never came is a failure, told with its place: 1', async () => {
  const file = expectations(...MET, '{decision: {daddr: 2001:db8::7}}');
  const { code, stdout } = await check(file, RUN, '--format=github');
  assert.equal(code, 1);
  assert.equal(
    stdout,
    `::error file=${file},line=7,col=5,title=e [6.1.0]%3A decision daddr 2001%3Adb8%3A%3A7/128::no such decision was seen\n`,
  );
});

test('a known failure that passes is told, and is no failure', async () => {
  const file = expectations('{pvd: {id: pvd.example}, xfail: not yet}');
  const { code, stdout } = await check(file, RUN);
  assert.equal(code, 0);
  assert.match(stdout, /^ {4}ok 3 - pvd id pvd\.example # TODO not yet$/m);
  assert.match(stdout, /xpass:1/);
});

test('exit codes as selftests have them', async () => {
  const code = async (...lines: string[]) =>
    (await check(expectations(...lines), RUN, '--ksft')).code;
  assert.equal(await code(...MET), 0);
  assert.equal(await code('{decision: {daddr: 2001:db8::7}}'), 1);
  const empty = trace('empty.pcapng', [...seeded(), tick(6)]);
  const skipped = expectations('{route: {dst: default}, kernel: "7"}');
  assert.equal((await check(skipped, empty, '--ksft')).code, 4);
  assert.equal((await check(skipped, empty)).code, 4);
  const known = expectations('{route: {dst: 2001:db8::7}, xfail: x}');
  assert.equal((await check(known, empty, '--ksft')).code, 2);
  const better = expectations('{route: {dst: default}, xfail: x}');
  assert.equal((await check(better, empty, '--ksft')).code, 3);
});

test('a damaged trace and undecided decisions are incomplete: 5', async () => {
  const cut = join(dir, 'cut.pcapng');
  writeFileSync(cut, readFileSync(RUN).subarray(0, -40));
  const { code, stdout, stderr } = await check(expectations(...MET), cut);
  assert.equal(code, 5, stdout);
  assert.match(stderr, /PVD_ERR_TRACE_DAMAGED/);
  assert.match(stdout, /^# incomplete: the trace is damaged$/m);
});

test('what is undecided because the kernel skipped a hook is told with its number', async () => {
  const skipped = { ...lostCounters(5, {}), skipped: { decision: 2, state: 0 } };
  // The flow was seen, its lookups were not.
  const partial = trace('skipped.pcapng', [...seeded(), flow(3), skipped, tick(9)]);
  const met = '{in: host, pvd: {id: pvd.example}, when: end}';
  const { code, stdout } = await check(expectations(met), partial);
  assert.equal(code, 5, stdout);
  assert.match(stdout, /^# incomplete: 1 undecided: lost-records; 2 runs of hooks skipped$/m);
});

test('reports beside the one on stdout, the same from NDJSON as from the trace', async () => {
  const at = (name: string) => join(dir, name);
  const args = [
    `--report=junit=${at('r.xml')}`,
    `--report=kcidb=${at('r.json')}`,
    `--report=markdown=${at('r.md')}`,
    '--kcidb-build=x:1',
  ];
  const { code, stdout } = await check(expectations(...MET), RUN, ...args);
  assert.equal(code, 0);
  assert.match(readFileSync(at('r.xml'), 'utf8'), /<testsuite name="e \[6\.1\.0\]" tests="6" /);
  const { tests } = JSON.parse(readFileSync(at('r.json'), 'utf8'));
  assert.equal(tests[0].id, 'x:pvdscope-boot_1000000000-1.1');
  assert.ok(existsSync(at('r.md')));
  const { stdout: ndjson } = await runVerb('replay', 'replayCommand', [RUN, '--format=ndjson']);
  writeFileSync(at('r.ndjson'), ndjson);
  assert.equal((await check(expectations(...MET), at('r.ndjson'))).stdout, stdout);
});

test('usage: 2', async () => {
  for (const args of [
    [expectations(...MET)],
    [expectations(...MET), RUN, RUN],
    [expectations(...MET), RUN, '--format=kcidb'],
    [expectations('{}'), RUN],
    [join(dir, 'nothing.yaml'), RUN],
    [expectations(...MET), join(dir, 'nothing.pcapng')],
    [expectations(...MET), RUN, '--report=junit'],
    [expectations(...MET), RUN, '--kcidb-build=X'],
  ]) {
    const { code, stderr } = await check(...args);
    assert.equal(code, 2, `${args}: ${stderr}`);
  }
});

/** The outside reached over eth2 by the other router, and one flow more. */
const CHANGED = [
  lookup(3, { gateway: addr6('fe80::9') }),
  saddr(3),
  flow(3, { gateway: addr6('fe80::9') }),
  ...decision(3.5, 2n),
];

test('diff: nothing, something, accepted', async () => {
  const next = trace('next.pcapng', [...seeded(), ...CHANGED, tick(6)]);
  const same = await diff(RUN, RUN);
  assert.deepEqual([same.code, same.stdout], [0, '0 new differences, 0 accepted\n']);
  const other = await diff(RUN, next);
  assert.equal(other.code, 1);
  assert.match(other.stdout, /^another route: 1\n {2}host: curl flow to 2001:db8:ffff::1 port 443/);
  assert.match(other.stdout, /^ {4}\+ ::\/0 via fe80::9 dev eth2 .* first #\d+\)$/m);
  const judged = await check(expectations(...MET), next);
  assert.equal(judged.code, 1);
  assert.match(judged.stdout, /^ {4}# #\d+ curl flow .*, diverge; by the model found ::\/0 via /m);
  // Both ladders: what the model made of the same question in the two runs.
  assert.match(other.stdout, /^ {6}base: +\| new:$/m);
  assert.match(other.stdout, /^ +> {3}the model does not allow it$/m);
  assert.match(other.stdout, /^ {8}because: +because:$/m);
  const bare = await diff(RUN, next, '--ladders=0');
  assert.doesNotMatch(bare.stdout, /because|base:/);
  const [line = ''] = (await diff(RUN, next, '--format=ndjson')).stdout.split('\n');
  assert.ok(JSON.parse(line).ladders.next.includes('  the model does not allow it'));
  const baseline = join(dir, 'baseline.yaml');
  const entry = 'cause: route, daddr: 2001:db8:ffff::1, reason: wanted';
  writeFileSync(baseline, `accept: [{${entry}, expires: 2999-12-31}]\n`);
  const opened = parseComparison((await diff(RUN, next, '--format=json')).stdout);
  assert.equal(opened?.flows.length, 1);
  assert.notEqual(opened?.flows[0]?.ladders.length, 0);
  const accepted = await diff(RUN, next, '--baseline', baseline);
  assert.deepEqual([accepted.code, accepted.stdout], [0, '0 new differences, 1 accepted\n']);
  writeFileSync(baseline, `accept: [{${entry}, expires: 2020-12-31}]\n`);
  const expired = await diff(RUN, next, '--baseline', baseline);
  assert.equal(expired.code, 1);
  assert.match(expired.stdout, /^accepted until 2020-12-31 only: wanted$/m);
});
