/** What a flow that is bound to PvDs may use of the FIB. */

import { RTF_ANYCAST, RTF_LOCAL } from './constants.ts';
import type { Context } from './context.ts';
import { E_FLAGS, E_PVD } from './fib6-trie.ts';

/**
 * Whether the binding admits the entry: `find_rr_leaf()` of the 2018 patch compares
 * PvDs and nothing else; a strict kernel leaves what belongs to no PvD to everybody
 * where no PvD could own it (invariants I41 and I42).
 */
export function pvdAllows(ctx: Context, entry: number): boolean {
  const { entries } = ctx.state.fib;
  const pvd = entries[entry + E_PVD] as number;
  if (ctx.binding?.has(pvd)) return true;
  if (ctx.profile.pvd === 'netpvd') return false;
  return pvd === 0 && isUnowned(ctx, entry);
}

/** `pvd_route_open()`: what is on this host. Groups and the link are open to all before. */
function isUnowned(ctx: Context, entry: number): boolean {
  return ((ctx.state.fib.entries[entry + E_FLAGS] as number) & (RTF_LOCAL | RTF_ANYCAST)) !== 0;
}
