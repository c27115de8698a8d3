/** Gives addresses and routes their PvD, and does so again when an RA or an address changes. */

import type { Instant } from '../net/instant.ts';
import {
  attributedToNone,
  type Claim,
  claimOfAddress,
  claimOfRoute,
  derivedFrom,
  isPublic,
  isTemporary,
  providedKeys,
  publicKey,
  sameAttribution,
} from './attribution.ts';
import {
  type AttributionIndex,
  addTo,
  evidenceFor,
  forgetClaim,
  removeFrom,
  setClaim,
} from './attribution-index.ts';
import { type Context, changed } from './context.ts';
import type { NetnsState } from './netns-state.ts';
import type { Address, Attribution, Route } from './snapshot.ts';

/** Attribution of an address about to be set; `before`: it was made before the start. */
export function attributeAddress(
  ns: NetnsState,
  key: string,
  address: Address,
  before: boolean | undefined,
  now: Instant,
): Attribution {
  const { index } = ns.own;
  const claim = claimOfAddress(address);
  setClaim(index.addresses, key, claim);
  noteAge(index.addresses.before, key, before);
  return resolveAddress(ns, key, address, claim, now);
}

export function attributeRoute(
  ns: NetnsState,
  route: Route,
  before: boolean | undefined,
  now: Instant,
): Attribution {
  const { index } = ns.own;
  const claim = claimOfRoute(route);
  setClaim(index.routes, route.id, claim);
  if (claim.by === 'ra') noteAge(index.routes.before, route.id, before);
  return resolveRoute(ns, route, claim, now);
}

/** Undefined leaves the age as it is. */
function noteAge<K>(old: Set<K>, key: K, before: boolean | undefined): void {
  if (before === true) old.add(key);
  else if (before === false) old.delete(key);
}

function resolveAddress(
  ns: NetnsState,
  key: string,
  address: Address,
  claim: Claim,
  now: Instant,
): Attribution {
  if (claim.by !== 'ra') return attributedToNone(claim.by === 'itself' ? claim.reason : 'static');
  const { index } = ns.own;
  const before = index.addresses.before.has(key);
  const known = fromRa(index, claim.key, before, address.attribution, now);
  if (known.pvd !== undefined || !isTemporary(address)) return known;
  // One made of an address that no RA made (`mngtmpaddr` of a user) follows that.
  const leader = providerOf(ns, publicKey(address), isPublic);
  const isOfRa = leader === undefined || claimOfAddress(leader).by === 'ra';
  return isOfRa ? known : derivedFrom(leader.attribution);
}

function resolveRoute(ns: NetnsState, route: Route, claim: Claim, now: Instant): Attribution {
  if (claim.by === 'itself') return attributedToNone(claim.reason);
  const { index } = ns.own;
  if (claim.by === 'ra') {
    return fromRa(index, claim.key, index.routes.before.has(route.id), route.attribution, now);
  }
  const leader = providerOf(ns, claim.key, () => true);
  if (leader) return derivedFrom(leader.attribution);
  // The address goes before what followed it.
  const { reason } = route.attribution;
  return reason.startsWith('derived:') ? route.attribution : attributedToNone(claim.reason);
}

/** What an RA once made stays with its PvD until another RA carries it: lifetimes do not matter. */
function fromRa(
  index: AttributionIndex,
  key: string,
  before: boolean,
  current: Attribution,
  now: Instant,
): Attribution {
  const evidence = evidenceFor(index, key, now);
  if (evidence) {
    const reason = before ? `inferred:${evidence.code}` : evidence.code;
    return { pvd: evidence.pvd, reason, ra: evidence.ra };
  }
  if (current.pvd !== undefined) return current;
  return attributedToNone(before ? 'learned-before-start' : 'ra-not-seen');
}

/** The last address that provides `key`, one with a PvD first. */
function providerOf(
  ns: NetnsState,
  key: string,
  wanted: (address: Address) => boolean,
): Address | undefined {
  let found: Address | undefined;
  for (const provider of ns.own.index.providers.get(key) ?? []) {
    const address = ns.addresses.get(provider);
    if (address && wanted(address) && found?.attribution.pvd === undefined) found = address;
  }
  return found;
}

/** After an address was set: what follows it follows again. */
export function addressSet(ctx: Context, key: string, address: Address): void {
  for (const provided of providedKeys(address)) {
    addTo(ctx.ns.own.index.providers, provided, key);
    renewFollowers(ctx, provided);
  }
}

/** After an address was removed. */
export function addressRemoved(ctx: Context, key: string, address: Address): void {
  forgetClaim(ctx.ns.own.index.addresses, key);
  for (const provided of providedKeys(address)) {
    removeFrom(ctx.ns.own.index.providers, provided, key);
    renewFollowers(ctx, provided);
  }
}

function renewFollowers(ctx: Context, provided: string): void {
  for (const id of ctx.ns.own.index.routes.claimants.get(provided) ?? []) renewRoute(ctx, id);
}

/** Attributes again all that claims one of the options. */
export function renewClaimants(ctx: Context, keys: Iterable<string>): void {
  const { addresses, routes } = ctx.ns.own.index;
  for (const key of keys) {
    for (const address of addresses.claimants.get(key) ?? []) renewAddress(ctx, address);
    for (const id of routes.claimants.get(key) ?? []) renewRoute(ctx, id);
  }
}

function renewAddress(ctx: Context, key: string): void {
  const { ns } = ctx;
  const address = ns.addresses.get(key);
  const claim = ns.own.index.addresses.claims.get(key);
  if (!address || !claim) return;
  const attribution = resolveAddress(ns, key, address, claim, ctx.tsNs);
  if (sameAttribution(attribution, address.attribution)) return;
  const renewed = { ...address, attribution };
  ns.addresses.set(key, renewed);
  changed(ctx, 'address', 'change', key, renewed);
  addressSet(ctx, key, renewed);
}

function renewRoute(ctx: Context, id: bigint): void {
  const { ns } = ctx;
  const route = ns.routes.get(id);
  const claim = ns.own.index.routes.claims.get(id);
  if (!route || !claim) return;
  const attribution = resolveRoute(ns, route, claim, ctx.tsNs);
  if (sameAttribution(attribution, route.attribution)) return;
  const renewed = { ...route, attribution };
  ns.routes.set(id, renewed);
  changed(ctx, 'route', 'change', `${id}`, renewed);
}
