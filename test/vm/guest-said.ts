/** A program of this suite run in a guest, which must have nothing to complain of. */

import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runInGuest } from '../../agent/lab/vm.ts';

export interface GuestProgram {
  readonly kernel: string;
  /** The script and its arguments. */
  readonly args: readonly [script: string, dir: string, ...more: string[]];
  readonly timeoutMs: number;
  readonly memMiB?: number;
}

/** All that it said, on both streams; `dir` is shared with it. */
export async function guestSaid(program: GuestProgram): Promise<string> {
  const { kernel, args, timeoutMs, memMiB } = program;
  let said = '';
  const collect = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said += chunk.toString();
      done();
    },
  });
  const { complaints, exitCode } = await runInGuest({
    kernel: await findKernel(kernel),
    command: [process.execPath, ...args],
    rw: [args[1]],
    timeoutMs,
    ...(memMiB === undefined ? {} : { memMiB }),
    stdout: collect,
    stderr: collect,
  });
  assert.deepEqual(complaints, [], 'the kernel complained');
  assert.equal(exitCode, 0, said);
  return said;
}
