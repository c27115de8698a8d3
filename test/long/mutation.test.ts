/** The mutations of test/verify, each kind on a thousand runs. */

import { test } from 'node:test';
import { mutateRuns } from '../verify/mutation-run.ts';

const SEEDS = 1000;

test(`each kind of mutation on ${SEEDS} runs`, (t) => {
  for (const [name, { flagged, equivalent }] of mutateRuns(SEEDS)) {
    t.diagnostic(`${name}: ${flagged} flagged, ${equivalent} equivalent`);
  }
});
