import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AgentError } from '../../agent/error.ts';
import { netnsCookie } from '../../agent/libbpf/libc.ts';
import { discoverNetns } from '../../agent/netns/discover.ts';
import { closeNetns, enterNetns, openNetns, withNetns } from '../../agent/netns/handle.ts';
import { addNetns, deleteNetns, ip, openFds, SKIP, until } from './netns-bed.ts';

const options = { skip: SKIP };

/** The cookie as a process inside sees it. */
function cookieInside(netns: string): bigint {
  const script =
    'import socket,struct;s=socket.socket(10,2);' +
    'print(struct.unpack("=Q",s.getsockopt(1,71,8))[0])';
  return BigInt(ip('netns', 'exec', netns, 'python3', '-c', script).trim());
}

test('our own namespace comes first and is called self', options, () => {
  const [own] = discoverNetns().found;
  assert.equal(own?.name, 'self');
  assert.equal(own?.cookie, netnsCookie());
  assert.equal(readlinkSync('/proc/self/ns/net'), `net:[${own?.inum}]`);
});

test('named namespaces are found with cookie and inode', options, () => {
  const name = addNetns();
  const found = discoverNetns().found.filter((ref) => ref.name === name);
  assert.equal(found.length, 1);
  assert.equal(found[0]?.cookie, cookieInside(name));
  const inum = ip('netns', 'exec', name, 'readlink', '/proc/self/ns/net').trim();
  assert.equal(inum, `net:[${found[0]?.inum}]`);
});

test('a namespace without a name is found by a process in it, once', options, async () => {
  const child = spawn('unshare', ['-n', 'sleep', '60'], { stdio: 'ignore' });
  try {
    const own = readlinkSync('/proc/self/ns/net');
    await until('unshare is done', () => {
      try {
        return readlinkSync(`/proc/${child.pid}/ns/net`) !== own;
      } catch {
        return false;
      }
    });
    const inum = Number(/\d+/.exec(readlinkSync(`/proc/${child.pid}/ns/net`))?.[0]);
    const found = discoverNetns().found.filter((ref) => ref.inum === inum);
    assert.equal(found.length, 1);
    assert.match(found[0]?.name ?? '', /^pid:\d+$/);
  } finally {
    child.kill('SIGKILL');
  }
});

test('files that are no namespace, and hostile names, do no harm', options, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'pvdnet-'));
  const name = addNetns();
  try {
    writeFileSync(join(dir, 'plain'), '');
    mkdirSync(join(dir, 'directory'));
    execFileSync('mkfifo', [join(dir, 'fifo')]);
    symlinkSync('/nowhere', join(dir, 'dangling'));
    symlinkSync('/proc/self/ns/mnt', join(dir, 'other-kind'));
    const hostile = Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0x1b, 0x5b, 0x41, 0xff])]);
    symlinkSync(`/run/netns/${name}`, hostile);
    const list = discoverNetns({ runNetns: dir });
    assert.equal(list.unready, 5);
    const ref = list.found.find((each) => each.name === '\x1b[A\ufffd');
    assert.ok(ref, 'a name that is no UTF-8 is found');
    const cookie = cookieInside(name);
    assert.equal(ref.cookie, cookie);
    assert.equal(await withNetns(ref, async (handle) => handle.cookie), cookie);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('names that look like ours are told apart', options, () => {
  const dir = mkdtempSync(join(tmpdir(), 'pvdnet-'));
  const name = addNetns();
  try {
    symlinkSync(`/run/netns/${name}`, join(dir, 'self'));
    const names = discoverNetns({ runNetns: dir }).found.map((ref) => ref.name);
    assert.ok(names.includes(`${dir}/self`));
    assert.equal(names.filter((each) => each === 'self').length, 1);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('what is beyond the limit is counted, not kept', options, () => {
  addNetns();
  addNetns();
  const all = discoverNetns().found.length;
  const list = discoverNetns({ max: 2 });
  assert.equal(list.found.length, 2);
  assert.ok(list.refused >= all - 2);
});

test('entering changes the namespace of the thread and comes back', options, () => {
  const name = addNetns();
  const handle = openNetns(Buffer.from(`/run/netns/${name}`), name);
  assert.ok(handle);
  try {
    const home = netnsCookie();
    assert.equal(
      enterNetns(handle.fd, () => netnsCookie()),
      handle.cookie,
    );
    assert.notEqual(handle.cookie, home);
    assert.throws(
      () =>
        enterNetns(handle.fd, () => {
          throw new Error('inside');
        }),
      /inside/,
    );
    assert.equal(netnsCookie(), home);
    assert.throws(() => enterNetns(handle.fd, async () => {}), /must not be async/);
    assert.equal(netnsCookie(), home);
  } finally {
    closeNetns(handle);
  }
  assert.throws(
    () => enterNetns(0, () => {}),
    (error) => error instanceof AgentError && error.code === 'PVD_ERR_NETNS',
  );
});

test('a namespace that is gone, or whose name went to another, is not used', options, async () => {
  const name = addNetns();
  const ref = discoverNetns().found.find((each) => each.name === name);
  assert.ok(ref);
  const before = openFds();
  assert.equal(await withNetns(ref, async () => 'used'), 'used');
  deleteNetns(name);
  assert.equal(await withNetns(ref, async () => 'used'), undefined);
  ip('netns', 'add', name);
  assert.equal(await withNetns(ref, async () => 'used'), undefined);
  ip('netns', 'delete', name);
  assert.deepEqual(openFds(), before);
});
