/**
 * PvDs as the kernel itself has them (`struct net_pvd` of the series in kernel/), by the id
 * with which routes, addresses and bindings name them.
 */

import type { NetpvdEvent } from '../decode/event.ts';
import { parseAddr6 } from '../net/addr6.ts';
import { explicitPvdId, implicitPvdId, type PvdId } from '../net/pvd-id.ts';
import { type Context, refuse } from './context.ts';
import type { NetnsState } from './netns-state.ts';
import type { NetPvd } from './snapshot.ts';

/** Ids are given once, so one that is gone stays gone, whatever a dump read before. */
export function applyNetPvd(ctx: Context, { id, name, op }: NetpvdEvent): void {
  const { netPvds } = ctx.ns;
  const old = netPvds.get(id);
  if (old === undefined && netPvds.size >= ctx.limits.pvds && !forgetGone(ctx.ns)) {
    refuse(ctx, 'pvds');
    return;
  }
  const isGone = op === 'del' || old?.isGone === true;
  netPvds.set(id, { pvd: pvdIdOf(name), name, isGone });
  ctx.ns.version++;
}

function forgetGone({ netPvds }: NetnsState): boolean {
  for (const [id, { isGone }] of netPvds) if (isGone) return netPvds.delete(id);
  return false;
}

/** `pvd_name()`: an FQDN, or the router's link-local address and the interface. */
export function pvdIdOf(name: string): PvdId {
  const [lla = '', ifindex] = name.split('%');
  const router = ifindex === undefined ? undefined : parseAddr6(lla);
  return router === undefined ? explicitPvdId(name) : implicitPvdId(Number(ifindex), router);
}

/** What an id of the kernel stands for; one that was never told of is nobody else's. */
export function pvdOfId(netPvds: ReadonlyMap<number, NetPvd> | undefined, id: number): PvdId {
  return netPvds?.get(id)?.pvd ?? (`#${id}` as PvdId);
}
