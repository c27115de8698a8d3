/** Guests on every kernel: exit codes, bytes, ports, time, death, and that nothing of them stays. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, test } from 'node:test';
import { AgentError } from '../../agent/error.ts';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runId } from '../../agent/lab/run-id.ts';
import { type GuestOptions, type GuestResult, runInGuest } from '../../agent/lab/vm.ts';

const KERNELS = ['debian:6.1', 'debian:6.12', 'debian:7.2'];
const TIMEOUT_MS = 240_000;

interface Said extends GuestResult {
  readonly out: Buffer;
  readonly err: string;
  readonly progress: readonly string[];
}

function collector(onChunk = (_text: string) => {}): { stream: Writable; chunks: Buffer[] } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      onChunk(chunk.toString());
      done();
    },
  });
  return { stream, chunks };
}

async function guest(
  name: string,
  command: readonly string[],
  options: Partial<GuestOptions> = {},
): Promise<Said> {
  const [out, err] = [collector(), collector()];
  const progress: string[] = [];
  const result = await runInGuest({
    kernel: await findKernel(name),
    command,
    stdout: out.stream,
    stderr: err.stream,
    progress: (line) => progress.push(line),
    timeoutMs: TIMEOUT_MS,
    ...options,
  });
  const text = Buffer.concat(err.chunks).toString();
  return { ...result, out: Buffer.concat(out.chunks), err: text, progress };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function leftovers(run: string = runId()): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  const processes = stdout.split('\n').filter((line) => line.includes(`pvdscope-lab-${run}.`));
  return [...processes, ...readdirSync(os.tmpdir()).filter((name) => name.includes(run))];
}

afterEach(() => assert.deepEqual(leftovers(), []));

for (const kernel of KERNELS) {
  test(`${kernel}: a command's bytes and exit code, and a guest with nothing but lo`, async () => {
    const script = `uname -r; ls /sys/class/net; cat /proc/sys/net/ipv6/conf/all/disable_ipv6
      id -u; pwd; echo "$GIVEN $PVDSCOPE_GUEST"; echo 'to stderr' >&2; (touch /etc/x && rm /etc/x) && exit 42`;
    const cwd = path.resolve('.');
    const said = await guest(kernel, ['sh', '-c', script], { env: { GIVEN: 'a b' } });
    const { release } = await findKernel(kernel);
    assert.equal(said.out.toString(), `${release}\nlo\n0\n0\n${cwd}\na b 1\n`);
    assert.equal(said.err, 'to stderr\n');
    assert.deepEqual([said.exitCode, said.end, said.started], [42, 'exited', true]);
    assert.deepEqual(said.complaints, []);
  });

  test(`${kernel}: a server on the guest's loopback answers on the host's`, async () => {
    const hostPort = await freePort();
    const server = `require('node:http').createServer((q, r) => {
        r.end('x'.repeat(1e5) + q.url);
        if (q.url === '/end') setTimeout(() => process.exit(7), 200);
      }).listen(8650, '127.0.0.1', () => console.log('listening'));`;
    let answers: Promise<number[]> | undefined;
    const { stream } = collector((text) => {
      if (text.includes('listening')) answers = ask(hostPort);
    });
    const said = await guest(kernel, [process.execPath, '-e', server], {
      forward: [{ hostPort, guestPort: 8650 }],
      stdout: stream,
    });
    assert.equal(said.exitCode, 7, said.err);
    assert.deepEqual(await answers, [1e5 + 2, 1e5 + 2, 1e5 + 4]);
  });
}

async function ask(port: number): Promise<number[]> {
  const lengths: number[] = [];
  for (const url of ['/a', '/b', '/end']) {
    const answer = await fetch(`http://127.0.0.1:${port}${url}`);
    lengths.push((await answer.text()).length);
  }
  return lengths;
}

const KERNEL = 'debian:6.12';

test('the card for forwarded ports leads nowhere else', async () => {
  const hostPort = await freePort();
  const outside = net.createServer((socket) => socket.end('reached')).listen(0, '127.0.0.1');
  await new Promise((resolve) => outside.once('listening', resolve));
  const { port } = outside.address() as net.AddressInfo;
  try {
    const script = `timeout 3 bash -c 'cat < /dev/tcp/10.0.2.2/${port}'; echo "tcp $?"
      ip route get 192.0.2.1 > /dev/null 2>&1; echo "route $?"; ip -6 address show scope link`;
    const forward = [{ hostPort, guestPort: 80 }];
    const said = await guest(KERNEL, ['sh', '-c', script], { forward });
    assert.match(said.out.toString(), /^tcp (1|124)\nroute [12]\n$/);
  } finally {
    outside.close();
  }
});

test('a port in use is an error, not a second boot', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  try {
    await assert.rejects(
      guest(KERNEL, ['true'], { forward: [{ hostPort: port, guestPort: 80 }] }),
      (e) => e instanceof AgentError && e.code === 'PVD_ERR_PORT_IN_USE',
    );
  } finally {
    server.close();
  }
});

test('every byte arrives, also when the reader is slower than the guest', async () => {
  const hash = createHash('sha256');
  const slow = new Writable({
    highWaterMark: 1024,
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      setTimeout(done, 100);
    },
  });
  const script = 'head -c 2000000 /dev/urandom > /tmp/x; sha256sum < /tmp/x >&2; cat /tmp/x';
  const said = await guest(KERNEL, ['sh', '-c', script], { stdout: slow });
  assert.equal(said.exitCode, 0);
  assert.equal(said.err.slice(0, 64), hash.digest('hex'));
});

test('a daemon that keeps the pipes keeps nobody waiting', async () => {
  const said = await guest(KERNEL, ['sh', '-c', 'sleep 1000 & echo done; exit 5']);
  assert.equal(said.exitCode, 5);
  assert.equal(said.out.toString(), 'done\n');
  assert.ok(said.commandMs < 30_000);
});

test('a writable directory keeps what the guest writes, with any characters in its name', async () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), "rw, it's "));
  try {
    const said = await guest(KERNEL, ['sh', '-c', 'echo kept > "$D/file"'], {
      rw: [dir],
      env: { D: dir },
    });
    assert.equal(said.exitCode, 0, said.err);
    assert.equal(readFileSync(path.join(dir, 'file'), 'utf8'), 'kept\n');
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('no such command, and one that is killed', async () => {
  assert.equal((await guest(KERNEL, ['/no/such'])).exitCode, 127);
  assert.equal((await guest(KERNEL, ['sh', '-c', 'kill -9 $$'])).exitCode, 137);
});

test('a guest that takes too long is ended', async () => {
  const said = await guest(KERNEL, ['sh', '-c', 'echo begun; sleep 1000'], { timeoutMs: 20_000 });
  assert.deepEqual([said.exitCode, said.end, said.started], [124, 'timeout', true]);
  assert.equal(said.out.toString(), 'begun\n');
  assert.match(said.progress.join('\n'), /longer than 20 s/);
});

test('a panic is told, with what was said before', async () => {
  const script = 'echo before; sync; sleep 1; echo c > /proc/sysrq-trigger; sleep 1000';
  const said = await guest(KERNEL, ['sh', '-c', script]);
  assert.deepEqual([said.exitCode, said.end, said.boots], [125, 'died', 1]);
  assert.equal(said.out.toString(), 'before\n');
  assert.match(said.complaints.join('\n'), /Kernel panic - not syncing: sysrq triggered crash/);
});

test('a warning of the kernel does not go unnoticed', async () => {
  const script = 'echo "<1>WARNING: CPU: 0 at net/ipv6/route.c" > /dev/kmsg; sleep 1';
  const said = await guest(KERNEL, ['sh', '-c', script]);
  assert.equal(said.exitCode, 0);
  assert.match(said.progress.join('\n'), /the guest's kernel says: .*WARNING/);
});

test('abort ends it at once', async () => {
  const controller = new AbortController();
  let abortedAt = 0;
  setTimeout(() => {
    abortedAt = performance.now();
    controller.abort(new Error('stop'));
  }, 2000);
  await assert.rejects(guest(KERNEL, ['sleep', '1000'], { signal: controller.signal }), /stop/);
  assert.ok(performance.now() - abortedAt < 1000);
});

test('a cloud kernel, which has no 9p, goes over virtiofs', async () => {
  const said = await guest('debian:6.12-cloud', ['sh', '-c', 'grep -c virtiofs /proc/mounts; pwd']);
  assert.equal(said.exitCode, 0, said.progress.join('\n'));
  assert.match(said.out.toString(), new RegExp(`\n${path.resolve('.')}\n$`));
});

test('kill -9 of the runner takes the guest along', async () => {
  const script = `
    const { findKernel } = await import('./kernel.js');
    const { runInGuest } = await import('./vm.js');
    const { runId } = await import('./run-id.js');
    console.log(runId());
    await runInGuest({ kernel: await findKernel('${KERNEL}'), command: ['echo', 'up'] , timeoutMs: 1e5});`;
  const cwd = path.join(import.meta.dirname, '../../agent/lab');
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd });
  const run = await new Promise<string>((resolve) => {
    child.stdout.once('data', (line) => resolve(String(line).trim()));
  });
  const isUp = () => leftovers(run).some((line) => line.includes('qemu-system'));
  while (!isUp()) await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('close', resolve));
  const deadline = Date.now() + 5000;
  while (isUp() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(isUp(), false);
  // The directory goes when the next guest is made ready.
  await guest(KERNEL, ['true']);
  assert.deepEqual(leftovers(run), []);
});
