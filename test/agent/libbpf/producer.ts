/** Thread of ring-object.ts. */

import { workerData } from 'node:worker_threads';
import { testRun } from '../../../agent/libbpf/test-run.ts';
import { context, type Production } from './ring-object.ts';

const { programFd, calls, count, spin = 0, pauseMs = 0 } = workerData as Production;
const bytes = context(count, spin);
const never = new Int32Array(new SharedArrayBuffer(4));
for (let i = 0; i < calls; i++) {
  testRun(programFd, bytes);
  if (pauseMs > 0) Atomics.wait(never, 0, 0, pauseMs);
}
