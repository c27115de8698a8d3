/**
 * Table: one keyed set of a replica. All changes of sets pass through {@link putRow} and
 * {@link removeRow}, which bound them, tell what changed, and note what changed during a dump.
 */

import type { ChangeObject, ChangeValues } from './change.ts';
import { type Context, changed, refuse, unseed } from './context.ts';
import type { Limits } from './limits.ts';
import type { NetnsState } from './netns-state.ts';

export interface Table<K, V> {
  readonly object: ChangeObject;
  /** Its bound, and its name in the `missing` of a dump. */
  readonly part: keyof Limits;
  rows(ns: NetnsState): Map<K, V>;
  /** As the change shows it, when that is more than the row. */
  value?(key: K, row: V): unknown;
  /** After any change of the rows. */
  after?(ns: NetnsState): void;
}

type AnyValue = ChangeValues[ChangeObject];

/**
 * Sets a row. False when its table is full. `came`: one that was not known is new in the kernel,
 * too; otherwise a dump that is under way still has its place.
 */
export function putRow<K, V>(
  ctx: Context,
  table: Table<K, V>,
  key: K,
  row: V,
  came = true,
): boolean {
  const rows = table.rows(ctx.ns);
  const old = rows.get(key);
  if (old === undefined && rows.size >= ctx.limits[table.part]) {
    refuse(ctx, table.part);
    unseed(ctx, table.part, 'limit');
    return false;
  }
  touch(ctx, table, key, came && old === undefined);
  if (old !== undefined && sameValue(old, row)) return true;
  rows.set(key, row);
  table.after?.(ctx.ns);
  note(ctx, table, old === undefined ? 'new' : 'change', key, row, old);
  return true;
}

/** Removes a row; undefined when there was none. */
export function removeRow<K, V>(ctx: Context, table: Table<K, V>, key: K): V | undefined {
  const rows = table.rows(ctx.ns);
  const old = rows.get(key);
  touch(ctx, table, key, true);
  if (old === undefined) return undefined;
  rows.delete(key);
  table.after?.(ctx.ns);
  note(ctx, table, 'del', key, old);
  return old;
}

function note<K, V>(
  ctx: Context,
  table: Table<K, V>,
  op: 'new' | 'change' | 'del',
  key: K,
  row: V,
  old?: V,
): void {
  const shown = (one: V) => (table.value ? table.value(key, one) : one) as AnyValue;
  const before = old === undefined ? undefined : shown(old);
  changed(ctx, table.object, op, `${key}`, shown(row), before);
}

/** While a dump runs, remembers that a hook reported on this row. */
function touch<K, V>(ctx: Context, table: Table<K, V>, key: K, moved: boolean): void {
  const dump = ctx.ns.own.dump;
  if (!dump || dump.merging) return;
  let rows = dump.touched.get(table.part);
  if (!rows) {
    rows = new Map();
    dump.touched.set(table.part, rows);
  }
  const before = rows.get(key);
  if (before === undefined && ++dump.touchedCount > ctx.limits.dumpTouched) {
    dump.overflow = true;
    return;
  }
  rows.set(key, { tsNs: ctx.tsNs, moved: moved || before?.moved === true });
}

/** Equality of plain values. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => sameValue((a as Fields)[key], (b as Fields)[key]));
}

type Fields = Readonly<Record<string, unknown>>;
