/** Every invariant against observations that keep it, break it, or do not show enough. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { PROFILES } from '../../src/model/profile.ts';
import type { Invariant } from '../../src/verify/invariant.ts';
import {
  checkInvariants,
  INVARIANTS,
  isHeldTo,
  noInvariantCounts,
} from '../../src/verify/invariants.ts';
import type { Observation } from '../../src/verify/observation.ts';
import { FLOW_CASES } from './invariant-flow.ts';
import { KERNEL_CASES } from './invariant-kernel.ts';
import { RA_CASES } from './invariant-ra.ts';

interface Case {
  readonly holds: readonly Observation[];
  readonly breaks: readonly Observation[];
  readonly open?: readonly Observation[];
  readonly apart?: readonly Observation[];
}

const CASES: Readonly<Record<string, Case>> = { ...FLOW_CASES, ...RA_CASES, ...KERNEL_CASES };

/** What the check of one invariant makes of an observation, by a kernel that promises it. */
function judged({ id, code, profiles }: Invariant, observation: Observation): string {
  const counts = noInvariantCounts();
  const findings = checkInvariants(observation, profiles[0] as string, counts);
  const count = counts.find((one) => one.id === id);
  const mine = findings.filter((finding) => finding.code === code);
  assert.equal(mine.length, count?.broken, 'a finding for each that is counted');
  for (const { evidence } of mine) {
    assert.match(evidence, /[0-9]|example/, 'evidence has values');
    assert.doesNotMatch(evidence, /undefined|null|\[object/);
  }
  const { holds = 0, broken = 0, unobservable = 0 } = count ?? {};
  return broken ? 'breaks' : unobservable ? 'open' : holds ? 'holds' : 'apart';
}

for (const invariant of INVARIANTS) {
  describe(`${invariant.id} ${invariant.code}`, () => {
    const cases = CASES[invariant.id];
    for (const expected of ['holds', 'breaks', 'open', 'apart'] as const) {
      for (const [i, observation] of (cases?.[expected] ?? []).entries()) {
        it(`${expected}: ${i + 1}`, () => {
          assert.equal(judged(invariant, observation), expected);
        });
      }
    }
    it('has a case for each outcome that matters', () => {
      assert.ok(cases !== undefined && cases.holds.length > 0 && cases.breaks.length > 0);
    });
  });
}

describe('the table of invariants', () => {
  it('is I1 to I53, each once, with a code of its own', () => {
    const want = Array.from({ length: 53 }, (_, i) => `I${i + 1}`);
    assert.deepEqual(
      INVARIANTS.map(({ id }) => id),
      want,
    );
    assert.equal(new Set(INVARIANTS.map(({ code }) => code)).size, want.length);
  });
  it('names a profile for each, and one that exists', () => {
    const names = PROFILES.map(({ name }) => name);
    for (const { id, profiles } of INVARIANTS) {
      assert.ok(profiles.length > 0, id);
      for (const name of profiles) assert.ok(names.includes(name), `${id} ${name}`);
    }
  });
  it('is the one of docs/invariants.md', () => {
    const doc = readFileSync(new URL('../../../docs/invariants.md', import.meta.url), 'utf8');
    const rows = INVARIANTS.map(
      ({ id, code, text, source, profiles, checks }) =>
        `| ${id} | \`${code}\` | ${text} | ${source} | ${profiles.join(', ')} | ${Object.keys(checks).join(', ')} |`,
    );
    const have = doc.split('\n').filter((line) => /^\| I\d+ /.test(line));
    assert.deepEqual(have, rows);
  });
});

describe('checkInvariants', () => {
  it('holds a kernel to its own profile and to rfc', () => {
    const r55 = INVARIANTS.find(({ code }) => code === 'rfc6724.r5.5') as Invariant;
    const unaware = INVARIANTS.find(({ code }) => code === 'pvd.unaware') as Invariant;
    assert.ok(isHeldTo(r55, 'linux') && isHeldTo(r55, 'linux-pvd'));
    assert.ok(isHeldTo(unaware, 'linux') && !isHeldTo(unaware, 'linux-pvd'));
  });
  it('gives the same empty list whenever nothing is broken', () => {
    const healthy = FLOW_CASES['I1']?.holds[0] as Observation;
    assert.equal(checkInvariants(healthy, 'linux-pvd'), checkInvariants(healthy, 'linux'));
    assert.equal(checkInvariants(healthy, 'linux').length, 0);
  });
  it('knows no invariants of a profile that does not exist', () => {
    const wrong = FLOW_CASES['I1']?.breaks[0] as Observation;
    assert.equal(checkInvariants(wrong, 'plan9').length, 0);
  });
});
