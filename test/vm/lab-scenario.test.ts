/** The main job in guests, by the verb: same scenario, same report, on every kernel. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path, { join } from 'node:path';
import { test } from 'node:test';
import { MAIN } from '../../agent/paths.ts';

const KERNELS = ['debian:6.1', 'debian:6.12', 'debian:7.2'];
const SCENARIO = path.join(import.meta.dirname, '../../../test/scenarios/main-job.yaml');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function lab(args: readonly string[], onErr = (_pid: number) => {}): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, 'lab', ...args]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
    onErr(child.pid ?? 0);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

for (const kernel of KERNELS) {
  test(`${kernel}: the main job`, async () => {
    const args = ['run', SCENARIO, '--kernel', kernel, '--retries', '3'];
    const { code, out, err } = await lab(args);
    assert.equal(code, 0, out + err);
    // A run that was incomplete is told; what counts is the last.
    const series = kernel.replace('debian:', '').replaceAll('.', '\\.');
    assert.match(out, new RegExp(`^ok 1 - main job \\[${series}\\.`, 'm'));
    assert.doesNotMatch(out, /not ok(?!.* # TODO)/);
    assert.match(out, /^ {4}ok \d+ - no decision diverges from the model$/m);
    assert.match(out, /^ {4}not ok \d+ - the source of every flow .* # TODO rule 5\.5/m);
    assert.match(out, /^# Totals: pass:\d+ fail:0 xfail:1 xpass:0 skip:1 error:0$/m);
  });
}

test('a guest that is too slow is a scenario that failed, not one that is missing', async () => {
  const args = ['run', SCENARIO, '--kernel', 'debian:6.12', '--timeout', '4'];
  const { code, out } = await lab(args);
  assert.equal(code, 3);
  assert.match(
    out,
    /^ {4}# guest: timeout\n {4}1\.\.1\nnot ok 1 - .*main.job.*\n1\.\.1\n# Totals: .* error:1$/m,
  );
});

/** Scenarios of one command each, by name, in one guest or as many as it takes; and the report. */
async function runAll(
  commands: Readonly<Record<string, string>>,
  ...options: string[]
): Promise<Ended & { md: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'pvdscope-guests-'));
  const files = Object.entries(commands).map(([name, run]) => {
    const file = join(dir, `${name}.yaml`);
    const actions = `actions:\n  - {in: host, run: ${JSON.stringify(run)}}\n`;
    writeFileSync(file, `name: ${name}\nnamespaces: {host: {}}\n${actions}`);
    return file;
  });
  const report = join(dir, 'report.md');
  try {
    const args = ['--kernel', 'debian:6.12', '--no-check', `--report=markdown=${report}`];
    const ended = await lab(['run', ...files, ...args, ...options]);
    return { ...ended, md: readFileSync(report, 'utf8') };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test('a guest that panics costs one scenario; another goes on, and the report says so', async () => {
  const { code, out, md } = await runAll({
    before: 'true',
    panic: 'echo c > /proc/sysrq-trigger; sleep 1000',
    after: 'true',
  });
  assert.equal(code, 3, out);
  assert.deepEqual(
    out.match(/^(?:not )?ok \d+ - \w+/gm),
    ['ok 1 - before', 'not ok 2 - panic', 'ok 3 - after'],
    out,
  );
  assert.match(out, /^ {4}# .*Kernel panic.*sysrq triggered crash/m);
  assert.equal(md.match(/\| (died|exited) \| 1 \|/g)?.length, 2, md);
});

test('a guest that hangs costs one scenario, and no more time than that may be silent', async () => {
  // Asleep until a device wakes it, of which there is none.
  const commands = { hangs: 'echo freeze > /sys/power/state', after: 'true' };
  const { code, out, err, md } = await runAll(commands, '--scenario-timeout', '60');
  assert.equal(code, 3, out + err);
  assert.deepEqual(
    out.match(/^(?:not )?ok \d+ - \w+/gm),
    ['not ok 1 - hangs', 'ok 2 - after'],
    out,
  );
  assert.match(out, /^ {4}# guest: hung: silent for 60 s$/m);
  assert.match(md, /\| 0 \| hung \|/);
});

test('a guest that runs out of memory: told of the scenario, and the others go on', async () => {
  // A line without an end, which tail keeps; the second time our own process has to die for it.
  const eat = 'tail -n 1 /dev/zero > /dev/null';
  const first =
    'for c in $(grep -lx node /proc/[0-9]*/comm); do echo 1000 > $(dirname $c)/oom_score_adj; done';
  const commands = { eats: eat, eaten: `${first}; ${eat}; sleep 1000`, after: 'true' };
  const { code, out, err, md } = await runAll(commands, '--memory', '400');
  assert.deepEqual(
    out.match(/^(?:not )?ok \d+ - \w+/gm),
    ['not ok 1 - eats', 'not ok 2 - eaten', 'ok 3 - after'],
    out + err,
  );
  assert.match(out, /^ {4}# .*Out of memory: Killed process \d+ \(tail\)/m);
  assert.match(out, /^ {4}# .*Out of memory: Killed process \d+ \(node\)/m);
  assert.match(md, /Out of memory/);
  assert.equal(code, 1, out);
});

test('exec: bytes and exit code of the command', async () => {
  const args = ['exec', '--kernel', 'debian:6.12', '--', 'sh', '-c', 'printf "a\\0b"; exit 42'];
  const { code, out } = await lab(args);
  assert.deepEqual([code, out], [42, 'a\0b']);
});

test('SIGINT ends the guest at once', async () => {
  let signalled = 0;
  const args = ['exec', '--kernel', 'debian:6.12', '--', 'sh', '-c', 'echo up >&2; sleep 1000'];
  const { code } = await lab(args, (pid) => {
    if (signalled > 0) return;
    signalled = performance.now();
    process.kill(pid, 'SIGINT');
  });
  assert.equal(code, 130);
  assert.ok(performance.now() - signalled < 1000);
});
