/** The memory of the FIB: its size, and its layout after many routes came in. */

import { childOf, N_LEFT, N_SUBTREE, NODE, setChild } from './fib6-node.ts';
import type { Fib6 } from './fib6-trie.ts';

/** Nodes laid out side by side: two cache lines, three levels of a full tree. */
const GROUP = 8;

/** Bytes the typed arrays use (not what they reserve) plus two pointers a route. */
export function fib6Bytes(fib: Fib6): number {
  return 4 * (2 * fib.nodeEnd + fib.entryEnd) + 16 * fib.routes.length;
}

/**
 * Lays the nodes out in groups, each a node and its nearest descendants, so that a descent
 * touches few cache lines. Worth its linear cost after many routes came in at once; later
 * changes do not undo much of it.
 */
export function compactNodes(fib: Fib6): void {
  const { nodes, keys } = fib;
  fib.nodes = new Int32Array(nodes.length);
  fib.keys = new Uint32Array(nodes.length);
  fib.nodeEnd = NODE;
  fib.nodeFree = 0;
  const copy = (node: number): number => {
    const at = fib.nodeEnd;
    for (let i = 0; i < NODE; i++) {
      fib.nodes[at + i] = nodes[node + i] as number;
      fib.keys[at + i] = keys[node + i] as number;
    }
    fib.nodeEnd += NODE;
    return at;
  };
  for (const [table, root] of fib.tables) {
    const top = fib.nodeEnd;
    // A node to copy, and the link that leads to it: `N_LEFT`, the one after, or `N_SUBTREE`.
    const heads = [root, 0];
    while (heads.length > 0) {
      const group = heads.splice(-2);
      for (let i = 0; i < group.length; i += 2) {
        const [node, link] = [group[i] as number, group[i + 1] as number];
        if (i >= 2 * GROUP) {
          heads.push(node, link);
          continue;
        }
        const at = copy(node);
        if (link !== 0) setChild(fib, link, at);
        for (const to of [at + N_LEFT, at + N_LEFT + 1, at + N_SUBTREE]) {
          const child = childOf(fib, to);
          if (child !== 0) group.push(child, to);
        }
      }
    }
    fib.tables.set(table, top);
  }
}
