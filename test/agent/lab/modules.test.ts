import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { AgentError } from '../../../agent/error.ts';
import { modinfo, moduleName, openModules } from '../../../agent/lab/modules.ts';

const dir = mkdtempSync(path.join(os.tmpdir(), 'modules-test-'));
after(() => rmSync(dir, { recursive: true }));

function ko(depends: string): Buffer {
  return Buffer.from(
    `\x7fELF\0license=GPL\0depends=${depends}\0alias=a\0alias=b\0name=x\0`,
    'latin1',
  );
}

mkdirSync(path.join(dir, 'kernel/net'), { recursive: true });
writeFileSync(path.join(dir, 'modules.builtin'), 'kernel/drivers/virtio/virtio-ring.ko\n');
writeFileSync(path.join(dir, 'kernel/net/9p.ko.gz'), gzipSync(ko('9pnet,netfs,virtio-ring')));
writeFileSync(path.join(dir, 'kernel/net/9pnet.ko'), ko(''));
writeFileSync(path.join(dir, 'kernel/net/netfs.ko'), ko('fs-cache'));
writeFileSync(path.join(dir, 'kernel/net/fs_cache.ko'), ko(''));
writeFileSync(path.join(dir, 'kernel/net/broken.ko'), ko('absent'));

const order = (names: string[]) =>
  openModules(dir)
    .loadOrder(names)
    .map((m) => m.name);

test('dependencies come first and once, built in ones not at all', () => {
  assert.deepEqual(order(['9p', '9pnet', 'netfs']), ['9pnet', 'fs_cache', 'netfs', '9p']);
  assert.deepEqual(order(['virtio_ring']), []);
});

test('packed modules are unpacked', () => {
  const [, , , last] = openModules(dir).loadOrder(['9p']);
  assert.deepEqual(modinfo(last?.ko ?? Buffer.alloc(0), 'depends'), ['9pnet,netfs,virtio-ring']);
});

test('has() knows files and what is built in, under either spelling', () => {
  const modules = openModules(dir);
  assert.deepEqual(
    ['fs-cache', 'virtio_ring', 'absent'].map((n) => modules.has(n)),
    [true, true, false],
  );
});

test('a missing module or dependency is an error with a hint', () => {
  for (const name of ['absent', 'broken']) {
    assert.throws(
      () => order([name]),
      (e) =>
        e instanceof AgentError && e.code === 'PVD_ERR_KERNEL_MODULE' && /absent/.test(e.message),
    );
  }
});

test('without a directory all is built in', () => {
  assert.equal(openModules(undefined).has('9p'), true);
  assert.deepEqual(openModules(undefined).loadOrder(['9p']), []);
});

test('modinfo gives every value of a key, also one that nothing ends', () => {
  assert.deepEqual(modinfo(ko(''), 'alias'), ['a', 'b']);
  assert.deepEqual(modinfo(ko(''), 'depends'), ['']);
  assert.deepEqual(modinfo(Buffer.from('\0depends=x'), 'depends'), ['x']);
  assert.deepEqual(modinfo(Buffer.alloc(0), 'depends'), []);
  assert.equal(moduleName('kernel/net/9p/9pnet-virtio.ko.xz'), '9pnet_virtio');
});
