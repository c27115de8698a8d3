/** One table: `fib6_table_lookup()`, `fib6_node_lookup()` and `fib6_backtrack()`. */

import { addr6FromWords } from '../net/addr6.ts';
import { prefix6From } from '../net/prefix6.ts';
import { F_REACHABLE } from './constants.ts';
import type { Context } from './context.ts';
import { bitOf, N_LEAF, N_LEFT, nodePath, subtreeOf } from './fib6-node.ts';
import { select } from './fib6-select.ts';
import type { Fib6 } from './fib6-trie.ts';
import { choose } from './oracle.ts';
import { DADDR, SADDR } from './words.ts';

/** Where a search stands: a destination node of `ctx.path`, and a node of its subtree or none. */
interface Cursor {
  /** Index into `ctx.path`; -1 past the root. */
  dst: number;
  /** Index into `ctx.subPath`; -1 for the plain routes of the destination node. */
  src: number;
}

const cursor: Cursor = { dst: 0, src: -1 };

/**
 * Finds the best entry of a table for the flow; false for the null entry. Most specific
 * node first; every node is tried with reachable gateways before any is tried without.
 */
export function tableLookup(ctx: Context, root: number, oif: number, strictFlags: number): boolean {
  const { fib } = ctx.state;
  const depth = nodePath(fib, root, root, ctx.flow.words, DADDR, ctx.path);
  let strict = strictFlags;
  for (;;) {
    if (ctx.trace) ctx.trace.push({ step: 'pass', reachableOnly: (strict & F_REACHABLE) !== 0 });
    firstNode(ctx, depth);
    do {
      const node = lastNode(ctx);
      if (ctx.trace) traceNode(ctx, node);
      if (select(ctx, node, oif, strict)) return true;
    } while (backtrack(ctx));
    if (!(strict & F_REACHABLE)) return false;
    // "also consider unreachable route"
    strict &= ~F_REACHABLE;
  }
}

/** The node the last successful {@link tableLookup} ended in. */
export function lastNode(ctx: Context): number {
  return cursor.src >= 0 ? (ctx.subPath[cursor.src] as number) : (ctx.path[cursor.dst] as number);
}

/**
 * `fib6_node_lookup()`. When a destination has source-specific routes and none covers the
 * source, its plain routes are skipped: the search goes on at a shorter prefix. Only
 * the root of the table is spared, as the node everything falls back to.
 */
function firstNode(ctx: Context, depth: number): void {
  const { fib } = ctx.state;
  for (let i = depth - 1; i >= 0; i--) {
    const node = ctx.path[i] as number;
    const subtree = subtreeOf(fib, node);
    const src = subtree === 0 ? -1 : sourceDepth(ctx, subtree) - 1;
    if (subtree !== 0 ? src >= 0 : fib.nodes[node + N_LEAF] !== 0) {
      if (subtree !== 0 && i > 0 && mayBeHidden(ctx, node)) continue;
      cursor.dst = i;
      cursor.src = src;
      return;
    }
  }
  cursor.dst = 0;
  cursor.src = -1;
}

/**
 * A node without plain routes borrows the entry its address is read from. Once it had some and
 * lost them (`fib6_repair_tree()`, `fib6_purge_rt()`), that entry is a more specific child's
 * (`fib6_find_prefix()`): `fib6_node_lookup_1()` then compares the child's prefix, and passes
 * the source-specific routes of the node over. The state does not tell whether it had any.
 */
function mayBeHidden({ state, oracle }: Context, node: number): boolean {
  const { nodes } = state.fib;
  if (nodes[node + N_LEAF] !== 0) return false;
  const hasChild = nodes[node + N_LEFT] !== 0 || nodes[node + N_LEFT + 1] !== 0;
  return hasChild && choose(oracle, 2) === 1;
}

/** Fills `ctx.subPath` with the source prefixes that cover the flow's source. */
function sourceDepth(ctx: Context, subtree: number): number {
  return nodePath(ctx.state.fib, subtree, 0, ctx.flow.words, SADDR, ctx.subPath);
}

/**
 * `fib6_backtrack()`: the next less specific node; false past the root. Unlike the first
 * lookup it does come to the plain routes of a destination after its source-specific ones.
 */
function backtrack(ctx: Context): boolean {
  const { fib } = ctx.state;
  if (cursor.src > 0) {
    cursor.src--;
    return true;
  }
  if (cursor.src === 0) {
    cursor.src = -1;
    if (cursor.dst === 0 || fib.nodes[(ctx.path[cursor.dst] as number) + N_LEAF] !== 0) return true;
  }
  while (cursor.dst > 0) {
    cursor.dst--;
    const node = ctx.path[cursor.dst] as number;
    const subtree = subtreeOf(fib, node);
    cursor.src = subtree === 0 ? -1 : sourceDepth(ctx, subtree) - 1;
    if (cursor.src >= 0 || cursor.dst === 0 || fib.nodes[node + N_LEAF] !== 0) return true;
  }
  return false;
}

function traceNode(ctx: Context, node: number): void {
  const { fib } = ctx.state;
  const isSource = cursor.src >= 0;
  const dst = isSource ? (ctx.path[cursor.dst] as number) : node;
  ctx.trace?.push({
    step: 'node',
    prefix: nodePrefix(fib, dst),
    from: isSource ? nodePrefix(fib, node) : undefined,
  });
}

function nodePrefix(fib: Fib6, node: number): string {
  const k = fib.keys;
  const addr = addr6FromWords(k[node] ?? 0, k[node + 1] ?? 0, k[node + 2] ?? 0, k[node + 3] ?? 0);
  return prefix6From(addr, bitOf(fib, node));
}
