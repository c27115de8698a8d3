/** The whole library of scenarios on all kernels, in one command. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MAIN, PACKAGE_ROOT } from '../../agent/paths.ts';

const DIR = join(PACKAGE_ROOT, 'test/scenarios');
const FILES = readdirSync(DIR)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => join(DIR, file));
const KERNELS = ['debian:6.1', 'debian:6.12', 'debian:7.2'];

test('every scenario meets its expectations on every kernel', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'pvdscope-scenarios-'));
  const report = join(dir, 'report.md');
  const kernels = KERNELS.flatMap((kernel) => ['--kernel', kernel]);
  const args = ['lab', 'run', ...kernels, '--timeout', '3600', `--report=markdown=${report}`];
  const child = spawn(process.execPath, [MAIN, ...args, ...FILES], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    out += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const text = readFileSync(report, 'utf8');
  rmSync(dir, { recursive: true });
  assert.equal(code, 0, out);
  assert.equal(out.match(/^ok \d+ - /gm)?.length, FILES.length * KERNELS.length, out);
  assert.match(out, /^# Totals: pass:\d+ fail:0 xfail:\d+ xpass:0 skip:\d+ error:0$/m);
  t.diagnostic(/^.* runs of scenarios on 3 kernels in .*$/m.exec(text)?.[0] ?? 'no report');
});
