/** The table of RA effects, answered by the model. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { predictRa } from '../../src/model/ra-effect.ts';
import {
  LINUX_RA,
  RA_QUIRKS_NEW,
  RA_QUIRKS_UNKNOWN,
  type RaProfile,
  RFC_RA,
} from '../../src/model/ra-profile.ts';
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

describe('a static route in the way of the default route', () => {
  const predictionOf = (expires: string, quirks = RA_QUIRKS_NEW) => {
    const before = [`route add default via fe80::1 dev A metric 1024${expires}`];
    const row: RaCase = { id: 'static', why: '', before, send: [{}], expect: [] };
    const { snapshot, ifindex } = startOf(row);
    const [ra] = rasOf(row);
    assert.ok(ra);
    return predictRa(snapshot, inputOf(ra, ifindex, 100n * SEC), { ...LINUX_RA, quirks });
  };
  const lifetimes = ({ routes, ended }: ReturnType<typeof predictRa>) => [
    ended,
    routes.map(({ kind, expiresNs }) => `${kind} ${(expiresNs ?? 0n) / SEC - 100n}`),
  ];

  test('stays as it is', () => {
    assert.deepEqual(lifetimes(predictionOf('')), ['dflt-refused', []]);
  });
  test('takes over the router lifetime when it expires itself', () => {
    assert.deepEqual(lifetimes(predictionOf(' expires 5000')), ['dflt-refused', ['foreign 1800']]);
  });
  test('ends at once where the kernel sets the lifetime later', () => {
    const old = { ...RA_QUIRKS_NEW, dfltHasLifetime: false };
    const found = lifetimes(predictionOf(' expires 5000', old));
    assert.deepEqual(found, ['dflt-refused', ['foreign 0']]);
  });
  test('is left open where that is not known', () => {
    const { undecided } = predictionOf(' expires 5000', RA_QUIRKS_UNKNOWN);
    assert.equal(undecided, 'quirk-dflt-lifetime');
  });
});

test('settings the replica does not hold are left open', () => {
  const options = [{ pio: { prefix: '2001:db8:1::/64', pdPreferred: true } }];
  const row: RaCase = { id: 'open', why: '', send: [{ options }], expect: [] };
  const { snapshot, ifindex } = startOf(row);
  const [ra] = rasOf(row);
  assert.ok(ra);
  const input = inputOf(ra, ifindex, SEC);
  assert.equal(predictRa(snapshot, input, LINUX_RA).undecided, 'pio-pflag');
  const known = predictRa(snapshot, input, LINUX_RA, { raHonorPioPflag: 0 });
  assert.equal(known.undecided, undefined);
  assert.deepEqual(
    known.addresses.map(({ addr }) => addr),
    [undefined],
    'a token may be set',
  );
});

test('each item names the PvD of its RA', () => {
  const options = [{ pvd: { id: 'A.Example' } }, { pio: { prefix: '2001:db8:1::/64' } }];
  const row: RaCase = { id: 'pvd', why: '', send: [{ options }, { from: 'fe80::2' }], expect: [] };
  const { snapshot, ifindex } = startOf(row);
  const pvds = rasOf(row).map((ra) => {
    const found = predictRa(snapshot, inputOf(ra, ifindex, SEC), LINUX_RA);
    return new Set([found, ...found.addresses, ...found.routes].map(({ pvd }) => pvd));
  });
  assert.deepEqual(pvds, [new Set(['a.example']), new Set([`implicit:${ifindex}:fe80::2`])]);
});
