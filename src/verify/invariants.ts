/**
 * Every invariant, and their one entry point.
 *
 * A decision can follow its kernel's algorithm and still break one: that is a finding, not a
 * divergence. A kernel is held to what its profile promises and to `rfc`, which is what an
 * ideal one would promise.
 */

import { PROFILES } from '../model/profile.ts';
import type { Holding, Invariant } from './invariant.ts';
import { BINDING } from './invariants/binding.ts';
import { BOUND_FLOW } from './invariants/bound-flow.ts';
import { HOST_SCOPE } from './invariants/host-scope.ts';
import { MEMBERSHIP } from './invariants/membership.ts';
import { NETLINK } from './invariants/netlink.ts';
import { PROGRAM } from './invariants/program.ts';
import { RA_EFFECT } from './invariants/ra-effect.ts';
import { RA_IDENTITY } from './invariants/ra-identity.ts';
import { REGISTRY } from './invariants/registry.ts';
import { UNBOUND_FLOW } from './invariants/unbound-flow.ts';
import type { Observation, Subject } from './observation.ts';
import type { Finding } from './verdict.ts';

/** All, by number. */
export const INVARIANTS: readonly Invariant[] = [
  ...BOUND_FLOW,
  ...UNBOUND_FLOW,
  ...HOST_SCOPE,
  ...BINDING,
  ...MEMBERSHIP,
  ...RA_IDENTITY,
  ...RA_EFFECT,
  ...REGISTRY,
  ...NETLINK,
  ...PROGRAM,
].sort((a, b) => numberOf(a) - numberOf(b));

/** How often an invariant was checked, and how that ended. */
export interface InvariantCount {
  readonly id: string;
  holds: number;
  broken: number;
  /** It was about the observation, but what would decide was not observed. */
  unobservable: number;
}

/** In the order of {@link INVARIANTS}. */
export type InvariantCounts = readonly InvariantCount[];

export function noInvariantCounts(): InvariantCounts {
  return INVARIANTS.map(({ id }) => ({ id, holds: 0, broken: 0, unobservable: 0 }));
}

interface Check {
  /** Index in {@link INVARIANTS}. */
  readonly index: number;
  readonly code: string;
  readonly check: (observation: Observation) => Holding;
}

const NO_FINDINGS: readonly Finding[] = Object.freeze([]);
const NO_CHECKS: readonly Check[] = [];

/**
 * What an observation breaks of the invariants that a kernel of `profile` (`Profile.name`) is
 * held to; `counts` tells how often each was asked. Allocates nothing when nothing is broken.
 */
export function checkInvariants(
  observation: Observation,
  profile: string,
  counts?: InvariantCounts,
): readonly Finding[] {
  const checks = CHECKS.get(profile)?.[observation.subject] ?? NO_CHECKS;
  let findings: Finding[] | undefined;
  for (const { index, code, check } of checks) {
    const holding = check(observation);
    if (holding === 'not-applicable') continue;
    const count = counts?.[index];
    if (typeof holding === 'string') {
      if (count !== undefined) count[holding]++;
      continue;
    }
    if (count !== undefined) count.broken++;
    findings ??= [];
    findings.push({ code, evidence: holding.evidence });
  }
  return findings ?? NO_FINDINGS;
}

/** Whether a kernel of that profile is held to it. */
export function isHeldTo({ profiles }: Invariant, profile: string): boolean {
  return profiles.some((name) => name === profile || name === 'rfc');
}

/** Checks by profile and subject. */
const CHECKS: ReadonlyMap<string, Partial<Record<Subject, readonly Check[]>>> = new Map(
  PROFILES.map(({ name }) => [name, checksFor(name)]),
);

function checksFor(profile: string): Partial<Record<Subject, readonly Check[]>> {
  const bySubject: Partial<Record<Subject, Check[]>> = {};
  for (const [index, invariant] of INVARIANTS.entries()) {
    if (!isHeldTo(invariant, profile)) continue;
    const { code, checks } = invariant;
    for (const [subject, check] of Object.entries(checks) as [Subject, Check['check']][]) {
      bySubject[subject] ??= [];
      bySubject[subject].push({ index, code, check });
    }
  }
  return bySubject;
}

function numberOf({ id }: Invariant): number {
  return Number(id.slice(1));
}
