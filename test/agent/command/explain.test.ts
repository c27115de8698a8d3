/** `pvdscope explain`: a decision of a trace, a flow on a state, and what is refused. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTrace } from '../../../agent/trace/writer.ts';
import { CURL, decision, encode, lookup, seeded, tick } from '../../pipeline-run.ts';
import { at, link } from '../../state/fixture.ts';

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-explain-'));
after(() => rmSync(dir, { recursive: true }));
const file = join(dir, 'run.pcapng');
const EVIL = '\u001b[2J\u202e\n';
const info = { hardware: 'x', os: 'Linux', application: 'pvdscope', realtimeOffsetNs: 0n };
const trace = createTrace(file, info);
for (const record of encode([
  ...seeded(),
  link(at(2.4), 2, EVIL),
  ...decision(3, 1n),
  lookup(3.2, { inFlow: false, decision: 7n, task: { ...CURL, comm: EVIL } }),
  tick(6),
])) {
  trace.append(record);
}
trace.close();

const MAIN = fileURLToPath(new URL('../../../agent/main.js', import.meta.url));

function explain(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync('node', [MAIN, 'explain', ...args], {
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

test('a decision of a trace, as text and as JSON', () => {
  const text = explain(file, 'id:1');
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /rule 2: appropriate scope/);
  const { stdout } = explain(file, 'id:1', '--format', 'json');
  const { decision: told, parts } = JSON.parse(stdout);
  assert.equal(told.data.id, '1');
  assert.deepEqual(
    parts.map((one: { part: string }) => one.part),
    ['lookup', 'saddr', 'flow'],
  );
  assert.equal(explain(file, `${told.seq}`).stdout, text.stdout);
});

test('a script that makes the state and asks a kernel the same', () => {
  const { code, stdout, stderr } = explain(file, 'id:1', '--reproducer');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^#!\/bin\/sh\n/);
  assert.match(stdout, /^# decision 1 .*: flow to 2001:db8:ffff::1, curl\[10\]/m);
  assert.match(stdout, /^# lookup: to 2001:db8:ffff::1, uid 1000, tcp, ports 0 to 443/m);
  assert.match(stdout, /^ask ip -6 -N route get 2001:db8:ffff::1 uid 1000 ipproto 6 dport 443$/m);
  assert.match(stdout, /^allow "\$\(printf '[\\\d]+'\)"$/m);
  assert.equal(spawnSync('sh', ['-n'], { input: stdout }).status, 0);
  const evil = explain(file, 'id:7', '--reproducer').stdout;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  assert.doesNotMatch(evil, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  assert.equal(spawnSync('sh', ['-n'], { input: evil }).status, 0);
  const asked = explain(file, '--dst', '2001:db8:ffff::1', '--reproducer', '--netns', 'host');
  assert.match(asked.stdout, /^allow "/m, asked.stderr);
});

test('names from outside are escaped', () => {
  for (const format of ['text', 'json']) {
    const { stdout } = explain(file, 'id:7', '--format', format);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    assert.match(stdout, /x1b|u001b/);
  }
});

test('a flow that nobody asked for, on the state of a trace or of a file', () => {
  const { code, stdout, stderr } = explain(file, '--dst', '2001:db8:ffff::1');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^answer: via fe80::1 dev 2 table 254 source 2001:db8:a::5/);
  assert.match(stdout, /^route ::\/0 .* RA \d+ of fe80::1 on/m);
  const bound = explain(file, '--dst=2001:db8:ffff::1', '--pvd=PvD.Example');
  assert.match(bound.stdout, /bound to pvd.example/);
  assert.match(explain(file, '--dst=2001:db8:ffff::1', '--at=+0.5').stdout, /^answer: ENETUNREACH/);
  const state = join(dir, 'state.json');
  writeFileSync(
    state,
    JSON.stringify({
      tables: { link: [{ ifindex: 2, name: 'eth0' }], route: [{ id: '1', oif: 2 }] },
    }),
  );
  assert.match(explain('--dst=2001:db8::1', '--state', state).stdout, /^answer: EADDRNOTAVAIL\n/);
});

test('what cannot be explained is one error with a hint', () => {
  const cases: [string[], RegExp][] = [
    [[], /no decision is named \[PVD_ERR_USAGE\]/],
    [[file], /no decision is named/],
    [[file, '1'], /envelope 1 is a hello \[PVD_ERR_NO_DECISION\]/],
    [[file, '99999'], /there is no envelope 99999, the last one is \d+/],
    [[file, 'id:99'], /there is no decision 99/],
    [[file, 'x'], /neither the number of an envelope nor id:NUMBER/],
    [[file, '1', '--dst=::1'], /contradict/],
    [['--dst=::1'], /needs either --state or a trace/],
    [[file, '--dst=nonsense'], /not an IPv6 address/],
    [[file, '--dst=::1', '--oif=eth9'], /there is no such device/],
    [[join(dir, 'none'), '1'], /PVD_ERR_TRACE_READ/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = explain(...args);
    assert.equal(code, 2, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, message);
    assert.match(stderr, /hint:|--help/);
  }
});
