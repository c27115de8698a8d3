import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootTimeNs } from '../../agent/libbpf/libc.ts';
import { dumpNetns } from '../../agent/netlink/dump-netns.ts';
import { withNetns } from '../../agent/netns/handle.ts';
import { type NetnsChange, watchNetns } from '../../agent/netns/watch.ts';
import { addNetns, deleteNetns, freshName, ip, ipJson, openFds, SKIP, until } from './netns-bed.ts';

const options = { skip: SKIP, timeout: 120_000 };

test('a namespace is reported when it gets and when it loses its name', options, async () => {
  const name = freshName();
  const changes: NetnsChange[] = [];
  const watch = watchNetns((change) => changes.push(change));
  // Names that are made meanwhile by others do not matter.
  const has = (list: 'appeared' | 'gone'): boolean =>
    changes.some((change) => change[list].some((ref) => ref.name === name));
  try {
    ip('netns', 'add', name);
    await until('it appeared', () => has('appeared'));
    assert.ok([...watch.known().values()].some((ref) => ref.name === name));
    deleteNetns(name);
    await until('it is gone', () => has('gone'));
    assert.ok(![...watch.known().values()].some((ref) => ref.name === name));
  } finally {
    watch.close();
  }
});

test('many requests make few scans', options, async () => {
  let reported = 0;
  const watch = watchNetns(() => {
    reported++;
  });
  try {
    const name = addNetns();
    for (let i = 0; i < 1000; i++) watch.requestScan();
    await until('it is known', () => [...watch.known().values()].some((r) => r.name === name));
    assert.ok(reported < 20, `${reported} reports`);
  } finally {
    watch.close();
  }
});

/**
 * The other end of a veth pair lives in a namespace of its own, so that it vanishes only
 * when the kernel has really destroyed the namespace: an open fd would keep it.
 */
test('100 namespaces come, are dumped, and go: none lives on, no fd is left', options, async () => {
  const outer = addNetns();
  const dumps: Promise<void>[] = [];
  let dumped = 0;
  const watch = watchNetns(({ appeared }) => {
    for (const ref of appeared) {
      if (ref.name.startsWith(`pvdnet-${process.pid}-`)) dumps.push(dump(ref));
    }
  });
  async function dump(ref: Parameters<typeof withNetns>[0]): Promise<void> {
    await withNetns(ref, async (netns) => {
      let items = 0;
      for await (const _ of dumpNetns({ netns, now: bootTimeNs })) items++;
      assert.ok(items > 0);
      dumped++;
    });
  }
  const before = openFds();
  try {
    for (let i = 0; i < 100; i++) {
      const name = addNetns();
      ip('-n', outer, 'link', 'add', `v${i}`, 'type', 'veth', 'peer', 'name', 'p', 'netns', name);
      // Now and then time for a scan, else the name is gone before it was seen.
      if (i % 5 === 0) {
        await until('it is known', () => [...watch.known().values()].some((r) => r.name === name));
      }
      deleteNetns(name);
    }
    await Promise.all(dumps);
    await until(
      'every veth end is gone',
      () => ipJson('-n', outer, 'link').every((link) => !/^v\d/.test(link.ifname)),
      60_000,
    );
    assert.ok(dumped > 0, 'at least one was dumped');
    assert.deepEqual(openFds(), before);
  } finally {
    watch.close();
  }
});
