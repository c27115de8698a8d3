/**
 * The FIB of one netns: per table a binary trie on the destination, whose nodes may
 * carry a second trie on the source (net/ipv6/ip6_fib.c).
 *
 * Nodes and entries live in typed arrays: about a hundred bytes a route, no allocation a
 * lookup. As in the kernel a node stands at bit `BIT`, and its descendants share its key.
 */

import type { Route } from '../state/snapshot.ts';
import { commonBits, prefixEqual, wordsOf } from './words.ts';

/** Words of a node: key (4), then these. */
export const NODE = 9;
export const N_BIT = 4;
export const N_LEFT = 5;
export const N_LEAF = 7;
export const N_SUBTREE = 8;

/** Words of an entry (`struct fib6_info` and its `fib6_nh`). */
export const ENTRY = 8;
export const E_NEXT = 0;
export const E_METRIC = 1;
export const E_FLAGS = 2;
export const E_OIF = 3;
/** Slot of (oif, gateway) in the neighbour states; 0 when there is no gateway. */
export const E_NEIGH = 4;
export const E_NHID = 5;
/** `RTN_*` in bits 0-7, `RTNH_F_*` in 8-15, weight in 16-31. */
export const E_BITS = 6;
export const E_PVD = 7;
/** Deepest path: one node a bit, and the root. */
export const PATH_MAX = 130;

export interface Fib6 {
  nodes: Int32Array;
  /** The same memory, to compare keys as unsigned words. */
  keys: Uint32Array;
  nodeEnd: number;
  nodeFree: number;
  entries: Int32Array;
  entryEnd: number;
  entryFree: number;
  /** The route of each entry. */
  readonly routes: (Route | undefined)[];
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
  const nodes = new Int32Array(NODE * (routes + 16));
  return {
    nodes,
    keys: new Uint32Array(nodes.buffer),
    // Offset 0 means "none", for nodes and entries alike.
    nodeEnd: NODE,
    nodeFree: 0,
    entries: new Int32Array(ENTRY * (routes + 16)),
    entryEnd: ENTRY,
    entryFree: 0,
    routes: [undefined],
    tables: new Map(),
    size: 0,
  };
}

function newNode(fib: Fib6, key: Uint32Array, keyAt: number, bit: number): number {
  let at = fib.nodeFree;
  if (at !== 0) fib.nodeFree = fib.nodes[at + N_LEFT] ?? 0;
  else {
    at = fib.nodeEnd;
    if (at + NODE > fib.nodes.length) {
      const grown = new Int32Array(Math.ceil(fib.nodes.length / NODE / 0.7) * NODE);
      grown.set(fib.nodes);
      // `key` may point into the old memory, which stays alive and unchanged.
      fib.nodes = grown;
      fib.keys = new Uint32Array(grown.buffer);
    }
    fib.nodeEnd += NODE;
  }
  fib.nodes.fill(0, at, at + NODE);
  for (let i = 0, left = bit; i < 4 && left > 0; i++, left -= 32) {
    const mask = left >= 32 ? -1 : -1 << (32 - left);
    fib.nodes[at + i] = (key[keyAt + i] ?? 0) & mask;
  }
  fib.nodes[at + N_BIT] = bit;
  return at;
}

function freeNode(fib: Fib6, at: number): void {
  fib.nodes[at + N_LEFT] = fib.nodeFree;
  fib.nodeFree = at;
}

/** `addr_bit_set()`, as 0 or 1. */
function bitAt(words: Uint32Array, at: number, bit: number): number {
  return ((words[at + (bit >>> 5)] ?? 0) >>> (31 - (bit & 31))) & 1;
}

/** `fib6_add_1()`: the node of exactly this prefix below `root`, made when missing. */
function addNode(fib: Fib6, root: number, key: Uint32Array, len: number): number {
  let node = root;
  for (;;) {
    const bit = fib.nodes[node + N_BIT] ?? 0;
    if (bit === len) return node;
    const link = node + N_LEFT + bitAt(key, 0, bit);
    const child = fib.nodes[link] ?? 0;
    if (child === 0) return setLink(fib, link, newNode(fib, key, 0, len));
    const childBit = fib.nodes[child + N_BIT] ?? 0;
    const common = Math.min(commonBits(key, 0, fib.keys, child), len, childBit);
    if (common === childBit) {
      node = child;
      continue;
    }
    const split = setLink(fib, link, newNode(fib, key, 0, common));
    fib.nodes[split + N_LEFT + bitAt(fib.keys, child, common)] = child;
    if (common === len) return split;
    const added = newNode(fib, key, 0, len);
    return setLink(fib, split + N_LEFT + bitAt(key, 0, common), added);
  }
}

function setLink(fib: Fib6, link: number, node: number): number {
  fib.nodes[link] = node;
  return node;
}

