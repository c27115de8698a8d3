/** The PvDs of a netns: learned from accepted RAs, gone when nobody speaks of them any more. */

import type { Instant } from '../net/instant.ts';
import { type Context, changed, refuse } from './context.ts';
import type { NetnsState } from './netns-state.ts';
import { learnRa, newRecord } from './pvd-learn.ts';
import {
  expireRecord,
  isEmpty,
  type PvdRecord,
  removeInterface,
  renewExpiry,
  toPvd,
} from './pvd-record.ts';
import type { RaContent } from './ra-content.ts';

/** Takes over an accepted RA. False when a bound refused it. */
export function learnPvd(ctx: Context, content: RaContent): boolean {
  const { pvds } = ctx.ns.own;
  const known = pvds.get(content.pvd.id);
  if (!known && !makeRoom(ctx, content.ra.ifindex)) return false;
  const record = known ?? newRecord(content);
  if (!learnRa(ctx, record, content)) return false;
  renewExpiry(record, ctx.tsNs);
  pvds.set(record.id, record);
  publish(ctx, record);
  renewNext(ctx.ns);
  return true;
}

/**
 * Room for a PvD first heard on an interface. One that is empty gives way, the oldest first; one
 * that has members never does, so a flood of names does not push out what was there before it.
 */
function makeRoom(ctx: Context, ifindex: number): boolean {
  const { ns, limits } = ctx;
  const all = [...ns.own.pvds.values()];
  const here = all.filter((record) => record.ifindex === ifindex);
  const linkIsFull = here.length >= limits.pvdsPerLink;
  if (!linkIsFull && all.length < limits.pvds) return true;
  const oldest = (linkIsFull ? here : all)
    .filter((record) => isEmpty(record, ctx.tsNs))
    .reduce<PvdRecord | undefined>(
      (old, record) => (old && old.lastSeenNs <= record.lastSeenNs ? old : record),
      undefined,
    );
  if (oldest) drop(ctx, oldest);
  else refuse(ctx, linkIsFull ? 'pvdsPerLink' : 'pvds');
  return oldest !== undefined;
}

/** Removes what is over at the time of the event. */
export function expirePvds(ctx: Context): void {
  const { ns, tsNs } = ctx;
  if (ns.own.nextExpiryNs === undefined || ns.own.nextExpiryNs > tsNs) return;
  for (const record of ns.own.pvds.values()) {
    if (record.nextExpiryNs === undefined || record.nextExpiryNs > tsNs) continue;
    if (expireRecord(record, tsNs)) publish(ctx, record);
  }
  renewNext(ns);
}

/** An interface is gone, and with it all that routers on it said. */
export function removeFromPvds(ctx: Context, ifindex: number): void {
  for (const record of ctx.ns.own.pvds.values()) {
    if (!removeInterface(record, ifindex)) continue;
    renewExpiry(record, ctx.tsNs);
    publish(ctx, record);
  }
  renewNext(ctx.ns);
}

/** A PvD lives as long as one of its routers is heard of. */
function publish(ctx: Context, record: PvdRecord): void {
  if (record.routers.size === 0) {
    drop(ctx, record);
    return;
  }
  const pvd = toPvd(record);
  const op = ctx.ns.pvds.has(record.id) ? 'change' : 'new';
  ctx.ns.pvds.set(record.id, pvd);
  changed(ctx, 'pvd', op, record.id, pvd);
}

function drop(ctx: Context, record: PvdRecord): void {
  ctx.ns.own.pvds.delete(record.id);
  const last = ctx.ns.pvds.get(record.id);
  if (!last) return;
  ctx.ns.pvds.delete(record.id);
  changed(ctx, 'pvd', 'del', record.id, last);
}

function renewNext(ns: NetnsState): void {
  let next: Instant | undefined;
  for (const { nextExpiryNs: end } of ns.own.pvds.values()) {
    if (end !== undefined && (next === undefined || end < next)) next = end;
  }
  ns.own.nextExpiryNs = next;
}
