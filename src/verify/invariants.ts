/**
 * Invariants of PvD-aware decisions, as checks over one decision and the state it was made in.
 *
 * A decision can follow its kernel's algorithm and still break one: that is a finding, not
 * a divergence. Ids are stable; `profiles` names those in which the invariant must hold.
 */

import type { FlowQuery, LookupQuery, Outcome } from '../model/query.ts';
import { isLinkLocal, isMulticast } from '../net/addr6.ts';
import type { PvdId } from '../net/pvd-id.ts';
import type { Address, Snapshot } from '../state/snapshot.ts';

/** What a check made of a decision. */
export type Holding = 'holds' | 'broken' | 'not-applicable';

/** A decision: question, answer (predicted or observed), and the state at that time. */
export interface Decision {
  readonly query: LookupQuery | FlowQuery;
  readonly outcome: Outcome;
  readonly snapshot: Snapshot;
}

export interface Invariant {
  readonly id: string;
  /** Stable code of the finding, e.g. `pvd.bound-route`. */
  readonly code: string;
  /** RFC section or kernel behaviour it comes from. */
  readonly source: string;
  readonly text: string;
  readonly profiles: readonly string[];
  readonly check: (decision: Decision) => Holding;
}

const ENETUNREACH = 101;
const EADDRNOTAVAIL = 99;
const RTN_LOCAL = 2;
const RTN_ANYCAST = 4;
const IFA_F_DEPRECATED = 0x20;
const IFA_F_TENTATIVE = 0x40;
const LOOPBACK_IFINDEX = 1;
const BOUND = ['linux-pvd', 'rfc'] as const;

/** PvDs a flow is bound to; undefined when it is unbound or bound to none. */
function boundTo({ query }: Decision): readonly PvdId[] | undefined {
  const { binding } = query;
  return binding === undefined || binding.length === 0 ? undefined : binding;
}

/** Local, link-local and multicast destinations belong to every PvD (I41, I42). */
function isUnowned({ query, outcome }: Decision): boolean {
  const isLocal = outcome.type === RTN_LOCAL || outcome.type === RTN_ANYCAST;
  return isLocal || isLinkLocal(query.daddr) || isMulticast(query.daddr) || query.daddr === '::1';
}

function isOwn(snapshot: Snapshot, addr: string): boolean {
  for (const a of snapshot.addresses.values()) if (a.addr === addr) return true;
  return false;
}

/** Whether an address may be a source now, of a scope wider than the link. */
function isUsable(a: Address): boolean {
  return (a.flags & (IFA_F_DEPRECATED | IFA_F_TENTATIVE)) === 0 && !isLinkLocal(a.addr);
}

function usableOf(snapshot: Snapshot, pvds: readonly PvdId[]): Address[] {
  return [...snapshot.addresses.values()].filter(
    (a) => a.attribution.pvd !== undefined && pvds.includes(a.attribution.pvd) && isUsable(a),
  );
}

/** Whether the source was left to the kernel. */
function isSourceChosen({ query, outcome }: Decision): boolean {
  return query.kind === 'flow' && (query.saddr ?? '::') === '::' && outcome.error === 0;
}

function when(applies: boolean, holds: () => boolean): Holding {
  if (!applies) return 'not-applicable';
  return holds() ? 'holds' : 'broken';
}

/** Those a single decision can break. */
export const DECISION_INVARIANTS: readonly Invariant[] = [
  {
    id: 'I1',
    code: 'pvd.bound-route',
    source: 'RFC 7556, section 5.2.1',
    text: 'a flow bound to a PvD takes a route of that PvD',
    profiles: BOUND,
    check: (d) => {
      const bound = boundTo(d);
      return when(
        bound !== undefined && d.outcome.error === 0 && !isUnowned(d),
        () => d.outcome.routePvd !== undefined && bound?.includes(d.outcome.routePvd) === true,
      );
    },
  },
  {
    id: 'I2',
    code: 'pvd.bound-source',
    source: 'RFC 7556, section 5.2.1',
    text: 'a bound flow gets a source of its PvD whenever that has a usable one',
    profiles: BOUND,
    check: (d) => {
      const bound = boundTo(d);
      const applies = bound !== undefined && isSourceChosen(d) && !isUnowned(d);
      return when(
        applies && usableOf(d.snapshot, bound).length > 0,
        () => d.outcome.saddrPvd !== undefined && bound?.includes(d.outcome.saddrPvd) === true,
      );
    },
  },
  {
    id: 'I3',
    code: 'pvd.no-foreign-source',
    source: 'RFC 7556, section 5.2.1',
    text: 'a bound flow without a source of its PvD fails rather than borrow one',
    profiles: BOUND,
    check: (d) => {
      const bound = boundTo(d);
      return when(
        bound !== undefined && isSourceChosen(d) && !isUnowned(d),
        () => d.outcome.saddrPvd === undefined || bound?.includes(d.outcome.saddrPvd) === true,
      );
    },
  },
  {
    id: 'I4',
    code: 'rfc6724.r5.5',
    source: 'RFC 6724, section 5, rule 5.5; RFC 8028, section 3.1',
    text: 'an unbound flow takes a source of the PvD of its route when that has a usable one',
    profiles: ['rfc'],
    check: (d) => {
      const { routePvd, saddrPvd } = d.outcome;
      const applies = boundTo(d) === undefined && isSourceChosen(d) && routePvd !== undefined;
      return when(
        applies && usableOf(d.snapshot, [routePvd as PvdId]).length > 0,
        () => saddrPvd === routePvd,
      );
    },
  },
  {
    id: 'I6',
    code: 'pvd.unknown-binding',
    source: 'SO_BINDTOPVD semantics',
    text: 'a flow bound to a PvD that does not exist finds no route',
    profiles: [...BOUND, 'netpvd-4.15'],
    check: (d) => {
      const bound = boundTo(d);
      const gone = bound?.every((id) => !d.snapshot.pvds.has(id)) === true;
      return when(gone && !isUnowned(d), () => isUnreachable(d.outcome.error));
    },
  },
  {
    id: 'I41',
    code: 'pvd.local-stays-local',
    source: 'RFC 4291, section 2.5.3',
    text: 'traffic to the host itself never leaves it, whatever the binding',
    profiles: [...BOUND, 'linux'],
    check: (d) => {
      const { outcome, query, snapshot } = d;
      const toSelf = query.daddr === '::1' || isOwn(snapshot, query.daddr);
      const free = (query.oif ?? 0) === 0 && query.kind === 'flow';
      return when(
        toSelf && free && outcome.error === 0,
        () =>
          outcome.oif === LOOPBACK_IFINDEX || snapshot.links.get(outcome.oif)?.isL3Master === true,
      );
    },
  },
  {
    id: 'I42',
    code: 'pvd.link-scope-on-link',
    source: 'RFC 4291, sections 2.5.6 and 2.7',
    text: 'link-local and multicast destinations are on-link, whatever the binding',
    profiles: [...BOUND, 'linux'],
    check: (d) => {
      const { daddr } = d.query;
      const applies = (isLinkLocal(daddr) || isMulticast(daddr)) && d.outcome.error === 0;
      return when(applies, () => d.outcome.gateway === '::');
    },
  },
];

function isUnreachable(error: number): boolean {
  return error === ENETUNREACH || error === EADDRNOTAVAIL;
}

/** What a decision breaks in a profile. */
export function brokenInvariants(decision: Decision, profile: string): Invariant[] {
  return DECISION_INVARIANTS.filter(
    (one) => one.profiles.includes(profile) && one.check(decision) === 'broken',
  );
}
