/** The table of RA effects, answered by the model. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { predictRa } from '../../src/model/ra-effect.ts';
import { LINUX_RA, RA_QUIRKS_NEW, type RaProfile, RFC_RA } from '../../src/model/ra-profile.ts';
import { applied, type Ranges, startOf } from '../case/ra-apply.ts';
import { expectedOn, inputOf, moreOf, type RaCase, rasOf, readRaCases } from '../case/ra-case.ts';
import { FRESH, linesOf, settingsAfter } from '../case/ra-lines.ts';

const SEC = 1_000_000_000n;

/** The RAs of a row one after the other, one second apart; what the interface has then. */
function answer(row: RaCase, profile: RaProfile): string[] {
  const { snapshot, ifindex } = startOf(row);
  const ranges: Ranges = new Map();
  let state = snapshot;
  let settings = FRESH;
  let tsNs = 100n * SEC;
  for (const ra of row.unseen ? [] : rasOf(row)) {
    tsNs += SEC / 100n;
    const prediction = predictRa(state, inputOf(ra, ifindex, tsNs), profile, moreOf(row));
    assert.equal(prediction.undecided, undefined);
    state = applied(state, prediction, ifindex, ranges);
    settings = settingsAfter(settings, prediction);
  }
  return linesOf(state, ifindex, tsNs, settings, ranges);
}

const KERNELS = {
  'Linux 6.12, 7.2': RA_QUIRKS_NEW,
  'Linux 6.1': {
    ...RA_QUIRKS_NEW,
    tempRaised: false,
    regenMinAdvanceSec: 0,
    dfltHasLifetime: false,
  },
  'Linux 6.18.44': { ...RA_QUIRKS_NEW, rioShort: true },
} as const;

for (const [name, quirks] of Object.entries(KERNELS)) {
  describe(name, () => {
    const profile = { ...LINUX_RA, quirks };
    for (const row of readRaCases()) {
      if (row.needs !== undefined && !quirks.tempRaised) continue;
      test(`${row.id}: ${row.why}`, () => {
        assert.deepEqual(answer(row, profile), [...expectedOn(row, quirks)].sort());
      });
    }
  });
}

describe('the RFCs', () => {
  for (const row of readRaCases()) {
    test(`${row.id}: ${row.why}`, () => {
      const expected = row.rfc ?? row.expect;
      assert.deepEqual(answer(row, RFC_RA), [...expected].sort());
    });
  }
});
