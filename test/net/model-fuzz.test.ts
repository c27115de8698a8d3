/** A short run of the differential fuzz; the long one is scripts/model-fuzz. Needs root and iproute2. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runFuzz } from '../property/model-fuzz-run.ts';

it('model and kernel agree on random states', (t) => {
  const report = runFuzz(1, 20, 100, (line) => t.diagnostic(line));
  assert.deepEqual(report.differences, []);
  assert(report.lookups >= 1500, `only ${report.lookups} lookups: ${[...report.refused.keys()]}`);
});
