/**
 * Nodes of the FIB's tries (`struct fib6_node`) in typed arrays: no allocation a lookup.
 *
 * A node is four words, so that a cache line holds four of them, and its key four more at the
 * same offset of another array: a descent reads one key, at its end. Offset 0 means "none".
 */

import { commonBits, prefixEqual } from './words.ts';

/** Words of a node. */
export const NODE = 4;
/** Two children; the address's bit at which the node stands tells which way to go. */
export const N_LEFT = 0;
export const N_LEAF = 2;
/** That bit (bits 0-7), and which node is the root of the trie on the source (8-31). */
export const N_SUBTREE = 3;

export interface Nodes {
  nodes: Int32Array;
  /** Its bits behind the one the node stands at are 0. */
  keys: Uint32Array;
  nodeEnd: number;
  nodeFree: number;
}

/** No nodes, and room for `count` before it grows. */
export function createNodes(count: number): Nodes {
  const words = NODE * count;
  return {
    nodes: new Int32Array(words),
    keys: new Uint32Array(words),
    nodeEnd: NODE,
    nodeFree: 0,
  };
}

/** The bit a node stands at: the length of its prefix. */
export function bitOf(fib: Nodes, node: number): number {
  return (fib.nodes[node + N_SUBTREE] as number) & 0xff;
}

/** Root of a node's trie on the source, or 0. */
export function subtreeOf(fib: Nodes, node: number): number {
  return ((fib.nodes[node + N_SUBTREE] as number) >>> 8) * NODE;
}

/** The node a link (offset of a node plus `N_LEFT`, that and 1, or `N_SUBTREE`) leads to. */
export function childOf(fib: Nodes, link: number): number {
  return link % NODE === N_SUBTREE ? subtreeOf(fib, link - N_SUBTREE) : (fib.nodes[link] as number);
}

export function setChild(fib: Nodes, link: number, child: number): void {
  if (link % NODE !== N_SUBTREE) fib.nodes[link] = child;
  else fib.nodes[link] = bitOf(fib, link - N_SUBTREE) | ((child / NODE) << 8);
}

export function newNode(fib: Nodes, key: Uint32Array, keyAt: number, bit: number): number {
  let at = fib.nodeFree;
  if (at !== 0) fib.nodeFree = fib.nodes[at + N_LEFT] ?? 0;
  else {
    at = fib.nodeEnd;
    if (at + NODE > fib.nodes.length) growNodes(fib);
    fib.nodeEnd += NODE;
  }
  fib.nodes.fill(0, at, at + NODE);
  for (let i = 0, left = bit; i < 4; i++, left -= 32) {
    const mask = left >= 32 ? -1 : left <= 0 ? 0 : -1 << (32 - left);
    fib.keys[at + i] = (key[keyAt + i] ?? 0) & mask;
  }
  fib.nodes[at + N_SUBTREE] = bit;
  return at;
}

/** Arrays held from before stay alive and unchanged. */
function growNodes(fib: Nodes): void {
  const words = Math.ceil(fib.nodes.length / NODE / 0.7) * NODE;
  const nodes = new Int32Array(words);
  nodes.set(fib.nodes);
  fib.nodes = nodes;
  const keys = new Uint32Array(words);
  keys.set(fib.keys);
  fib.keys = keys;
}

export function freeNode(fib: Nodes, at: number): void {
  fib.nodes[at + N_LEFT] = fib.nodeFree;
  fib.nodeFree = at;
}

/** `addr_bit_set()`, as 0 or 1. */
export function bitAt(words: Uint32Array, at: number, bit: number): number {
  return ((words[at + (bit >>> 5)] ?? 0) >>> (31 - (bit & 31))) & 1;
}

/** `fib6_add_1()`: the node of exactly this prefix below `root`, made when missing. */
export function addNode(fib: Nodes, root: number, key: Uint32Array, len: number): number {
  let node = root;
  for (;;) {
    const bit = bitOf(fib, node);
    if (bit === len) return node;
    const link = node + N_LEFT + bitAt(key, 0, bit);
    const child = fib.nodes[link] ?? 0;
    if (child === 0) return setLink(fib, link, newNode(fib, key, 0, len));
    const childBit = bitOf(fib, child);
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

function setLink(fib: Nodes, link: number, node: number): number {
  fib.nodes[link] = node;
  return node;
}

/** The node of exactly this prefix, or 0; the nodes above it go to `path`. */
export function locate(
  fib: Nodes,
  root: number,
  key: Uint32Array,
  len: number,
  path: number[],
): number {
  let node = root;
  for (;;) {
    const bit = bitOf(fib, node);
    if (bit === len) return prefixEqual(fib.keys, node, key, 0, len) ? node : 0;
    if (bit > len) return 0;
    path.push(node);
    node = fib.nodes[node + N_LEFT + bitAt(key, 0, bit)] ?? 0;
    if (node === 0) return 0;
  }
}

/** `fib6_repair_tree()`: takes out nodes that carry nothing and do not branch. */
export function prune(fib: Nodes, from: number, path: readonly number[]): void {
  const n = fib.nodes;
  let node = from;
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const left = n[node + N_LEFT] ?? 0;
    const right = n[node + N_LEFT + 1] ?? 0;
    if (n[node + N_LEAF] || subtreeOf(fib, node) || (left && right)) return;
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
  fib: Nodes,
  root: number,
  always: number,
  words: Uint32Array,
  at: number,
  path: Int32Array,
): number {
  const n = fib.nodes;
  let depth = 0;
  for (let node = root; node !== 0; ) {
    const bits = n[node + N_SUBTREE] as number;
    if (n[node + N_LEAF] !== 0 || bits >>> 8 !== 0 || node === always) path[depth++] = node;
    const bit = bits & 0xff;
    if (bit === 128) break;
    node = n[
      node + N_LEFT + (((words[at + (bit >>> 5)] as number) >>> (31 - (bit & 31))) & 1)
    ] as number;
  }
  // Skipped bits were not compared on the way down: climb until a prefix covers the address.
  for (; depth > 0; depth--) {
    const node = path[depth - 1] as number;
    if (prefixEqual(fib.keys, node, words, at, bitOf(fib, node))) break;
  }
  return depth;
}
