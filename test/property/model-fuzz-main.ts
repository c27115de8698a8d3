/**
 * `scripts/model-fuzz [--kernel NAME] [--states N] [--lookups N] [--seed N] [--batch N]`: the long
 * run, here or in guests. Exit 1 on a difference.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runInGuest } from '../../agent/lab/vm.ts';
import { type Asker, askHere, caseReader, RUNNER_COMMAND } from '../case/kernel.ts';
import { runFuzz } from './model-fuzz-run.ts';
import { reproducer } from './model-fuzz-script.ts';

const { values } = parseArgs({
  options: {
    states: { type: 'string', default: '500' },
    lookups: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    batch: { type: 'string', default: '100' },
    kernel: { type: 'string' },
  },
});
/** A state takes a few seconds in an emulated guest. */
const TIMEOUT_MS = 3 * 3_600_000;
/** Few: the machine is emulated, and neighbour entries have timers. */
const AT_ONCE = 3;
const tell = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** A guest for each call: it reads the jobs from this machine's files and prints its answers. */
function askGuest(kernel: string): Asker {
  return async (jobs, onCase) => {
    const dir = mkdtempSync(join(tmpdir(), 'model-fuzz-'));
    try {
      const file = join(dir, 'jobs.json');
      writeFileSync(file, JSON.stringify(jobs));
      const reader = caseReader(onCase);
      const result = await runInGuest({
        kernel: await findKernel(kernel),
        command: ['sh', '-c', `exec ${RUNNER_COMMAND.join(' ')} ${AT_ONCE} <${file}`],
        stdout: new Writable({
          decodeStrings: false,
          write(chunk: Buffer | string, _encoding, done) {
            reader.push(chunk.toString());
            done();
          },
        }),
        timeoutMs: TIMEOUT_MS,
      });
      if (result.exitCode !== 0) tell(`the guest ended with ${result.exitCode} (${result.end})`);
      return reader.cases;
    } finally {
      rmSync(dir, { recursive: true });
    }
  };
}

const report = await runFuzz({
  ask: values.kernel === undefined ? askHere : askGuest(values.kernel),
  first: Number(values.seed),
  states: Number(values.states),
  questions: Number(values.lookups),
  batch: Number(values.batch),
  vrf: values.kernel !== undefined,
  tell,
});
tell(`traits ${JSON.stringify(report.traits)}`);
tell(`exact predictions: ${((100 * report.exact) / report.lookups).toFixed(1)} %`);
for (const [why, count] of report.refused) tell(`refused ${count}: ${why}`);
for (const d of report.differences) tell(`\n# seed ${d.seed}\n${reproducer(d)}`);
process.exitCode = report.differences.length > 0 ? 1 : 0;
