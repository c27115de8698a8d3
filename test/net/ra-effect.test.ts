/** This kernel does with RAs what the table and the model say. */

import assert from 'node:assert/strict';
import { release } from 'node:os';
import { before, describe, test } from 'node:test';
import { RA_QUIRKS_NEW } from '../../src/model/ra-profile.ts';
import { expectedOn, readRaCases } from '../case/ra-case.ts';
import { alike } from '../case/ra-lines.ts';
import { addNetns, SKIP } from './netns-bed.ts';
import { askKernel, type KernelRow, SLACK_SEC } from './ra-effect-kernel.ts';

const rows = readRaCases();
/** What time does to temporary addresses that are made anew every second. */
const CHURNING: ReadonlySet<string> = new Set(['ra.address-unexpected', 'ra.lifetime']);

/** All but those addresses, and whether there are any. */
function withoutChurn(lines: readonly string[]): string[] {
  const lasting = lines.filter((line) => !line.startsWith('temp '));
  return [...lasting, lines.length > lasting.length ? 'temp' : 'no temp'].sort();
}

describe(`RAs on Linux ${release()}`, { skip: SKIP }, () => {
  let answers: ReadonlyMap<string, KernelRow> = new Map();
  let quirks = RA_QUIRKS_NEW;
  before(async () => {
    const asked = await askKernel(rows, { host: addNetns(), router: addNetns() });
    answers = new Map(asked.rows.map((answer) => [answer.row.id, answer]));
    quirks = asked.quirks;
    process.stdout.write(`# ${JSON.stringify(quirks)}\n`);
  });
  for (const row of rows) {
    test(`${row.id}: ${row.why}`, (t) => {
      const answer = answers.get(row.id);
      assert(answer !== undefined, 'not asked');
      if (answer.skip !== undefined) return t.skip(answer.skip);
      const settled = (lines: readonly string[]): string[] =>
        row.churn === true ? withoutChurn(lines) : [...lines].sort();
      const expected = settled(expectedOn(row, quirks));
      const lines = settled(answer.lines);
      if (!alike(lines, expected, SLACK_SEC + answer.spanSec)) assert.deepEqual(lines, expected);
      for (const { verdict, differences } of answer.judgements) {
        const unexplained = differences.filter(
          ({ code }) => row.churn !== true || !CHURNING.has(code),
        );
        assert.deepEqual(unexplained, []);
        if (row.churn !== true) assert.equal(verdict.verdict, 'agree');
      }
    });
  }
});
