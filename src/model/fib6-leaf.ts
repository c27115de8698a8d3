/** The routes of one node: in the kernel's order, and changed in place. */

import type { Route } from '../state/snapshot.ts';
import { locate, N_LEAF, subtreeOf } from './fib6-node.ts';
import { E_BITS, E_FLAGS, E_NEXT, E_PVD, ENTRY, type EntryWords, type Fib6 } from './fib6-trie.ts';
import { wordsOf } from './words.ts';

/** Where a route stands. */
type Place = Pick<Route, 'table' | 'dst' | 'dstLen' | 'src' | 'srcLen'>;

function nodeOf(fib: Fib6, place: Place): number {
  const root = fib.tables.get(place.table);
  if (root === undefined) return 0;
  const node = locate(fib, root, wordsOf(place.dst), place.dstLen, []);
  if (node === 0 || place.srcLen === 0) return node;
  const subtree = subtreeOf(fib, node);
  return subtree && locate(fib, subtree, wordsOf(place.src), place.srcLen, []);
}

/** The routes that share the node of `place`, in leaf order. */
export function leafRoutes(fib: Fib6, place: Place): Route[] {
  const found: Route[] = [];
  const node = nodeOf(fib, place);
  if (node === 0) return found;
  for (let at = fib.nodes[node + N_LEAF] ?? 0; at !== 0; at = fib.entries[at + E_NEXT] ?? 0) {
    const route = fib.routes[at / ENTRY];
    if (route !== undefined) found.push(route);
  }
  return found;
}

/**
 * Replaces what changes of a route while it stays where it is: flags, expiry, nexthop state,
 * PvD. Returns what it was; undefined when it is not there.
 */
export function fib6Change(
  fib: Fib6,
  route: Route,
  words: Pick<EntryWords, 'pvd'>,
): Route | undefined {
  const node = nodeOf(fib, route);
  if (node === 0) return undefined;
  const e = fib.entries;
  for (let at = fib.nodes[node + N_LEAF] ?? 0; at !== 0; at = e[at + E_NEXT] ?? 0) {
    const old = fib.routes[at / ENTRY];
    if (old?.id !== route.id) continue;
    e[at + E_FLAGS] = route.flags;
    e[at + E_BITS] = route.type | ((route.nhFlags & 0xff) << 8) | (route.weight << 16);
    e[at + E_PVD] = words.pvd;
    fib.routes[at / ENTRY] = route;
    return old;
  }
  return undefined;
}
