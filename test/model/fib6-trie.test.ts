/** The trie against a list: random prefixes added and removed, every lookup compared. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { compactNodes } from '../../src/model/fib6-memory.ts';
import { N_LEAF, NODE, nodePath } from '../../src/model/fib6-node.ts';
import { createFib6, E_PVD, ENTRY, fib6Add, fib6Del, PATH_MAX } from '../../src/model/fib6-trie.ts';
import { wordsOf, writeWords } from '../../src/model/words.ts';
import { type Addr6, addr6FromWords, addr6Words } from '../../src/net/addr6.ts';
import { maskAddr6 } from '../../src/net/prefix6.ts';
import type { Route } from '../../src/state/snapshot.ts';

const NO = { neigh: 0, pvd: 0 };

/** Few bits, so that prefixes nest and collide. */
const addr = fc
  .tuple(
    fc.constantFrom(0x20010db8, 0x20010db9, 0xfe800000),
    fc.constantFrom(0, 1, 0x80000000, 0xffffffff),
    fc.constantFrom(0, 1, 0x40000000),
    fc.constantFrom(0, 1, 2, 0xffffffff),
  )
  .map(([a, b, c, d]) => addr6FromWords(a, b, c, d));
const len = fc.constantFrom(0, 1, 16, 31, 32, 33, 48, 63, 64, 65, 95, 96, 97, 127, 128);

function route(id: number, dst: Addr6, dstLen: number): Route {
  return {
    id: BigInt(id),
    dst: maskAddr6(dst, dstLen),
    dstLen,
    src: '::' as Addr6,
    srcLen: 0,
    table: 1,
    metric: id % 3,
    flags: 0,
    oif: id,
    nhId: 0,
    type: 1,
    nhFlags: 0,
    weight: 1,
  } as unknown as Route;
}

it('finds what a linear search finds, in the same order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(addr, len, fc.boolean()), { maxLength: 40 }),
      fc.array(addr, { maxLength: 8 }),
      (items, targets) => {
        const fib = createFib6(1);
        const live: Route[] = [];
        items.forEach(([dst, dstLen], i) => {
          live.push(route(i + 1, dst, dstLen));
          fib6Add(fib, live.at(-1) as Route, NO);
        });
        items.forEach(([, , keep], i) => {
          if (keep) return;
          const at = live.findIndex((r) => r.id === BigInt(i + 1));
          assert.notEqual(fib6Del(fib, live[at] as Route), 0);
          assert.equal(fib6Del(fib, live[at] as Route), 0);
          live.splice(at, 1);
        });
        if (targets.length % 2 === 1) compactNodes(fib);
        assert.equal(fib.size, live.length);
        const root = fib.tables.get(1) ?? 0;
        const path = new Int32Array(PATH_MAX);
        for (const target of [...targets, ...items.map(([a]) => a)]) {
          const depth = root === 0 ? 0 : nodePath(fib, root, 0, wordsOf(target), 0, path);
          const found: bigint[] = [];
          for (let i = depth - 1; i >= 0; i--) {
            for (
              let e = fib.nodes[(path[i] ?? 0) + N_LEAF] ?? 0;
              e !== 0;
              e = fib.entries[e] ?? 0
            ) {
              found.push(fib.routes[e / ENTRY]?.id ?? 0n);
            }
          }
          const want = live
            .filter((r) => maskAddr6(target, r.dstLen) === r.dst)
            .sort((a, b) => b.dstLen - a.dstLen || a.metric - b.metric || Number(a.id - b.id))
            .map((r) => r.id);
          assert.deepEqual(found, want);
        }
      },
    ),
  );
});

it('reuses what was freed', () => {
  const fib = createFib6(1);
  for (let round = 0; round < 50; round++) {
    const all = Array.from({ length: 64 }, (_, i) =>
      route(i + 1, addr6FromWords(i << 26, 0, 0, i), 128),
    );
    for (const r of all) fib6Add(fib, r, NO);
    for (const r of all) assert.notEqual(fib6Del(fib, r), 0);
  }
  assert(fib.entryEnd <= 65 * ENTRY);
  assert(fib.nodeEnd <= 160 * NODE);
  assert.equal(E_PVD, ENTRY - 1);
});

it('reads addresses as addr6Words does', () => {
  const any = fc.tuple(...Array.from({ length: 8 }, () => fc.constantFrom(0, 0, 1, 0xabcd)));
  fc.assert(
    fc.property(any, (g) => {
      const w = (i: number): number => (((g[i] ?? 0) << 16) | (g[i + 1] ?? 0)) >>> 0;
      const a = addr6FromWords(w(0), w(2), w(4), w(6));
      const out = new Uint32Array(4);
      writeWords(a, out, 0);
      assert.deepEqual([...out], addr6Words(a));
    }),
  );
});