/** The node of exactly this prefix, or 0; the nodes above it go to `path`, their number is returned too. */
function locate(fib: Fib6, root: number, key: Uint32Array, len: number, path: number[]): number {
  let node = root;
  for (;;) {
    const bit = fib.nodes[node + N_BIT] ?? 0;
    if (bit === len) return prefixEqual(fib.keys, node, key, 0, len) ? node : 0;
    if (bit > len) return 0;
    path.push(node);
    node = fib.nodes[node + N_LEFT + bitAt(key, 0, bit)] ?? 0;
    if (node === 0) return 0;
  }
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
    let subtree = fib.nodes[node + N_SUBTREE] ?? 0;
    if (subtree === 0) {
      subtree = newNode(fib, src, 0, 0);
      fib.nodes[node + N_SUBTREE] = subtree;
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
  e[at + E_BITS] = route.type | ((route.nhFlags & 0xff) << 8) | (route.weight << 16);
  e[at + E_PVD] = words.pvd;
  fib.routes[at / ENTRY] = route;
  return at;
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

/** `fib6_del()`: removes the route with this id; false when it is not there. */
export function fib6Del(fib: Fib6, route: Route): boolean {
  const root = fib.tables.get(route.table);
  if (root === undefined) return false;
  const path: number[] = [];
  const node = locate(fib, root, wordsOf(route.dst), route.dstLen, path);
  if (node === 0) return false;
  if (route.srcLen === 0) {
    if (!unlinkEntry(fib, node, route.id)) return false;
  } else {
    const subtree = fib.nodes[node + N_SUBTREE] ?? 0;
    const subPath: number[] = [];
    const sub = subtree && locate(fib, subtree, wordsOf(route.src), route.srcLen, subPath);
    if (!sub || !unlinkEntry(fib, sub, route.id)) return false;
    prune(fib, sub, subPath);
    if (fib.nodes[subtree + N_LEFT] === 0 && fib.nodes[subtree + N_LEFT + 1] === 0) {
      fib.nodes[node + N_SUBTREE] = 0;
      freeNode(fib, subtree);
    }
  }
  prune(fib, node, path);
  fib.size--;
  return true;
}

function unlinkEntry(fib: Fib6, node: number, id: bigint): boolean {
  const e = fib.entries;
  let prev = 0;
  for (let at = fib.nodes[node + N_LEAF] ?? 0; at !== 0; prev = at, at = e[at + E_NEXT] ?? 0) {
    if (fib.routes[at / ENTRY]?.id !== id) continue;
    if (prev === 0) fib.nodes[node + N_LEAF] = e[at + E_NEXT] ?? 0;
    else e[prev + E_NEXT] = e[at + E_NEXT] ?? 0;
    fib.routes[at / ENTRY] = undefined;
    e[at + E_NEXT] = fib.entryFree;
    fib.entryFree = at;
    return true;
  }
  return false;
}

/** `fib6_repair_tree()`: takes out nodes that carry nothing and do not branch. */
function prune(fib: Fib6, from: number, path: readonly number[]): void {
  const n = fib.nodes;
  let node = from;
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const left = n[node + N_LEFT] ?? 0;
    const right = n[node + N_LEFT + 1] ?? 0;
    if (n[node + N_LEAF] || n[node + N_SUBTREE] || (left && right)) return;
    const parent = path[depth] ?? 0;
    const link = parent + N_LEFT + (n[parent + N_LEFT + 1] === node ? 1 : 0);
    n[link] = left || right;
    freeNode(fib, node);
    node = parent;
  }
}

/**
 * The descent of `fib6_node_lookup_1()`: nodes that carry routes or a subtree and whose
 * prefix covers the address go to `path`, shortest prefix first; their number is
 * returned. `always` names the root of a table, which counts even when it is empty.
 */
export function nodePath(
  fib: Fib6,
  root: number,
  always: number,
  words: Uint32Array,
  at: number,
  path: Int32Array,
): number {
  const n = fib.nodes;
  let depth = 0;
  for (let node = root; node !== 0; ) {
    if (n[node + N_LEAF] !== 0 || n[node + N_SUBTREE] !== 0 || node === always) {
      path[depth++] = node;
    }
    const bit = n[node + N_BIT] as number;
    if (bit === 128) break;
    node = n[
      node + N_LEFT + (((words[at + (bit >>> 5)] as number) >>> (31 - (bit & 31))) & 1)
    ] as number;
  }
  // Skipped bits were not compared on the way down: climb until a prefix covers the address.
  for (; depth > 0; depth--) {
    const node = path[depth - 1] as number;
    if (prefixEqual(fib.keys, node, words, at, n[node + N_BIT] as number)) break;
  }
  return depth;
}
