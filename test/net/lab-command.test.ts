/** `pvdscope lab run` as a user meets it: streams, exit codes, signals. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { MAIN } from '../../agent/paths.ts';

const skip = process.geteuid?.() === 0 ? false : 'network namespaces need root';
const LIBRARY = path.join(import.meta.dirname, '../../../test/scenarios');

const dir = mkdtempSync(path.join(os.tmpdir(), 'lab-command-'));
after(() => rmSync(dir, { recursive: true }));

function scenario(name: string, actions: string): string {
  const file = path.join(dir, `${name}.yaml`);
  const text = `name: ${name}\nlinks: {A: }\nnamespaces:\n  a: {interfaces: {eth0: {link: A}}}\n  b: {interfaces: {eth0: {link: A}}}\nactions: ${actions}\n`;
  writeFileSync(file, text);
  return file;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function lab(args: readonly string[], onOut = (_out: string, _pid: number) => {}): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, 'lab', ...args]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
    onOut(out, child.pid ?? 0);
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

function namespaces(): string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns').sort() : [];
}

test('all ok: TAP on stdout, nothing on stderr, 0', { skip }, async () => {
  const file = scenario('fine', "[{in: a, run: 'true'}, {in: b, run: 'true'}]");
  const { code, out, err } = await lab(['run', file]);
  assert.equal(code, 0, err);
  assert.match(out, /^TAP version 13\n# Subtest: fine \[/);
  assert.match(out, /^ {4}1\.\.2\nok 1 - fine .*\n1\.\.1\n# Totals: pass:2 fail:0 /m);
  assert.equal(err, '');
});

test('one of two fails: both are run, 1', { skip }, async () => {
  const bad = scenario('bad', "[{in: a, run: 'exit 9'}]");
  const good = scenario('good', "[{in: a, run: 'true'}]");
  const { code, out } = await lab(['run', '--format', 'ndjson', bad, good]);
  assert.equal(code, 1);
  const ends = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((e) => e.event === 'end');
  assert.deepEqual(
    ends.map((e) => e.ok),
    [false, true],
  );
});

test('a mistyped scenario: told before anything is done, 2', async () => {
  const good = scenario('good', '[]');
  const typo = scenario('typo', '[{in: a, rnu: ls}]');
  const { code, out, err } = await lab(['run', good, typo]);
  assert.equal(code, 2);
  assert.equal(out, '');
  assert.match(err, /typo\.yaml:6:19: unknown key "rnu", did you mean "run"\?/);
  assert.doesNotMatch(err, /more errors/);
});

test('no such kernel, no such file, no scenario: 2', async () => {
  const file = scenario('good', '[]');
  for (const args of [['run', file, '--kernel', 'fedora:6.1'], ['run', '/no/such'], ['run']]) {
    const { code, err } = await lab(args);
    assert.equal(code, 2, err);
    assert.notEqual(err, '');
  }
});

test('the kernel refuses: 3, and the next scenario is run all the same', { skip }, async () => {
  const file = path.join(dir, 'refused.yaml');
  writeFileSync(file, 'name: refused\nnamespaces: {a: {interfaces: {x: {type: nonsense}}}}\n');
  const { code, out } = await lab(['run', file, scenario('good', "[{in: a, run: 'true'}]")]);
  assert.equal(code, 3);
  assert.match(
    out,
    /^ {4}# .*refused\.yaml:2:\d+: ip link add x type nonsense: .*\[PVD_ERR_TOPOLOGY\]$/m,
  );
  assert.match(out, /^ok 2 - good/m);
});

test('SIGINT: within a second, and nothing stays', { skip }, async () => {
  const before = namespaces();
  let signalled = 0;
  const file = scenario('long', "[{in: a, run: 'true'}, {in: a, run: sleep 1000}]");
  const { code, err } = await lab(['run', file], (out, pid) => {
    if (signalled > 0 || !out.includes('ok 1')) return;
    signalled = performance.now();
    process.kill(pid, 'SIGINT');
  });
  assert.equal(code, 130);
  assert.ok(performance.now() - signalled < 1000);
  assert.match(err, /interrupted by SIGINT/);
  assert.deepEqual(namespaces(), before);
});

test('the main job, on this kernel', { skip }, async () => {
  const { code, out } = await lab(['run', path.join(LIBRARY, 'main-job.yaml')]);
  assert.equal(code, 0, out);
});
