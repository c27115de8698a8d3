/** A short run of the differential fuzz; the long one is scripts/model-fuzz. Needs root and iproute2. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { it } from 'node:test';
import { askHere } from '../case/kernel.ts';
import { runFuzz } from '../property/model-fuzz-run.ts';

it('model and kernel agree on random states', async (t) => {
  const report = await runFuzz({
    ask: askHere,
    first: 1,
    states: 20,
    questions: 100,
    batch: 20,
    vrf: existsSync('/sys/module/vrf'),
    tell: (line) => t.diagnostic(line),
  });
  assert.deepEqual(report.differences, []);
  assert(report.lookups >= 1500, `only ${report.lookups} lookups: ${[...report.refused.keys()]}`);
});
