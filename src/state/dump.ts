/**
 * Dumps: seeding a replica, and reconciling it, without a race.
 *
 * Hooks report while a dump runs. What they say is applied at once, and which rows they
 * touched is noted; what the dump says waits for its end. Then, row by row, the newer one
 * wins: a row is the dump's unless a hook spoke of it after the dump read it, and a row
 * that is not in the dump goes unless a hook set it meanwhile. So the stamp of a dumped
 * record must not be later than the moment the kernel wrote it.
 */

import type { StateEvent } from '../decode/event.ts';
import type { Instant } from '../net/instant.ts';
import { type Context, netnsChanged, refuse } from './context.ts';
import type { Limits } from './limits.ts';
import type { Missing, Rule } from './snapshot.ts';
import type { Subject } from './subject.ts';

export interface Touched {
  readonly tsNs: Instant;
  /** It came, went, or both: its place is after what the dump has. */
  readonly moved: boolean;
}

export interface Dump {
  readonly startNs: Instant;
  /** Dumped events by table. */
  readonly staged: Map<keyof Limits, StateEvent[]>;
  readonly touched: Map<keyof Limits, Map<unknown, Touched>>;
  /** Rules that went meanwhile, by key: what is dumped has no key, and is known by its content. */
  readonly rulesGone: Map<string, Rule>;
  touchedCount: number;
  /** More rows changed than could be noted. */
  overflow: boolean;
  merging: boolean;
}

/** A dump starts; one that was not finished is forgotten. */
export function beginDump(ctx: Context): void {
  ctx.ns.own.dump = {
    startNs: ctx.tsNs,
    staged: new Map(),
    touched: new Map(),
    rulesGone: new Map(),
    touchedCount: 0,
    overflow: false,
    merging: false,
  };
}

/** One dumped object. */
export function stage(ctx: Context, dump: Dump, part: keyof Limits, event: StateEvent): void {
  let events = dump.staged.get(part);
  if (!events) {
    events = [];
    dump.staged.set(part, events);
  }
  // One more than fits is kept, so that the merge finds out.
  if (events.length <= ctx.limits[part]) events.push(event);
  else refuse(ctx, part);
}

/** The dump is complete but for what is `missing`. */
export function endDump(
  ctx: Context,
  subjects: readonly Subject<StateEvent, unknown, unknown>[],
  missing: readonly Missing[],
): void {
  const { ns } = ctx;
  const dump = ns.own.dump;
  if (!dump) return;
  const gaps = dump.overflow ? [...missing, OVERFLOW] : missing;
  ns.missing = gaps;
  dump.merging = true;
  for (const subject of subjects) {
    const { part } = subject.table;
    const isMissing = dump.overflow || gaps.some((gap) => gap.part === part);
    mergeTable(ctx, dump, subject, isMissing);
  }
  ns.own.dump = undefined;
  ns.own.places.leaves = undefined;
  ns.seeded = ns.missing.length === 0;
  if (ns.lostNs !== undefined && ns.lostNs < dump.startNs) ns.lostNs = undefined;
  netnsChanged(ctx, 'change');
}

const OVERFLOW: Missing = { part: 'dump', reason: 'too much changed while it ran' };

function mergeTable(
  ctx: Context,
  dump: Dump,
  subject: Subject<StateEvent, unknown, unknown>,
  isMissing: boolean,
): void {
  const { table } = subject;
  const rows = table.rows(ctx.ns);
  const staged = dump.staged.get(table.part) ?? [];
  const touched = dump.touched.get(table.part);
  const order = new Set<unknown>();
  for (const event of subject.order?.(staged) ?? staged) {
    const key = subject.keyOf(ctx, event);
    if (key === undefined) continue;
    const touch = touched?.get(key);
    const hookIsNewer = touch !== undefined && touch.tsNs >= event.tsNs;
    if (!hookIsNewer) subject.set(ctx, event, key);
    if (rows.has(key) && !(hookIsNewer && touch.moved)) order.add(key);
  }
  const readNs = staged.length === 0 ? undefined : earliest(staged);
  for (const key of [...rows.keys()]) {
    if (order.has(key)) continue;
    const touch = touched?.get(key);
    const isSince = touch !== undefined && (readNs === undefined || touch.tsNs >= readNs);
    if (!isMissing && !isSince) subject.remove(ctx, key);
  }
  arrange(rows, order);
  table.after?.(ctx.ns);
}

function earliest(events: readonly StateEvent[]): Instant | undefined {
  return events.reduce<Instant | undefined>(
    (first, { tsNs }) => (first === undefined || tsNs < first ? tsNs : first),
    undefined,
  );
}

/** Puts the rows of a dump into its order, the rest behind them as it was. */
function arrange<K, V>(rows: Map<K, V>, order: ReadonlySet<K>): void {
  const rest = [...rows].filter(([key]) => !order.has(key));
  const first: [K, V][] = [];
  for (const key of order) {
    const row = rows.get(key);
    if (row !== undefined) first.push([key, row]);
  }
  rows.clear();
  for (const [key, row] of first.concat(rest)) rows.set(key, row);
}
