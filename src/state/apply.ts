/**
 * applyEvent: one event into the replicas.
 *
 * Replicas change in place, for one with a full routing table cannot be copied per event.
 * There is no other input: no clock, the time is that of the event; the same events in the
 * same order give the same world. Nothing throws, whatever the events say.
 */

import type {
  AgentNetnsEvent,
  KernelEvent,
  NetnsEvent,
  NetpvdEvent,
  RaDoneEvent,
  RaEvent,
  StateEvent,
} from '../decode/event.ts';
import type { Instant } from '../net/instant.ts';
import { addressSubject } from './addresses.ts';
import { bear } from './birth.ts';
import type { Change } from './change.ts';
import { type Context, netnsChanged } from './context.ts';
import { applyConfSysctl, devconfSubject, sysctlSubject } from './devconf.ts';
import { beginDump, endDump, stage } from './dump.ts';
import { labelSubject } from './labels.ts';
import { linkSubject } from './links.ts';
import { noteCounters, noteGap } from './loss.ts';
import { neighbourSubject } from './neighbours.ts';
import { applyNetPvd } from './net-pvds.ts';
import { createNetnsState, type NetnsState } from './netns-state.ts';
import { nexthopSubject } from './nexthops.ts';
import { expirePvds } from './pvd-registry.ts';
import { isOverdue, type PendingRa, raDone, raOverdue, raReceived } from './ra-intake.ts';
import { noteRouteBegin } from './route-place.ts';
import { applyDuplicate, routeSubject } from './routes.ts';
import { ruleSubject } from './rules.ts';
import { applyLive, type Subject } from './subject.ts';
import type { World } from './world.ts';

type AnySubject = Subject<StateEvent, unknown, unknown>;

/** In the order a dump is merged: what others follow comes first. */
const SUBJECTS: readonly AnySubject[] = [
  linkSubject,
  devconfSubject,
  sysctlSubject,
  ruleSubject,
  labelSubject,
  addressSubject,
  nexthopSubject,
  routeSubject,
  neighbourSubject,
] as readonly unknown[] as readonly AnySubject[];

const SUBJECT_OF: ReadonlyMap<string, AnySubject> = new Map(SUBJECTS.map((s) => [s.kind, s]));

const NO_CHANGES: readonly Change[] = [];

/** Applies an event; returns what it changed, in order. */
export function applyEvent(world: World, event: KernelEvent): readonly Change[] {
  world.startNs ??= event.tsNs;
  noteGap(world, event);
  switch (event.kind) {
    case 'lookup':
    case 'saddr':
    case 'flow':
    case 'begin':
    case 'unknown':
      return applyStateless(world, event);
    case 'tick':
      return applyTick(world, event.tsNs);
    case 'lost':
      noteCounters(world, event);
      return NO_CHANGES;
    case 'agent-start':
      world.startNs = event.tsNs;
      world.hz = event.info.hz > 0 ? event.info.hz : undefined;
      return NO_CHANGES;
    default:
      return applyToNetns(world, event);
  }
}

/** Decisions change nothing, but time passes. */
function applyStateless(world: World, event: KernelEvent): readonly Change[] {
  const ns = world.netns.get(event.netnsCookie);
  if (!ns) return NO_CHANGES;
  if (event.kind === 'begin') noteRouteBegin(ns, event);
  const ctx = contextOf(world, ns, event.tsNs, []);
  expirePvds(ctx);
  return ctx.changes;
}

function applyTick(world: World, tsNs: Instant): readonly Change[] {
  const changes: Change[] = [];
  for (const ra of world.pendingRas.values()) {
    if (isOverdue(ra, tsNs)) settle(world, ra, tsNs, changes);
  }
  for (const ns of world.netns.values()) expirePvds(contextOf(world, ns, tsNs, changes));
  return changes;
}

type NetnsBound = Exclude<
  KernelEvent,
  { readonly kind: 'tick' | 'lost' | 'agent-start' | 'lookup' | 'saddr' | 'flow' | 'begin' }
>;

function applyToNetns(world: World, event: NetnsBound): readonly Change[] {
  const changes: Change[] = [];
  // Either it is gone, or the agent follows it no more.
  if ((event.kind === 'netns' || event.kind === 'agent-netns') && event.op === 'del') {
    removeNetns(world, event.netnsCookie, changes);
    return changes;
  }
  const ns = netnsFor(world, event, changes);
  if (!ns) return NO_CHANGES;
  const ctx = isAhead(event)
    ? contextAt(world, ns, event.tsNs, changes)
    : contextOf(world, ns, event.tsNs, changes);
  expirePvds(ctx);
  switch (event.kind) {
    case 'netns':
      applyNetns(ctx, event);
      break;
    case 'agent-netns':
      applyName(ctx, event);
      break;
    case 'dump-begin':
      beginDump(ctx);
      break;
    case 'dump-end':
      endDump(ctx, SUBJECTS, event.missing);
      break;
    case 'netpvd':
      applyNetPvd(ctx, event);
      break;
    case 'ra':
      applyRa(world, ctx, event);
      break;
    case 'ra-done':
      applyRaDone(world, ctx, event);
      break;
    case 'unknown':
      break;
    default:
      applyState(ctx, event);
  }
  return changes;
}

