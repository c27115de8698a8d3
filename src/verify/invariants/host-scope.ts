/** Destinations that belong to the host or to the link, and to no PvD. */

import { isLinkLocal, isMulticast } from '../../net/addr6.ts';
import { type Holding, type Invariant, unless } from '../invariant.ts';
import type { DecisionObservation } from '../observation.ts';
import { flowText, isOwn, routeText } from './flow.ts';

const LOOPBACK_IFINDEX = 1;
const KEPT = ['linux', 'linux-pvd', 'rfc'] as const;

function staysOnHost(d: DecisionObservation): Holding {
  const { outcome, query, snapshot } = d;
  if (query.kind !== 'flow' || (query.oif ?? 0) !== 0 || outcome.error !== 0) {
    return 'not-applicable';
  }
  const stays =
    outcome.oif === LOOPBACK_IFINDEX || snapshot.links.get(outcome.oif)?.isL3Master === true;
  // The costly question last: it is the rare answer that matters.
  if (stays) return 'holds';
  if (!isOwn(snapshot, query.daddr)) return 'not-applicable';
  return unless(stays, () => `the flow ${flowText(d)}, an own address, took ${routeText(d)}`);
}

function staysOnLink(d: DecisionObservation): Holding {
  const { daddr } = d.query;
  if (d.outcome.error !== 0 || !(isLinkLocal(daddr) || isMulticast(daddr))) return 'not-applicable';
  return unless(d.outcome.gateway === '::', () => `the flow ${flowText(d)} took ${routeText(d)}`);
}

export const HOST_SCOPE: readonly Invariant[] = [
  {
    id: 'I41',
    code: 'pvd.local-stays-local',
    source: 'RFC 4291, section 2.5.3',
    text: 'Traffic to the host itself never leaves it, whatever the binding.',
    profiles: KEPT,
    checks: { decision: staysOnHost },
  },
  {
    id: 'I42',
    code: 'pvd.link-scope-on-link',
    source: 'RFC 4291, sections 2.5.6 and 2.7',
    text: 'Link-local and multicast destinations are on-link, whatever the binding.',
    profiles: KEPT,
    checks: { decision: staysOnLink },
  },
];
