/**
 * Joins an RA as received with what the kernel made of it, and hands accepted ones to the
 * PvD registry and to attribution.
 *
 * Between the two records the kernel already makes addresses and routes: an RA under way
 * is evidence for them.
 */

import type { RaDoneEvent, RaEvent } from '../decode/event.ts';
import type { Instant } from '../net/instant.ts';
import { renewClaimants } from './attribute.ts';
import { EVIDENCE_SWEEP_MIN, type Evidence, type PendingEvidence } from './attribution-index.ts';
import { type Context, refuse } from './context.ts';
import { learnPvd } from './pvd-registry.ts';
import { type RaContent, raContent } from './ra-content.ts';
import { evidenceOf } from './ra-evidence.ts';

/** An RA whose outcome is awaited. */
export interface PendingRa extends PendingEvidence {
  readonly netnsCookie: bigint;
  readonly cpu: number;
  readonly content: RaContent;
}

/** RAs under way, over all netns, oldest first. */
export type PendingRas = Map<bigint, PendingRa>;

/** Processing an RA takes microseconds: after this the record of its outcome was lost. */
const OVERDUE_NS = 1_000_000_000n;

export function isOverdue(ra: PendingRa, now: Instant): boolean {
  return ra.content.ra.tsNs + OVERDUE_NS < now;
}

/**
 * `ndisc_rcv()` was entered. A softirq runs one RA at a time, so an earlier one of the same
 * CPU that is still pending lost its outcome.
 */
export function raReceived(
  ctx: Context,
  pending: PendingRas,
  event: RaEvent,
  settle: (ra: PendingRa) => void,
): void {
  for (const ra of pending.values()) {
    const isNext = ra.cpu === event.cpu || ra.raId === event.raId;
    if (isNext || isOverdue(ra, event.tsNs) || pending.size >= ctx.limits.pendingRas) settle(ra);
  }
  const content = raContent(event);
  if (!content) return;
  const evidence = evidenceOf(content, ctx.ns.devconf.get(event.ifindex));
  const { raId, netnsCookie, cpu } = event;
  const ra: PendingRa = { raId, netnsCookie, cpu, content, evidence, proven: false };
  pending.set(raId, ra);
  ctx.ns.own.index.pending.push(ra);
}

/** `ndisc_rcv()` returned. */
export function raDone(ctx: Context, ra: PendingRa, event: RaDoneEvent): void {
  if (isAccepted(event) || ra.proven) learn(ctx, ra);
  forgetPending(ctx, ra);
}

/** The outcome of an RA will not come: it counts only if the kernel made something of it. */
export function raOverdue(ctx: Context, ra: PendingRa): void {
  refuse(ctx, 'raDone');
  if (ra.proven) learn(ctx, ra);
  forgetPending(ctx, ra);
}

/**
 * `accept = forwarding ? accept_ra == 2 : accept_ra != 0` of the interface
 * (`ipv6_accept_ra()`); that something was processed proves it as well.
 */
export function isAccepted(event: RaDoneEvent): boolean {
  if (event.processed) return true;
  const { reachedDiscovery, forwarding, acceptRa } = event;
  return reachedDiscovery && (forwarding !== 0 ? acceptRa === 2 : acceptRa !== 0);
}

function forgetPending({ ns }: Context, ra: PendingRa): void {
  ns.own.index.pending = ns.own.index.pending.filter((other) => other !== ra);
}

/** While the RA still is pending, so that what it takes back (lifetime 0) is evidence, too. */
function learn(ctx: Context, ra: PendingRa): void {
  if (!learnPvd(ctx, ra.content)) return;
  remember(ctx, ra.evidence);
  renewClaimants(ctx, ra.evidence.keys());
}

/** Keeps the evidence for what is made of it later, e.g. temporary addresses. */
function remember(ctx: Context, found: ReadonlyMap<string, Evidence>): void {
  const { index } = ctx.ns.own;
  const { evidence } = index;
  const size = evidence.size + found.size;
  if (size > Math.min(index.evidenceSweep, ctx.limits.evidence)) {
    forgetExpired(evidence, ctx.tsNs);
    index.evidenceSweep = Math.max(EVIDENCE_SWEEP_MIN, 2 * evidence.size);
  }
  for (const [key, fresh] of found) {
    if (evidence.has(key) || evidence.size < ctx.limits.evidence) evidence.set(key, fresh);
    else refuse(ctx, 'evidence');
  }
}

function forgetExpired(evidence: Map<string, Evidence>, now: Instant): void {
  for (const [key, { until }] of evidence) {
    if (until !== undefined && until <= now) evidence.delete(key);
  }
}