/** Time goes on to the event's. */
function contextOf(world: World, ns: NetnsState, tsNs: Instant, changes: Change[]): Context {
  if (tsNs > ns.tsNs) ns.tsNs = tsNs;
  return contextAt(world, ns, ns.tsNs, changes);
}

function contextAt(world: World, ns: NetnsState, tsNs: Instant, changes: Change[]): Context {
  const { limits, knowsPvds, startNs = tsNs, hz } = world;
  return { ns, limits, knowsPvds, tsNs, startNs, hz, changes };
}

/** What a dump says is newer than the records of hooks that still wait in the ring. */
function isAhead({ kind, op }: NetnsBound): boolean {
  return op === 'dump' || kind === 'dump-begin' || kind === 'dump-end' || kind === 'agent-netns';
}

/** The replica an event is about; made when it is the first one. */
function netnsFor(world: World, event: NetnsBound, changes: Change[]): NetnsState | undefined {
  const { netnsCookie, tsNs } = event;
  const known = world.netns.get(netnsCookie);
  if (known || netnsCookie === 0n || world.dead.has(netnsCookie)) return known;
  if (world.netns.size >= world.limits.netns) {
    world.refusedNetns++;
    return undefined;
  }
  const ns = createNetnsState(netnsCookie, tsNs);
  world.netns.set(netnsCookie, ns);
  netnsChanged(contextOf(world, ns, tsNs, changes), 'new');
  return ns;
}

/** Cookies are never given twice (`gen_cookie_next()`). */
function removeNetns(world: World, netnsCookie: bigint, changes: Change[]): void {
  const ns = world.netns.get(netnsCookie);
  world.dead.add(netnsCookie);
  for (const cookie of world.dead) {
    if (world.dead.size <= world.limits.netns) break;
    world.dead.delete(cookie);
  }
  for (const ra of world.pendingRas.values()) {
    if (ra.netnsCookie === netnsCookie) world.pendingRas.delete(ra.raId);
  }
  if (!ns) return;
  world.netns.delete(netnsCookie);
  const { name, inum, seeded } = ns;
  const value = { name, inum, seeded };
  changes.push({ netnsCookie, object: 'netns', op: 'del', key: '', value });
}

function applyNetns(ctx: Context, event: NetnsEvent): void {
  if (event.op === 'new') bear(ctx, event.inum);
  else if (event.op !== 'fail' && ctx.ns.inum !== event.inum) {
    ctx.ns.inum = event.inum;
    netnsChanged(ctx, 'change');
  }
}

function applyName(ctx: Context, { name, inum }: AgentNetnsEvent): void {
  const { ns } = ctx;
  if (ns.name === name && ns.inum === inum) return;
  ns.name = name;
  ns.inum = inum;
  netnsChanged(ctx, 'change');
}

function applyState(
  ctx: Context,
  event: Exclude<StateEvent, NetnsEvent | NetpvdEvent | RaEvent | RaDoneEvent>,
): void {
  const subject = SUBJECT_OF.get(event.kind);
  if (!subject) return;
  const { dump } = ctx.ns.own;
  if (event.op === 'dump' && dump) {
    stage(ctx, dump, subject.table.part, event);
    return;
  }
  const isElsewhere =
    (event.kind === 'sysctl' && applyConfSysctl(ctx, event)) ||
    (event.kind === 'route' && applyDuplicate(ctx, event));
  if (!isElsewhere) applyLive(ctx, subject, event);
}

function applyRa(world: World, ctx: Context, event: RaEvent): void {
  raReceived(ctx, world.pendingRas, event, (ra) => settle(world, ra, ctx.tsNs, ctx.changes));
}

function applyRaDone(world: World, ctx: Context, event: RaDoneEvent): void {
  const ra = world.pendingRas.get(event.raId);
  if (!ra || ra.netnsCookie !== event.netnsCookie) return;
  world.pendingRas.delete(event.raId);
  raDone(ctx, ra, event);
}

/** Gives up waiting for the outcome of an RA. */
function settle(world: World, ra: PendingRa, tsNs: Instant, changes: Change[]): void {
  world.pendingRas.delete(ra.raId);
  const ns = world.netns.get(ra.netnsCookie);
  if (ns) raOverdue(contextOf(world, ns, tsNs, changes), ra);
}
