/** What the handlers of one event share. */

import type { Instant } from '../net/instant.ts';
import type { Change, ChangeObject, ChangeOp, ChangeValues } from './change.ts';
import type { Limits } from './limits.ts';
import type { NetnsState } from './netns-state.ts';

export interface Context {
  readonly ns: NetnsState;
  readonly limits: Limits;
  /** The kernel itself keeps the PvDs of routes and addresses. */
  readonly knowsPvds: boolean;
  /** Time of the event. */
  readonly tsNs: Instant;
  /** When the hooks began to report. */
  readonly startNs: Instant;
  /** Jiffies a second, once the agent has told. */
  readonly hz: number | undefined;
  readonly changes: Change[];
}

/** Notes a change; every one raises the version of the snapshot. */
export function changed<O extends ChangeObject>(
  ctx: Context,
  object: O,
  op: ChangeOp,
  key: string,
  value: ChangeValues[O],
  old?: ChangeValues[O],
): void {
  ctx.ns.version++;
  const { netnsCookie } = ctx.ns;
  ctx.changes.push({ netnsCookie, object, op, key, value, old } as Change);
}

/** Notes that the netns itself is new, or that what is known of it changed. */
export function netnsChanged(ctx: Context, op: 'new' | 'change'): void {
  const { name, inum, seeded } = ctx.ns;
  changed(ctx, 'netns', op, '', { name, inum, seeded });
}

/** Counts what a bound refused. */
export function refuse(ctx: Context, bound: keyof Limits | 'raDone'): void {
  ctx.ns.refused[bound] = (ctx.ns.refused[bound] ?? 0) + 1;
}

/** Notes that the replica is not what the kernel has: nothing can be judged by it. */
export function unseed(ctx: Context, part: string, reason: string): void {
  const { ns } = ctx;
  if (ns.missing.some((m) => m.part === part && m.reason === reason)) return;
  ns.missing = [...ns.missing, { part, reason }];
  ns.seeded = false;
  netnsChanged(ctx, 'change');
}
