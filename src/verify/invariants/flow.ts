/** What the checks of decisions share. */

import type { Outcome } from '../../model/query.ts';
import { type Addr6, isLinkLocal, isMulticast } from '../../net/addr6.ts';
import type { PvdId } from '../../net/pvd-id.ts';
import { type Address, type Attribution, addressKey, type Snapshot } from '../../state/snapshot.ts';
import type { DecisionObservation } from '../observation.ts';

export const ENETUNREACH = 101;
const EADDRNOTAVAIL = 99;
const RTN_LOCAL = 2;
const RTN_ANYCAST = 4;
const IFA_F_DEPRECATED = 0x20;
const IFA_F_TENTATIVE = 0x40;
const LOOPBACK = '::1';

/** PvDs a flow is bound to; undefined when it is unbound or bound to none. */
export function boundTo({ query }: DecisionObservation): readonly PvdId[] | undefined {
  const { binding } = query;
  return binding === undefined || binding.length === 0 ? undefined : binding;
}

/** Whether the destination is in a PvD at all: local, link-local and multicast ones are in each. */
export function isOffLink({ query, outcome }: DecisionObservation): boolean {
  const { daddr } = query;
  if (outcome.type === RTN_LOCAL || outcome.type === RTN_ANYCAST || daddr === LOOPBACK)
    return false;
  return !isLinkLocal(daddr) && !isMulticast(daddr);
}

/** Whether the kernel chose the source: it was asked for one, and the route does not name it. */
export function isSourceChosen({ query, outcome, snapshot }: DecisionObservation): boolean {
  if (query.kind !== 'flow' || outcome.error !== 0 || (query.saddr ?? '::') !== '::') return false;
  const route = outcome.entry === undefined ? undefined : snapshot.routes.get(outcome.entry);
  return route === undefined || route.prefsrc === '::';
}

/** ENETUNREACH of the lookup; EADDRNOTAVAIL when the source was looked for first. */
export function isUnreachable(error: number): boolean {
  return error === ENETUNREACH || error === EADDRNOTAVAIL;
}

export function isOwn(snapshot: Snapshot, addr: Addr6): boolean {
  if (addr === LOOPBACK) return true;
  for (const a of snapshot.addresses.values()) if (a.addr === addr) return true;
  return false;
}

/** Whether an address may be a source now, of a scope wider than the link. */
export function isUsable(a: Address): boolean {
  return (a.flags & (IFA_F_DEPRECATED | IFA_F_TENTATIVE)) === 0 && !isLinkLocal(a.addr);
}

export function isDeprecated(a: Address): boolean {
  return (a.flags & IFA_F_DEPRECATED) !== 0;
}

/** An address of one of the PvDs that may be a source now. */
export function usableOf(snapshot: Snapshot, pvds: readonly PvdId[]): Address | undefined {
  for (const a of snapshot.addresses.values()) {
    const { pvd } = a.attribution;
    if (pvd !== undefined && pvds.includes(pvd) && isUsable(a)) return a;
  }
  return undefined;
}

/** The source as the netns has it: on the outgoing device if there, else on any. */
export function sourceOf({ outcome, snapshot }: DecisionObservation): Address | undefined {
  const { saddr, nhOif } = outcome;
  const here = snapshot.addresses.get(addressKey(nhOif, saddr));
  if (here !== undefined) return here;
  for (const a of snapshot.addresses.values()) if (a.addr === saddr) return a;
  return undefined;
}

/** Whether an RA made it, but which one is not known: its PvD is not known either. */
export function isUnattributed(attribution: Attribution | undefined): boolean {
  if (attribution === undefined) return true;
  const { reason } = attribution;
  return reason.endsWith('learned-before-start') || reason.endsWith('ra-not-seen');
}

/** Whether the PvD of the route used cannot be told. */
export function isRouteUnattributed({ outcome, snapshot }: DecisionObservation): boolean {
  if (outcome.routePvd !== undefined || outcome.entry === undefined) return false;
  return isUnattributed(snapshot.routes.get(outcome.entry)?.attribution);
}

/** Whether the PvD of the source cannot be told. */
export function isSourceUnattributed(d: DecisionObservation): boolean {
  if (d.outcome.saddrPvd !== undefined) return false;
  return isUnattributed(sourceOf(d)?.attribution);
}

/** Whether one of the outcomes is the same answer. */
export function isAmong(outcome: Outcome, allowed: readonly Outcome[]): boolean {
  for (const one of allowed) {
    if (one.error === outcome.error && one.entry === outcome.entry) {
      if (one.saddr === outcome.saddr && one.gateway === outcome.gateway) return true;
    }
  }
  return false;
}

/** For people: `to 2001:db8::1 bound to red.example`. */
export function flowText(d: DecisionObservation): string {
  const bound = boundTo(d);
  const to = `to ${d.query.daddr}`;
  if (bound !== undefined) return `${to} bound to ${bound.join(', ')}`;
  return d.query.binding === undefined ? to : `${to} bound to no PvD`;
}

/** For people: `2001:db8::/32 via fe80::1 dev 2 of red.example`. */
export function routeText({ outcome, snapshot }: DecisionObservation): string {
  const { entry, gateway, nhOif, routePvd } = outcome;
  const route = entry === undefined ? undefined : snapshot.routes.get(entry);
  const prefix = route === undefined ? 'a route' : `${route.dst}/${route.dstLen}`;
  const via = gateway === '::' ? '' : ` via ${gateway}`;
  return `${prefix}${via} dev ${nhOif} of ${pvdText(routePvd)}`;
}

/** For people: `2001:db8::1 of red.example`. */
export function sourceText({ outcome }: DecisionObservation): string {
  return `${outcome.saddr} of ${pvdText(outcome.saddrPvd)}`;
}

export function pvdText(pvd: PvdId | null | undefined): string {
  return pvd ?? 'no PvD';
}
