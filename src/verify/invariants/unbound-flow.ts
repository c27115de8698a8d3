/** Flows that no PvD restricts: rule 5.5, and that knowing PvDs changes nothing else. */

import { type Addr6, ANY6 } from '../../net/addr6.ts';
import { prefixContains } from '../../net/prefix6.ts';
import type { Address, Snapshot } from '../../state/snapshot.ts';
import { broken, type Holding, type Invariant, unless } from '../invariant.ts';
import type { DecisionObservation } from '../observation.ts';
import {
  boundTo,
  flowText,
  isAmong,
  isDeprecated,
  isRouteUnattributed,
  isSourceChosen,
  isUnattributed,
  isUsable,
  routeText,
  sourceOf,
  sourceText,
} from './flow.ts';

/**
 * RFC 6724, section 5, rule 5.5: of two sources that tie in rules 1 to 5, the one of the next
 * hop. That is: in a prefix it advertised, or of the PvD of the route.
 */
function sourceOfNextHop(d: DecisionObservation): Holding {
  const { outcome, snapshot } = d;
  const { gateway, nhOif, routePvd, saddrPvd } = outcome;
  if (gateway === ANY6 || snapshot.pvds.size === 0) return 'not-applicable';
  if (boundTo(d) !== undefined || !isSourceChosen(d)) return 'not-applicable';
  if (saddrPvd !== undefined && saddrPvd === routePvd) return 'holds';
  if (isRouteUnattributed(d)) return 'unobservable';
  const better = candidateOfNextHop(d);
  if (better === undefined) return 'not-applicable';
  const chosen = sourceOf(d);
  if (chosen === undefined || isUnattributed(chosen.attribution)) return 'unobservable';
  if (chosen.ifindex === nhOif && isAdvertised(snapshot, chosen, gateway)) return 'holds';
  // Rule 3 comes first; a source that no RA is behind was not assigned by another next hop.
  if (isDeprecated(better) && !isDeprecated(chosen)) return 'not-applicable';
  if (saddrPvd === undefined && !isAdvertised(snapshot, chosen, undefined)) return 'not-applicable';
  const had = `${better.addr} of the same next hop`;
  return broken(
    `the flow ${flowText(d)} took ${routeText(d)} from ${sourceText(d)}, and there was ${had}`,
  );
}

/** A source on the outgoing device that the next hop or the PvD of the route assigned. */
function candidateOfNextHop({ outcome, snapshot }: DecisionObservation): Address | undefined {
  const { gateway, nhOif, routePvd } = outcome;
  for (const a of snapshot.addresses.values()) {
    const { pvd } = a.attribution;
    if (a.ifindex !== nhOif || pvd === undefined || !isUsable(a)) continue;
    if (pvd === routePvd || isAdvertised(snapshot, a, gateway)) return a;
  }
  return undefined;
}

/** Whether a router, or with undefined any, advertised a prefix on its device that covers `a`. */
function isAdvertised(snapshot: Snapshot, a: Address, router: Addr6 | undefined): boolean {
  for (const pvd of snapshot.pvds.values()) {
    for (const p of pvd.prefixes) {
      if (p.ifindex !== a.ifindex || (router !== undefined && p.router !== router)) continue;
      if (prefixContains(p.prefix, a.addr)) return true;
    }
  }
  return false;
}

/** Holds when the answer is one of a kernel that knows no binding. */
function asWithoutBinding(d: DecisionObservation, applies: boolean): Holding {
  if (!applies) return 'not-applicable';
  const { withoutBinding: allowed } = d;
  if (allowed === undefined) return 'unobservable';
  return unless(isAmong(d.outcome, allowed), () => {
    const [first] = allowed;
    const other = `not ${first?.gateway} from ${first?.saddr} (errno ${first?.error})`;
    const got = `${routeText(d)} from ${sourceText(d)} (errno ${d.outcome.error})`;
    return `the flow ${flowText(d)} took ${got}, ${other}`;
  });
}

/** `::ffff:0:0/96` in the form of RFC 5952. */
function isMapped(addr: Addr6): boolean {
  return addr.startsWith('::ffff:') && addr.indexOf(':', 7) > 0;
}

function isInput({ query }: DecisionObservation): boolean {
  return query.kind === 'lookup' && query.input === true;
}

export const UNBOUND_FLOW: readonly Invariant[] = [
  {
    id: 'I4',
    code: 'rfc6724.r5.5',
    source: 'RFC 6724, section 5, rule 5.5; RFC 8028, section 3.1',
    text: 'An unbound flow takes a source of its next hop when that assigned a usable one.',
    profiles: ['rfc'],
    checks: { decision: sourceOfNextHop },
  },
  {
    id: 'I5',
    code: 'pvd.unbound-as-stock',
    source: 'SO_BINDTOPVD',
    text: 'A flow bound to no PvD is routed as on a kernel that knows none.',
    profiles: ['linux', 'linux-pvd', 'netpvd-4.15'],
    checks: { decision: (d) => asWithoutBinding(d, d.query.binding?.length === 0) },
  },
  {
    id: 'I8',
    code: 'pvd.ipv4-untouched',
    source: 'RFC 8801, section 3; SO_BINDTOPVD',
    text: 'A binding never affects IPv4 or v4-mapped destinations.',
    profiles: ['linux', 'linux-pvd', 'netpvd-4.15', 'rfc'],
    checks: {
      decision: (d) => asWithoutBinding(d, boundTo(d) !== undefined && isMapped(d.query.daddr)),
    },
  },
  {
    id: 'I45',
    code: 'pvd.input',
    source: 'ip6_route_input()',
    text: 'Lookups for packets that came in do not depend on PvDs.',
    profiles: ['linux', 'linux-pvd', 'netpvd-4.15', 'rfc'],
    checks: { decision: (d) => asWithoutBinding(d, isInput(d)) },
  },
];
