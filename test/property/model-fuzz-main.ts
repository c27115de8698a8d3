/** `scripts/model-fuzz [--states N] [--lookups N] [--seed N]`: the long run. Exit 1 on a difference. */

import { parseArgs } from 'node:util';
import { runFuzz } from './model-fuzz-run.ts';

const { values } = parseArgs({
  options: {
    states: { type: 'string', default: '500' },
    lookups: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
const tell = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const report = runFuzz(Number(values.seed), Number(values.states), Number(values.lookups), tell);
tell(`traits ${JSON.stringify(report.traits)}`);
tell(`exact predictions: ${((100 * report.exact) / report.lookups).toFixed(1)} %`);
for (const [why, count] of report.refused) tell(`refused ${count}: ${why}`);
process.exitCode = report.differences.length > 0 ? 1 : 0;
