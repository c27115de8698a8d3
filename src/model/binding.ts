/**
 * Bindings: to which PvDs a flow is bound, by what its socket, its thread and its process
 * say (RFC 7556, section 6; RFC 8801, section 3.4), and whether its answer keeps to them.
 */

import { type Addr6, isLinkLocal, isMulticast } from '../net/addr6.ts';
import type { PvdId } from '../net/pvd-id.ts';
import { RTN_ANYCAST, RTN_LOCAL } from './constants.ts';
import type { ModelState } from './model-state.ts';
import type { Profile, PvdMode } from './profile.ts';
import type { Binding, Outcome } from './query.ts';

/** What one scope says: nothing, to no PvD at all (which masks the wider scopes), or to these. */
export type ScopeBinding = 'inherit' | 'none' | readonly PvdId[];

/** What each scope says; a missing one inherits. */
export interface BindingScopes {
  readonly socket?: ScopeBinding | undefined;
  readonly thread?: ScopeBinding | undefined;
  readonly process?: ScopeBinding | undefined;
}

/**
 * The binding in force: that of the narrowest scope that does not inherit (I9).
 *
 * The patch of 2018 keeps one pointer a task for thread and process
 * (`_pvd_getboundpvd()`, net/core/pvd.c): a binding at process scope is that of the thread
 * that made it, and no other thread sees it. Under `netpvd` `process` is not asked.
 */
export function effectiveBinding(scopes: BindingScopes, mode: PvdMode): Binding {
  const { socket, thread, process } = scopes;
  for (const said of [socket, thread, mode === 'netpvd' ? undefined : process]) {
    if (said === undefined || said === 'inherit') continue;
    return said === 'none' ? [] : said;
  }
  return undefined;
}

/** What a binding means to a state. */
export type BoundTo =
  | { readonly kind: 'unbound' }
  /** No PvD of the binding exists: `pvd_getboundpvd()` answers ENETUNREACH (I6). */
  | { readonly kind: 'gone' }
  /** The profile has no such binding. */
  | { readonly kind: 'unsupported'; readonly why: string }
  | { readonly kind: 'bound'; readonly pvds: readonly PvdId[] };

const UNBOUND: BoundTo = { kind: 'unbound' };
const GONE: BoundTo = { kind: 'gone' };

/**
 * The PvDs that may serve a flow. Of several, `first-match` leaves the first that exists
 * (the application breaks the tie, then all is as with one PvD); `union` leaves all of them
 * ("any non-empty set of PvDs", RFC 8801, section 3.4).
 */
export function boundTo(state: ModelState, profile: Profile, binding: Binding): BoundTo {
  if (profile.pvd === 'none' || binding === undefined || binding.length === 0) return UNBOUND;
  if (profile.pvd === 'netpvd' && binding.length > 1) {
    return { kind: 'unsupported', why: 'SO_BINDTOPVD of the 2018 patch takes one PvD' };
  }
  const present = binding.filter((id) => exists(state, id));
  if (present.length === 0) return GONE;
  return {
    kind: 'bound',
    pvds: profile.multiPvd === 'first-match' ? present.slice(0, 1) : present,
  };
}

/** A state written by hand may name PvDs only where routes and addresses belong to them. */
function exists(state: ModelState, id: PvdId): boolean {
  // What a kernel told is there, or was when it was bound to: it filters by it either way.
  for (const known of state.netPvds?.values() ?? []) if (known.pvd === id) return true;
  if (state.pvds.size > 0) return state.pvds.has(id);
  if (state.pvdSlots.has(id)) return true;
  for (const device of state.devices.values()) {
    if (device.addrs.some((candidate) => candidate.pvds.includes(id))) return true;
  }
  return false;
}

/** How route, source and binding of a flow relate. */
export type FlowPvdReason =
  /** There is no route, or no source. */
  | 'refused'
  /** This host, the link or a group: no PvD owns them (I41, I42). */
  | 'unowned'
  /** Neither the route nor the source belongs to a PvD. */
  | 'no-pvd'
  /** Route and source are of one PvD, and of the binding if there is one. */
  | 'agree'
  /** Only one of route and source belongs to a PvD. */
  | 'half'
  /** Route and source are of different PvDs. */
  | 'source-of-another'
  /** The route is none of the binding. */
  | 'route-outside-binding'
  /** The source is none of the binding. */
  | 'source-outside-binding';

/** The PvD a flow ended up in. */
export interface FlowPvd {
  /** PvD of the route, where the packets go; else of the source; undefined when of none. */
  readonly pvd: PvdId | undefined;
  /** Nothing contradicts: route, source and binding name one PvD, or none. */
  readonly agree: boolean;
  readonly reason: FlowPvdReason;
}

/** To which PvD a flow belongs, and whether its route, its source and its binding agree. */
export function flowPvd(outcome: Outcome, daddr: Addr6, binding: Binding): FlowPvd {
  const { routePvd, saddrPvd, saddr, type } = outcome;
  if (outcome.error !== 0) return { pvd: undefined, agree: true, reason: 'refused' };
  const isLocal = type === RTN_LOCAL || type === RTN_ANYCAST;
  if (isLocal || isLinkLocal(daddr) || isMulticast(daddr)) {
    return { pvd: routePvd, agree: true, reason: 'unowned' };
  }
  const pvd = routePvd ?? saddrPvd;
  const told = (reason: FlowPvdReason, agree = false): FlowPvd => ({ pvd, agree, reason });
  const bound = binding === undefined || binding.length === 0 ? undefined : binding;
  if (bound !== undefined) {
    if (routePvd === undefined || !bound.includes(routePvd)) return told('route-outside-binding');
    const isLinkScope = isLinkLocal(saddr);
    if (saddrPvd === undefined ? saddr !== '::' && !isLinkScope : !bound.includes(saddrPvd)) {
      return told('source-outside-binding');
    }
  }
  if (pvd === undefined) return told('no-pvd', true);
  if (routePvd === undefined || saddrPvd === undefined) return told('half', true);
  return routePvd === saddrPvd ? told('agree', true) : told('source-of-another');
}
