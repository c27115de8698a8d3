/** Stock kernels of three lines answer the conformance tables and random states as the model does. */

import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runInGuest } from '../../agent/lab/vm.ts';

const KERNELS = ['debian:6.1', 'debian:6.12', 'debian:7.2'];
/** Emulated, on a busy machine. */
const TIMEOUT_MS = 1_800_000;

for (const kernel of KERNELS) {
  test(`${kernel}: tables and a short fuzz`, { timeout: TIMEOUT_MS + 60_000 }, async () => {
    let out = '';
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        out += chunk.toString();
        done();
      },
    });
    const suites = ['model.test.js', 'model-fuzz.test.js', 'calibrate.test.js'].map((name) =>
      fileURLToPath(new URL(`../net/${name}`, import.meta.url)),
    );
    const result = await runInGuest({
      kernel: await findKernel(kernel),
      command: [process.execPath, '--test', ...suites],
      stdout: sink,
      stderr: sink,
      timeoutMs: TIMEOUT_MS,
    });
    const failed = out.split('\n').filter((line) => /^\s*(not ok|error:)/.test(line));
    assert.equal(result.exitCode, 0, failed.slice(0, 20).join('\n'));
    assert.match(out, /^# pass [1-9]/m);
  });
}
