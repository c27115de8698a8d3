/**
 * The FIB of one netns: per table a binary trie on the destination, whose nodes may
 * carry a second trie on the source (net/ipv6/ip6_fib.c).
 *
 * Nodes and entries live in typed arrays: about a hundred bytes a route, no allocation a
 * lookup.
 */

import { ANY6 } from '../net/addr6.ts';
import type { Route } from '../state/snapshot.ts';
import {
  addNode,
  createNodes,
  freeNode,
  locate,
  N_LEAF,
  N_LEFT,
  N_SUBTREE,
  type Nodes,
  newNode,
  prune,
  setChild,
  subtreeOf,
} from './fib6-node.ts';
import { wordsOf } from './words.ts';

/** Words of an entry (`struct fib6_info` and its `fib6_nh`). */
export const ENTRY = 8;
export const E_NEXT = 0;
export const E_METRIC = 1;
export const E_FLAGS = 2;
export const E_OIF = 3;
/** Slot of (oif, gateway) in the neighbour states; 0 when there is no gateway. */
export const E_NEIGH = 4;
export const E_NHID = 5;
/** `RTN_*` in bits 0-6, {@link HAS_PREFSRC} in 7, `RTNH_F_*` in 8-15, weight in 16-31. */
export const E_BITS = 6;
export const E_PVD = 7;
export const RTN_MASK = 0x7f;
/** The route has a preferred source (`fib6_prefsrc`). */
export const HAS_PREFSRC = 0x80;
/** Deepest path: one node a bit, and the root. */
export const PATH_MAX = 130;

export interface Fib6 extends Nodes {
  entries: Int32Array;
  entryEnd: number;
  entryFree: number;
  /** The route of each entry. A decision reads it only for what the entry does not say. */
  readonly routes: (Route | undefined)[];
  /** Its id, beside it: the answer names the route, and need not wait for it. */
  readonly ids: (bigint | undefined)[];
  /** Table id → root node. */
  readonly tables: Map<number, number>;
  size: number;
}

/** What the trie keeps of a route beside the route itself. */
export interface EntryWords {
  readonly neigh: number;
  readonly pvd: number;
}

/** An empty FIB with room for about `routes` routes before it grows. */
export function createFib6(routes = 64): Fib6 {
  return {
    ...createNodes(routes + 16),
    entries: new Int32Array(ENTRY * (routes + 16)),
    entryEnd: ENTRY,
    entryFree: 0,
    routes: [undefined],
    ids: [undefined],
    tables: new Map(),
    size: 0,
  };
}

/**
 * `fib6_add()`: adds a route behind those of its metric (the leaf list is ordered by
 * metric, then by age; IPv6 has no prepend). Returns the entry.
 */
export function fib6Add(fib: Fib6, route: Route, words: EntryWords): number {
  const dst = wordsOf(route.dst);
  let root = fib.tables.get(route.table);
  if (root === undefined) {
    root = newNode(fib, dst, 0, 0);
    fib.tables.set(route.table, root);
  }
  let node = addNode(fib, root, dst, route.dstLen);
  if (route.srcLen > 0) {
    const src = wordsOf(route.src);
    let subtree = subtreeOf(fib, node);
    if (subtree === 0) {
      subtree = newNode(fib, src, 0, 0);
      setChild(fib, node + N_SUBTREE, subtree);
    }
    node = addNode(fib, subtree, src, route.srcLen);
  }
  const entry = newEntry(fib, route, words);
  linkEntry(fib, node, entry);
  fib.size++;
  return entry;
}

function newEntry(fib: Fib6, route: Route, words: EntryWords): number {
  let at = fib.entryFree;
  if (at !== 0) fib.entryFree = fib.entries[at + E_NEXT] ?? 0;
  else {
    at = fib.entryEnd;
    if (at + ENTRY > fib.entries.length) {
      const grown = new Int32Array(Math.ceil(fib.entries.length / ENTRY / 0.7) * ENTRY);
      grown.set(fib.entries);
      fib.entries = grown;
    }
    fib.entryEnd += ENTRY;
  }
  const e = fib.entries;
  e[at + E_METRIC] = route.metric;
  e[at + E_FLAGS] = route.flags;
  e[at + E_OIF] = route.oif;
  e[at + E_NEIGH] = words.neigh;
  e[at + E_NHID] = route.nhId;
  e[at + E_BITS] = entryBits(route);
  e[at + E_PVD] = words.pvd;
  fib.routes[at / ENTRY] = route;
  fib.ids[at / ENTRY] = route.id;
  return at;
}

/** The word `E_BITS` of a route. */
export function entryBits({ type, prefsrc, nhFlags, weight }: Route): number {
  return type | (prefsrc === ANY6 ? 0 : HAS_PREFSRC) | ((nhFlags & 0xff) << 8) | (weight << 16);
}

function linkEntry(fib: Fib6, node: number, entry: number): void {
  const e = fib.entries;
  const metric = (e[entry + E_METRIC] ?? 0) >>> 0;
  let prev = 0;
  let next = fib.nodes[node + N_LEAF] ?? 0;
  while (next !== 0 && (e[next + E_METRIC] ?? 0) >>> 0 <= metric) {
    prev = next;
    next = e[next + E_NEXT] ?? 0;
  }
  e[entry + E_NEXT] = next;
  if (prev === 0) fib.nodes[node + N_LEAF] = entry;
  else e[prev + E_NEXT] = entry;
}

/** `fib6_del()`: removes the route with this id; returns where it was, 0 when it is not there. */
export function fib6Del(fib: Fib6, route: Route): number {
  const root = fib.tables.get(route.table);
  if (root === undefined) return 0;
  const path: number[] = [];
  const node = locate(fib, root, wordsOf(route.dst), route.dstLen, path);
  if (node === 0) return 0;
  let entry = 0;
  if (route.srcLen === 0) {
    entry = unlinkEntry(fib, node, route.id);
    if (entry === 0) return 0;
  } else {
    const subtree = subtreeOf(fib, node);
    const subPath: number[] = [];
    const sub = subtree && locate(fib, subtree, wordsOf(route.src), route.srcLen, subPath);
    if (!sub) return 0;
    entry = unlinkEntry(fib, sub, route.id);
    if (entry === 0) return 0;
    prune(fib, sub, subPath);
    if (fib.nodes[subtree + N_LEFT] === 0 && fib.nodes[subtree + N_LEFT + 1] === 0) {
      setChild(fib, node + N_SUBTREE, 0);
      freeNode(fib, subtree);
    }
  }
  prune(fib, node, path);
  fib.size--;
  return entry;
}

function unlinkEntry(fib: Fib6, node: number, id: bigint): number {
  const e = fib.entries;
  let prev = 0;
  for (let at = fib.nodes[node + N_LEAF] ?? 0; at !== 0; prev = at, at = e[at + E_NEXT] ?? 0) {
    if (fib.ids[at / ENTRY] !== id) continue;
    if (prev === 0) fib.nodes[node + N_LEAF] = e[at + E_NEXT] ?? 0;
    else e[prev + E_NEXT] = e[at + E_NEXT] ?? 0;
    fib.routes[at / ENTRY] = undefined;
    fib.ids[at / ENTRY] = undefined;
    e[at + E_NEXT] = fib.entryFree;
    fib.entryFree = at;
    return at;
  }
  return 0;
}
