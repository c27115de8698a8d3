/**
 * AttributionIndex: who claims which option of which RA, and what is known of the options.
 *
 * An RA is matched with what the kernel made of it in time proportional to the RA, not to
 * the tables: a full routing table must not be walked for every RA of a flood.
 */

import type { Instant } from '../net/instant.ts';
import type { PvdId } from '../net/pvd-id.ts';
import type { Claim } from './attribution.ts';
import type { RaRef } from './snapshot.ts';

/** An option that an accepted RA carried. */
export interface Evidence {
  readonly pvd: PvdId;
  readonly code: 'ra-router' | 'ra-pio' | 'ra-rio';
  readonly ra: RaRef;
  /** When its lifetime ends; undefined when never. */
  readonly until: Instant | undefined;
}

/** An RA under way: what the kernel makes of it appears before the verdict on it. */
export interface PendingEvidence {
  readonly raId: bigint;
  readonly evidence: ReadonlyMap<string, Evidence>;
  /** The kernel made something of it, so it was accepted. */
  proven: boolean;
}

/** One kind of object: its claims by its key, and its keys by what they claim. */
export interface Claims<K> {
  readonly claims: Map<K, Claim>;
  readonly claimants: Map<string, Set<K>>;
  /** Made before the hooks reported. */
  readonly before: Set<K>;
}

export interface AttributionIndex {
  readonly addresses: Claims<string>;
  readonly routes: Claims<bigint>;
  /** Option key → the last accepted RA that carried it. */
  readonly evidence: Map<string, Evidence>;
  /** At this size, what has run out is looked for and forgotten. */
  evidenceSweep: number;
  pending: PendingEvidence[];
  /** Provided key → keys of the addresses that provide it. */
  readonly providers: Map<string, Set<string>>;
}

/** So that a sweep costs little an option. */
export const EVIDENCE_SWEEP_MIN = 256;

function createClaims<K>(): Claims<K> {
  return { claims: new Map(), claimants: new Map(), before: new Set() };
}

export function createAttributionIndex(): AttributionIndex {
  return {
    addresses: createClaims(),
    routes: createClaims(),
    evidence: new Map(),
    evidenceSweep: EVIDENCE_SWEEP_MIN,
    pending: [],
    providers: new Map(),
  };
}

/** Notes the claim of an object; one that claims nothing costs nothing. */
export function setClaim<K>(of: Claims<K>, key: K, claim: Claim): void {
  const old = of.claims.get(key);
  if (claim.by === 'itself') {
    if (old) dropClaim(of, key);
    return;
  }
  if (old && old.by !== 'itself' && old.key === claim.key) return;
  if (old) dropClaim(of, key);
  of.claims.set(key, claim);
  addTo(of.claimants, claim.key, key);
}

/** Forgets the claim of an object, and how old it is with it. */
export function forgetClaim<K>(of: Claims<K>, key: K): void {
  dropClaim(of, key);
  of.before.delete(key);
}

function dropClaim<K>(of: Claims<K>, key: K): void {
  const old = of.claims.get(key);
  of.claims.delete(key);
  if (old && old.by !== 'itself') removeFrom(of.claimants, old.key, key);
}

export function addTo<G, K>(groups: Map<G, Set<K>>, group: G, key: K): void {
  const keys = groups.get(group);
  if (keys) keys.add(key);
  else groups.set(group, new Set([key]));
}

export function removeFrom<G, K>(groups: Map<G, Set<K>>, group: G, key: K): void {
  const keys = groups.get(group);
  if (keys?.delete(key) && keys.size === 0) groups.delete(group);
}

/** The newest RA known to carry the option, one under way included. */
export function evidenceFor(
  index: AttributionIndex,
  key: string,
  now: Instant,
): Evidence | undefined {
  for (let i = index.pending.length - 1; i >= 0; i--) {
    const pending = index.pending[i];
    const evidence = pending?.evidence.get(key);
    if (!pending || !evidence) continue;
    pending.proven = true;
    return evidence;
  }
  const evidence = index.evidence.get(key);
  if (!evidence || (evidence.until !== undefined && evidence.until <= now)) return undefined;
  return evidence;
}
