/** Flows bound to PvDs: their route, their source, and what happens without one. */

import { prefix6From } from '../../net/prefix6.ts';
import type { PvdId } from '../../net/pvd-id.ts';
import { broken, type Holding, type Invariant, unless } from '../invariant.ts';
import type { DecisionObservation } from '../observation.ts';
import {
  boundTo,
  flowText,
  isOffLink,
  isRouteUnattributed,
  isSourceChosen,
  isSourceUnattributed,
  isUnreachable,
  pvdText,
  routeText,
  sourceText,
  usableOf,
} from './flow.ts';

const KEPT = ['linux-pvd', 'rfc'] as const;

function isOf(pvd: PvdId | undefined, bound: readonly PvdId[]): boolean {
  return pvd !== undefined && bound.includes(pvd);
}

function takesItsRoute(d: DecisionObservation): Holding {
  const bound = boundTo(d);
  if (bound === undefined || d.outcome.error !== 0 || !isOffLink(d)) return 'not-applicable';
  if (isOf(d.outcome.routePvd, bound)) return 'holds';
  if (isRouteUnattributed(d)) return 'unobservable';
  return broken(`the flow ${flowText(d)} took ${routeText(d)}`);
}

function takesItsSource(d: DecisionObservation): Holding {
  const bound = boundTo(d);
  if (bound === undefined || !isSourceChosen(d) || !isOffLink(d)) return 'not-applicable';
  if (isOf(d.outcome.saddrPvd, bound)) return 'holds';
  const own = usableOf(d.snapshot, bound);
  if (own === undefined) return 'not-applicable';
  if (isSourceUnattributed(d)) return 'unobservable';
  const had = `${own.addr} of ${pvdText(own.attribution.pvd)}`;
  return broken(`the flow ${flowText(d)} got ${sourceText(d)}, and there was ${had}`);
}

function borrowsNoSource(d: DecisionObservation): Holding {
  const bound = boundTo(d);
  if (bound === undefined || !isSourceChosen(d) || !isOffLink(d)) return 'not-applicable';
  if (isOf(d.outcome.saddrPvd, bound)) return 'holds';
  if (isSourceUnattributed(d)) return 'unobservable';
  return broken(`the flow ${flowText(d)} did not fail but got ${sourceText(d)}`);
}

function failsUnknown(d: DecisionObservation): Holding {
  const bound = boundTo(d);
  if (bound === undefined || !isOffLink(d)) return 'not-applicable';
  for (const id of bound) if (d.snapshot.pvds.has(id)) return 'not-applicable';
  return failsSilently(d, 'does not exist');
}

function failsWithoutRoute(d: DecisionObservation): Holding {
  const bound = boundTo(d);
  if (bound === undefined || !isOffLink(d)) return 'not-applicable';
  if (d.outcome.error === 0 && isOf(d.outcome.routePvd, bound)) return 'not-applicable';
  if (isUnreachable(d.outcome.error) && (d.packetsSent ?? 0) === 0) return 'holds';
  if (!bound.some((id) => d.snapshot.pvds.has(id))) return 'not-applicable';
  if (isRouteUnattributed(d)) return 'unobservable';
  if (hasRoute(d, bound)) return 'not-applicable';
  return failsSilently(d, 'has no route there');
}

function failsSilently(d: DecisionObservation, why: string): Holding {
  const { error } = d.outcome;
  const sent = d.packetsSent ?? 0;
  if (isUnreachable(error) && sent === 0) return 'holds';
  const did = sent > 0 ? `sent ${sent} packets` : error === 0 ? `took ${routeText(d)}` : 'failed';
  return broken(`the flow ${flowText(d)}, which ${why}, ${did} (errno ${error})`);
}

/** Whether one of the PvDs has a route that covers the destination. */
function hasRoute({ query, snapshot }: DecisionObservation, bound: readonly PvdId[]): boolean {
  for (const { dst, dstLen, attribution } of snapshot.routes.values()) {
    if (!isOf(attribution.pvd, bound)) continue;
    if (prefix6From(query.daddr, dstLen) === `${dst}/${dstLen}`) return true;
  }
  return false;
}

function answersFromItsPvd(d: DecisionObservation): Holding {
  const bound = boundTo(d);
  if (bound === undefined || d.outcome.error !== 0 || !isOffLink(d)) return 'not-applicable';
  if (d.phase === undefined) return 'unobservable';
  if (d.phase !== 'reply') return 'not-applicable';
  if (!isOf(d.outcome.saddrPvd, bound) && isSourceUnattributed(d)) return 'unobservable';
  const own = isOf(d.outcome.saddrPvd, bound) && isOf(d.outcome.routePvd, bound);
  return unless(
    own,
    () => `a server ${flowText(d)} answered from ${sourceText(d)}, ${routeText(d)}`,
  );
}

function staysInItsPvd(d: DecisionObservation): Holding {
  const bound = boundTo(d);
  if (bound === undefined || d.outcome.error !== 0 || !isOffLink(d)) return 'not-applicable';
  if (d.phase === undefined) return 'unobservable';
  if (d.phase !== 'established') return 'not-applicable';
  const holding = takesItsRoute(d);
  return typeof holding === 'string' ? holding : broken(`once established, ${holding.evidence}`);
}

export const BOUND_FLOW: readonly Invariant[] = [
  {
    id: 'I1',
    code: 'pvd.bound-route',
    source: 'RFC 7556, section 5.2.2',
    text: 'A flow bound to a PvD takes a route of that PvD.',
    profiles: KEPT,
    checks: { decision: takesItsRoute },
  },
  {
    id: 'I2',
    code: 'pvd.bound-source',
    source: 'RFC 7556, section 5.2.2',
    text: 'A bound flow gets a source of its PvD whenever that has a usable one.',
    profiles: KEPT,
    checks: { decision: takesItsSource },
  },
  {
    id: 'I3',
    code: 'pvd.no-foreign-source',
    source: 'RFC 7556, section 5.2.2',
    text: 'A bound flow without a source of its PvD fails rather than borrow one.',
    profiles: KEPT,
    checks: { decision: borrowsNoSource },
  },
  {
    id: 'I6',
    code: 'pvd.unknown-binding',
    source: 'SO_BINDTOPVD',
    text: 'A flow bound to a PvD that does not exist is unreachable, and nothing is sent.',
    profiles: [...KEPT, 'netpvd-4.15'],
    checks: { decision: failsUnknown },
  },
  {
    id: 'I7',
    code: 'pvd.no-route-in-pvd',
    source: 'SO_BINDTOPVD; RFC 7556, section 5.2.2',
    text: 'A flow bound to a PvD without a route there is unreachable, and nothing is sent.',
    profiles: [...KEPT, 'netpvd-4.15'],
    checks: { decision: failsWithoutRoute },
  },
  {
    id: 'I43',
    code: 'pvd.server-reply',
    source: 'RFC 7556, section 5.2.3',
    text: 'A server bound to a PvD answers from addresses and by routes of that PvD only.',
    profiles: KEPT,
    checks: { decision: answersFromItsPvd },
  },
  {
    id: 'I44',
    code: 'pvd.established-route',
    source: 'RFC 7556, section 5.2.2; inet6_csk_route_socket()',
    text: 'An established flow bound to a PvD never moves to a route of another.',
    profiles: KEPT,
    checks: { decision: staysInItsPvd },
  },
];
