/** Subject: how events of one kind become rows of a table, live and from a dump. */

import type { StateEvent } from '../decode/event.ts';
import type { Context } from './context.ts';
import type { Table } from './table.ts';

export interface Subject<E extends StateEvent, K, V> {
  readonly kind: E['kind'];
  readonly table: Table<K, V>;
  /** The row an event is about; undefined when it can be about none. */
  keyOf(ctx: Context, event: E): K | undefined;
  /** Takes over what the event says of its object. */
  set(ctx: Context, event: E, key: K): void;
  remove(ctx: Context, key: K): void;
  /** A hook tells that the object goes, which is still there. */
  goes?(ctx: Context, event: E): void;
  /** Dump order → the order rows are kept in; default: the same. */
  order?(dumped: readonly E[]): readonly E[];
}

/** A hook reported. `fail`: the kernel did nothing. */
export function applyLive<E extends StateEvent, K, V>(
  ctx: Context,
  subject: Subject<E, K, V>,
  event: E,
): void {
  if (event.op === 'fail') return;
  const key = subject.keyOf(ctx, event);
  if (key === undefined) return;
  if (event.op === 'del') {
    subject.goes?.(ctx, event);
    subject.remove(ctx, key);
  } else subject.set(ctx, event, key);
}
