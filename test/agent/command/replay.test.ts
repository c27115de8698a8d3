import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, test } from 'node:test';
import { createLineSink, type LineFormat } from '../../../agent/sink/format.ts';
import { createTrace } from '../../../agent/trace/writer.ts';
import { createPipeline, finish, step } from '../../../src/pipeline.ts';
import { CURL, decision, encode, flow, lookup, seeded, tick } from '../../pipeline-run.ts';
import { address, at, dnssl, link, pvd, ra, SLAAC } from '../../state/fixture.ts';
import { runVerb } from './verb.ts';

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-replay-'));
after(() => rmSync(dir, { recursive: true }));
const file = join(dir, 'run.pcapng');

const EVIL = '\u001b[2J\u202e<img src=x>\n';
/** The name of a PvD and a search domain: labels of any octets. */
const EVIL_RA = ra(2.6, {
  router: 'fe80::66',
  options: [pvd('\\027[2J<b>.example', [dnssl(['\\155\\007<i>.example'])])],
});
const RECORDS = encode([
  ...seeded(),
  ...EVIL_RA,
  ...decision(3, 1n),
  lookup(3.2, { inFlow: false, task: { ...CURL, comm: EVIL } }),
  link(at(3.3), 9, EVIL.slice(0, 15)),
  lookup(3.4, { decision: 9n }),
  tick(6),
  flow(6.1, { decision: 10n, error: -101 }),
]);

function record(records: readonly Uint8Array[] = RECORDS): void {
  const info = { hardware: 'x', os: 'Linux', application: 'pvdscope', realtimeOffsetNs: 0n };
  const trace = createTrace(file, info);
  for (const bytes of records) trace.append(bytes);
  trace.close();
}

/** What a live run prints that feeds the same records, one by one. */
function live(format: LineFormat): string {
  const out = new PassThrough();
  const sink = createLineSink(format, out);
  const pipeline = createPipeline();
  for (const bytes of RECORDS) sink.write(step(pipeline, bytes));
  sink.write(finish(pipeline));
  return String(out.read());
}

for (const format of ['ndjson', 'text'] as const) {
  test(`replay --format ${format} gives the bytes of the live run`, async () => {
    record();
    const { code, stdout, stderr } = await runVerb('replay', 'replayCommand', [
      file,
      '--format',
      format,
    ]);
    assert.equal(stdout, live(format));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^\d+ records, 0 lost, 0 malformed, 0 unknown\n4 decisions: 2 agree/);
  });
}

test('no name reaches the terminal unescaped, in any format', async () => {
  record();
  for (const format of ['ndjson', 'text']) {
    const { stdout } = await runVerb('replay', 'replayCommand', [file, '--format', format]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    assert.match(stdout, /u(001b|\{202e\})|x1b/);
  }
  const { stdout } = await runVerb('state', 'stateCommand', [file]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
});

test('replay --filter prints only what matches', async () => {
  record();
  const { stdout } = await runVerb('replay', 'replayCommand', [
    file,
    '--format=ndjson',
    '--filter=kind=decision',
    '--filter=comm=curl',
  ]);
  const kinds = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).kind);
  assert.deepEqual(kinds, ['hello', 'decision', 'decision', 'decision']);
  const bad = await runVerb('replay', 'replayCommand', [file, '--filter=color=red']);
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /FIELD=VALUE/);
});

test('replay of a cut trace: what is whole, where it ends, exit 5', async () => {
  record();
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, whole.length - 300));
  const { code, stdout, stderr } = await runVerb('replay', 'replayCommand', [file]);
  assert.equal(code, 5);
  assert.match(stderr, /truncated at offset \d+: .*\[PVD_ERR_TRACE_DAMAGED\]\n {2}hint: /);
  assert.match(stdout, /decision: curl\[10\] flow tcp to 2001:db8:ffff::1/);
  writeFileSync(file, 'nothing');
  const bad = await runVerb('replay', 'replayCommand', [file]);
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /^PVD_ERR_TRACE_FORMAT /);
});

test('replay into a closed pipe ends quietly', () => {
  record();
  const module = new URL('../../../agent/command/replay.js', import.meta.url).href;
  const script = `process.stdout.on('error', (e) => process.exit(e.code === 'EPIPE' ? 0 : 3));
    const { replayCommand } = await import('${module}');
    await replayCommand().parseAsync([${JSON.stringify(file)}], { from: 'user' });`;
  const run = spawnSync(
    'bash',
    ['-c', 'set -o pipefail; "$0" --input-type=module -e "$1" | head -1', process.execPath, script],
    { encoding: 'utf8' },
  );
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.stdout.split('\n').length, 2);
});

test('state of a trace: tables, JSON, and at a time', async () => {
  record();
  const text = (await runVerb('state', 'stateCommand', [file])).stdout;
  assert.match(text, /^netns host \(cookie 4099, inode 4026532000\)$/m);
  assert.match(text, /^PvD PvD\.Example \(explicit, sequence 1, flags H, 1 RAs\)$/m);
  assert.match(text, /^ {2}2001:db8:a::5\/64 +eth2 +implicit:2:fe80::2 +ra-pio /m);
  assert.match(text, /^ {2}::\/0 +fe80::1 +eth2 +pvd\.example +ra-router /m);
  const early = await runVerb('state', 'stateCommand', [file, '--at', '+1.05', '--format=json']);
  const [snapshot] = JSON.parse(early.stdout);
  assert.deepEqual(
    snapshot.data.tables.pvd.map((p: { id: string }) => p.id),
    ['pvd.example'],
  );
  const real = await runVerb('state', 'stateCommand', [
    file,
    '--at=2023-11-14T22:13:22.050Z',
    '--format=ndjson',
  ]);
  assert.equal(JSON.parse(real.stdout).data.tables.pvd.length, 1);
});

test('state at a time does not show what had expired by then', async () => {
  record([
    ...encode(seeded()),
    ...encode([address(at(2.2), '2001:db8:b::1', SLAAC)]),
    ...encode([tick(4000)]),
  ]);
  const args = [file, '--at=3000', '--format=json'];
  const [snapshot] = JSON.parse((await runVerb('state', 'stateCommand', args)).stdout);
  const { tables } = snapshot.data;
  // Router lifetimes were 1800 s: one PvD is gone, the other one is kept by its prefix.
  assert.deepEqual(
    tables.pvd.map((p: { id: string; routers: { routerUntil: null }[] }) => [
      p.id,
      p.routers.map((r) => r.routerUntil),
    ]),
    [['implicit:2:fe80::2', [null]]],
  );
});

test('state: usage and an agent that is not there', async () => {
  const neither = await runVerb('state', 'stateCommand', []);
  assert.equal(neither.code, 2);
  const when = await runVerb('state', 'stateCommand', [file, '--at', 'yesterday-ish']);
  assert.equal(when.code, 2);
  const gone = await runVerb('state', 'stateCommand', ['--live', 'http://127.0.0.1:1/']);
  assert.equal(gone.code, 3);
  assert.match(gone.stderr, /^PVD_ERR_AGENT_UNREACHABLE start one with/);
});
