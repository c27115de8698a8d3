/** Kernels whose quirks are not known, kernels without router preferences, and the ideal's ties. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createModelState } from '../../src/model/model-state.ts';
import { createModel } from '../../src/model/predict.ts';
import {
  LINUX,
  type Profile,
  QUIRKS_NEW,
  RFC,
  withCalibration,
  withQuirks,
} from '../../src/model/profile.ts';
import { modelAnswers, parseAsk, plainText, stateOf } from '../case/answer.ts';
import { toSnapshot } from '../case/ip-state.ts';
import { KERNELS, quirksOf, readTable, TABLES } from '../case/model-case.ts';

function ask(profile: Profile, text: string, question: string): string[] {
  const { state } = stateOf(text);
  const model = createModel(createModelState(toSnapshot(state)), profile);
  return modelAnswers(model, state, parseAsk(question)).map(plainText).sort();
}

describe('withCalibration', () => {
  it('knows what was found and nothing else', () => {
    const { quirks } = withCalibration(LINUX, { mip6: false, unheardOf: true });
    assert.deepEqual(
      Object.entries(quirks).filter(([, on]) => on !== undefined),
      [['mip6', false]],
    );
  });

  it('leaves the ideal its rule 5.5', () => {
    assert.equal(withCalibration(RFC, { nextHopRule: false }).quirks.nextHopRule, true);
    assert.equal(withCalibration(LINUX, { nextHopRule: true }).quirks.nextHopRule, true);
  });
});

describe('a kernel nobody asked', () => {
  const unknown = withCalibration(LINUX, undefined);
  for (const row of TABLES.flatMap(readTable)) {
    it(`${row.id}: may answer as any kernel of the tables does`, () => {
      const { state } = stateOf(row.state);
      const open = createModel(createModelState(toSnapshot(state)), unknown);
      for (const question of Object.keys(row.ask)) {
        const allowed = new Set(
          modelAnswers(open, state, parseAsk(question), row.wait).map(plainText),
        );
        for (const { name, traits } of KERNELS) {
          const known = withQuirks(LINUX, { ...quirksOf(traits), ...row.only });
          const model = createModel(createModelState(toSnapshot(state)), known);
          for (const answer of modelAnswers(model, state, parseAsk(question), row.wait))
            assert(allowed.has(plainText(answer)), `${question} on ${name}: ${plainText(answer)}`);
        }
      }
    });
  }

  it('answers one way throughout a decision', () => {
    // Either only A's member counts, in both lookups, or neither.
    const state = `
      dev A B
      nexthop add id 1 via fe80::1 dev A
      nexthop add id 2 via fe80::1 dev B
      nexthop add id 3 group 1/2
      route add ::/0 nhid 3`;
    const known = [true, false].map((on) => ({ oifMatchShortcut: on, nhgrpScanAll: on }));
    const each = known.map((k) => ask(withQuirks(LINUX, k), state, 'get 2001:db8:9::1 oif A'));
    assert.deepEqual(each, [
      ['A via fe80::1 src fe80::61'],
      ['A via fe80::1 src fe80::61', 'B via fe80::1 src fe80::61'],
    ]);
    assert.deepEqual(ask(unknown, state, 'get 2001:db8:9::1 oif A'), each[1]);
  });
});

describe('without CONFIG_IPV6_ROUTER_PREF', () => {
  const profile = withQuirks(LINUX, { routerPref: false });
  const state = `
    route add ::/0 dev A pref low
    route add ::/0 dev B pref high
    route add ::/0 dev C metric 2000`;

  it('preferences do not count, and the round robin may stand anywhere in the lowest metric', () => {
    assert.deepEqual(ask(profile, state, 'get 2001:db8:9::1'), [
      'A src fe80::61',
      'B src fe80::62',
    ]);
  });

  it('the best of them wins from wherever it starts', () => {
    assert.deepEqual(ask(profile, state, 'get 2001:db8:9::1 oif B'), ['B src fe80::62']);
    assert.deepEqual(ask(profile, state, 'get 2001:db8:9::1 from 2001:db8:1::1 oif B'), [
      'B src fe80::62',
    ]);
  });

  it('a router without neighbour entry is as good as one that is known, one that is silent is not', () => {
    const routers = `
      route add ::/0 via fe80::1 dev A
      route add ::/0 via fe80::1 dev B metric 2000`;
    const silent = `${routers}
      neigh add fe80::1 dev A nud incomplete`;
    assert.deepEqual(ask(profile, routers, 'get 2001:db8:9::1'), ['A via fe80::1 src fe80::61']);
    assert.deepEqual(ask(profile, silent, 'get 2001:db8:9::1'), ['B via fe80::1 src fe80::62']);
  });
});

describe('rfc', () => {
  it('leaves open who wins a tie in all rules', () => {
    const state = `
      addr add P:1::1/64 dev A
      addr add P:1::2/64 dev A
      route add ::/0 via fe80::1 dev A`;
    assert.deepEqual(ask(RFC, state, 'udp 2001:db8:9::1'), [
      'src 2001:db8:1::1',
      'src 2001:db8:1::2',
    ]);
    assert.deepEqual(ask({ ...LINUX, quirks: QUIRKS_NEW }, state, 'udp 2001:db8:9::1'), [
      'src 2001:db8:1::2',
    ]);
  });
});
