/** The memory of the FIB: its size, and its layout after many routes came in. */

import { type Fib6, N_LEFT, N_SUBTREE, NODE } from './fib6-trie.ts';

/** Bytes the typed arrays use (not what they reserve) plus one pointer a route. */
export function fib6Bytes(fib: Fib6): number {
  return 4 * (fib.nodeEnd + fib.entryEnd) + 8 * fib.routes.length;
}

/**
 * Lays the nodes out in the order of a descent, so that a path shares cache lines. Worth its
 * linear cost after many routes came in at once; later changes do not undo much of it.
 */
export function compactNodes(fib: Fib6): void {
  const from = fib.nodes;
  const to = new Int32Array(from.length);
  let end = NODE;
  const move = (root: number): number => {
    const top = end;
    // Each item: a node to copy, and the link in `to` that leads to it.
    const stack = [root, 0];
    while (stack.length > 0) {
      const link = stack.pop() as number;
      const node = stack.pop() as number;
      const at = end;
      end += NODE;
      to.set(from.subarray(node, node + NODE), at);
      if (link !== 0) to[link] = at;
      for (const word of [N_SUBTREE, N_LEFT + 1, N_LEFT]) {
        const child = from[node + word] as number;
        if (child !== 0) stack.push(child, at + word);
      }
    }
    return top;
  };
  for (const [table, root] of fib.tables) fib.tables.set(table, move(root));
  fib.nodes = to;
  fib.keys = new Uint32Array(to.buffer);
  fib.nodeEnd = end;
  fib.nodeFree = 0;
}
