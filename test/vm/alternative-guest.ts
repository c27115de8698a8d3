/** PvDs as VRFs and as policy-based routing on a guest's kernel. */

import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runInGuest } from '../../agent/lab/vm.ts';
import type { AlternativeKind } from '../../src/model/alternative.ts';

/** Emulated, on a busy machine. */
const TIMEOUT_MS = 900_000;

/** One boot: every row of the table, in these ways. */
export function checkInGuest(kernel: string, kinds: readonly AlternativeKind[]): void {
  test(`${kernel}: PvDs as ${kinds.join(' and ')}`, {
    timeout: TIMEOUT_MS + 60_000,
  }, async () => {
    let out = '';
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        out += chunk.toString();
        done();
      },
    });
    const files = kinds.map((kind) =>
      fileURLToPath(new URL(`../net/alternative-${kind}.test.js`, import.meta.url)),
    );
    const result = await runInGuest({
      kernel: await findKernel(kernel),
      command: [process.execPath, '--test', ...files],
      stdout: sink,
      stderr: sink,
      timeoutMs: TIMEOUT_MS,
    });
    const failed = out.split('\n').filter((line) => /^\s*(not ok|error:)/.test(line));
    assert.equal(result.exitCode, 0, failed.slice(0, 20).join('\n') || out.slice(-2000));
    assert.match(out, /^# pass [1-9]/m);
    assert.match(out, /^# skipped 0/m);
  });
}
