/** The routes of one node: in the kernel's order, and changed in place. */

import type { Route } from '../state/snapshot.ts';
import { locate, N_LEAF, subtreeOf } from './fib6-node.ts';
import {
  E_BITS,
  E_FLAGS,
  E_NEXT,
  E_PVD,
  ENTRY,
  type EntryWords,
  entryBits,
  type Fib6,
} from './fib6-trie.ts';
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

/** The entry of the route with this id, or 0. */
export function entryOf(fib: Fib6, route: Route): number {
  const node = nodeOf(fib, route);
  if (node === 0) return 0;
  let at = fib.nodes[node + N_LEAF] ?? 0;
  while (at !== 0 && fib.ids[at / ENTRY] !== route.id) at = fib.entries[at + E_NEXT] ?? 0;
  return at;
}

/**
 * Replaces what changes of a route while it stays where it is: flags, expiry, nexthop state,
 * PvD.
 */
export function fib6Change(
  fib: Fib6,
  entry: number,
  route: Route,
  words: Pick<EntryWords, 'pvd'>,
): void {
  const e = fib.entries;
  e[entry + E_FLAGS] = route.flags;
  e[entry + E_BITS] = entryBits(route);
  e[entry + E_PVD] = words.pvd;
  fib.routes[entry / ENTRY] = route;
}
