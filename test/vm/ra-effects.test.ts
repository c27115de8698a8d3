/** Stock kernels of three lines do with RAs what the table and the model say: a boot each. */

import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runInGuest } from '../../agent/lab/vm.ts';
import { readRaCases } from '../case/ra-case.ts';

const SUITE = fileURLToPath(new URL('../net/ra-effect.test.js', import.meta.url));
/** Linux 6.1 lacks the sysctls some rows need. */
const ROWS_MIN = readRaCases().filter(({ needs }) => needs === undefined).length;

for (const kernelName of ['debian:6.1', 'debian:6.12', 'debian:7.2']) {
  test(`${kernelName}: every row`, { timeout: 360_000 }, async (t) => {
    let out = '';
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        out += chunk.toString();
        done();
      },
    });
    const result = await runInGuest({
      kernel: await findKernel(kernelName),
      command: [process.execPath, '--test-reporter=tap', SUITE],
      stdout: sink,
      stderr: sink,
    });
    t.diagnostic(`boot ${result.bootMs.toFixed(0)} ms, rows ${result.commandMs.toFixed(0)} ms`);
    t.diagnostic(/\{"rioShort.*\}/.exec(out)?.[0] ?? 'no traits');
    const failed = out.split('\n').filter((line) => /^\s*(not ok|error:|[+-] )/.test(line));
    assert.equal(result.exitCode, 0, failed.slice(0, 40).join('\n') || out.slice(-4000));
    assert.deepEqual(result.complaints, [], 'the kernel complained');
    const passed = Number(/^# pass (\d+)/m.exec(out)?.[1]);
    const skipped = Number(/^# skipped (\d+)/m.exec(out)?.[1]);
    assert.ok(
      passed - skipped >= ROWS_MIN || passed >= ROWS_MIN,
      `${passed} rows, ${skipped} skipped`,
    );
  });
}
