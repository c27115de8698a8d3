/**
 * The series of kernel/ on a kernel built with it: its own selftest, and our verbs.
 * Builds the kernel when nothing fits in the cache, which takes long.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runInGuest } from '../../agent/lab/vm.ts';
import { makeWorkDir } from '../../agent/lab/work-dir.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SELFTEST = 'tools/testing/selftests/net/pvd.py';
const TIMEOUT_MS = 20 * 60_000;
const SPLAT = /WARNING:|BUG:|Oops|suspicious RCU|possible (recursive|circular) locking|leak/;

/** The program the series adds, as its patch has it. */
function selftest(): string {
  const folder = join(ROOT, 'kernel');
  const text = readdirSync(folder)
    .filter((name) => name.endsWith('.patch'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .find((patch) => patch.includes(`+++ b/${SELFTEST}`));
  const from = text?.split(`+++ b/${SELFTEST}\n`)[1] ?? '';
  const [, body = ''] = from.split(/^@@.*@@.*\n/m);
  const lines: string[] = [];
  for (const line of body.split('\n')) {
    if (!line.startsWith('+')) break;
    lines.push(line.slice(1));
  }
  return `${lines.join('\n')}\n`;
}

async function guest(command: readonly string[]) {
  const chunks: string[] = [];
  const lines: string[] = [];
  const result = await runInGuest({
    kernel: await findKernel('pvd'),
    command,
    cwd: ROOT,
    timeoutMs: TIMEOUT_MS,
    stdout: new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk.toString());
        done();
      },
    }),
    onConsole: (line) => lines.push(line),
  });
  return { ...result, out: chunks.join(''), splats: lines.filter((line) => SPLAT.test(line)) };
}

test('the selftest of the series passes, without a splat', async (t) => {
  const work = makeWorkDir();
  const file = join(work.path, 'pvd.py');
  writeFileSync(file, selftest());
  const { exitCode, out, splats } = await guest(['python3', file]);
  t.diagnostic(`${out.split('\n').filter((line) => line.startsWith('ok')).length} checks`);
  assert.deepEqual(splats, []);
  assert.doesNotMatch(out, /^not ok/m);
  assert.equal(exitCode, 0, out);
});
