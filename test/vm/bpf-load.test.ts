/** Every program of bpf/ on every kernel: test/vm/bpf-load.ts in a guest, its TAP read here. */

import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runInGuest } from '../../agent/lab/vm.ts';

const PROGRAM = fileURLToPath(new URL('./bpf-load.js', import.meta.url));

for (const name of ['debian:6.1', 'debian:6.12', 'debian:7.2']) {
  test(`records say what the kernel does on ${name}`, { timeout: 900_000 }, async () => {
    const said: Buffer[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        said.push(chunk);
        done();
      },
    });
    const result = await runInGuest({
      kernel: await findKernel(name),
      command: [process.execPath, PROGRAM],
      stdout: sink,
      stderr: sink,
    });
    const out = Buffer.concat(said).toString();
    assert.equal(result.exitCode, 0, out.replace(/^ok .*\n/gm, '').slice(0, 8000));
    assert.ok((out.match(/^ok /gm) ?? []).length > 50, 'the checks ran');
    assert.deepEqual(result.complaints, []);
  });
}
