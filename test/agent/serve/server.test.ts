import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError, EXIT } from '../../../agent/error.ts';
import { isLoopbackHost } from '../../../agent/serve/guard.ts';
import { formatMetrics } from '../../../agent/serve/metrics.ts';
import type { RunningServer } from '../../../agent/serve/server.ts';
import { closed, connect, createFeed, outcome, STATS, serve } from './fixture.ts';

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

function ask(server: RunningServer, path: string, headers = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const asked = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Established connections to a port that a process has accepted, from /proc/net/tcp. */
function accepted(port: number): number {
  const local = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const there = ([, at = '', , state, , , , , , inode]: string[]): boolean =>
    at.endsWith(`:${local}`) && state === '01' && inode !== '0';
  return rows.filter(there).length;
}

/** Sends bytes as they are; resolves with all that came back once the server hangs up. */
function raw(server: RunningServer, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let got = '';
    const socket = connectTcp(Number(new URL(server.url).port), '127.0.0.1', () => {
      socket.write(bytes);
    });
    socket.on('data', (chunk) => {
      got += chunk;
    });
    socket.on('error', () => resolve(got));
    socket.on('close', () => resolve(got));
  });
}

test('stream: hello, snapshot, deltas; resumed by seq', async (t) => {
  const feed = createFeed();
  const server = await serve(feed);
  t.after(() => server.close());
  feed.publish(3);
  const first = connect(server);
  await first.until((all) => all.length >= 3);
  feed.publish(2);
  await first.until((all) => all.length >= 5);
  assert.deepEqual(
    first.envelopes.map((e) => [e.kind, e.seq]),
    [
      ['hello', 3],
      ['stats', 3],
      ['snapshot', 3],
      ['decision', 4],
      ['decision', 5],
    ],
  );
  first.socket.terminate();
  feed.publish(4);
  const second = connect(server, '?since=5&run=boot.1');
  await second.until((all) => all.length >= 5);
  assert.deepEqual(
    second.envelopes.map((e) => [e.kind, e.seq]),
    [
      ['hello', 9],
      ['decision', 6],
      ['decision', 7],
      ['decision', 8],
      ['decision', 9],
    ],
  );
});

test('stream: a stalled client is told what it missed, others lose nothing', async (t) => {
  const feed = createFeed({ backlog: { count: 500, chars: 1e9 }, slowBytes: 1 << 16 });
  const server = await serve(feed);
  t.after(() => server.close());
  const stalled = connect(server);
  const quick = connect(server);
  await Promise.all([stalled, quick].map((c) => c.until((all) => all.length >= 2)));
  stalled.socket.pause();
  const pad = 'x'.repeat(4000);
  for (let i = 0; i < 200; i++) {
    feed.publish(50, 1, pad);
    await sleep(1);
  }
  await quick.until((all) => all.at(-1)?.seq === 10_000);
  assert.ok(!quick.envelopes.some((e) => e.kind === 'dropped'));
  stalled.socket.resume();
  await stalled.until((all) => all.some((e) => e.kind === 'dropped'));
  await stalled.until((all) => all.at(-1)?.seq === 10_000);
  const dropped = stalled.envelopes.flatMap((e) => (e.kind === 'dropped' ? [e.data] : []));
  const missed = dropped.reduce((sum, d) => sum + d.count, 0);
  const got = stalled.envelopes.filter((e) => e.kind === 'decision').length;
  assert.equal(got + missed, 10_000);
  const at = stalled.envelopes.findIndex((e) => e.kind === 'dropped');
  assert.equal(stalled.envelopes[at + 1]?.kind, 'snapshot');
});

test('stream: a reader may send nothing, least of all much', async (t) => {
  const server = await serve(createFeed());
  t.after(() => server.close());
  const talker = connect(server);
  await talker.until((all) => all.length >= 2);
  talker.socket.send('{}');
  assert.equal(await closed(talker), 1008);
  const shouter = connect(server);
  await shouter.until((all) => all.length >= 2);
  const code = closed(shouter);
  shouter.socket.send('x'.repeat(100_000));
  assert.equal(await code, 1009);
  const other = connect(server);
  await other.until((all) => all.length >= 2);
});

test('stream: a reader that answers no ping is cut off, one that does is not', async (t) => {
  const server = await serve(createFeed(), { limits: { pingMs: 100 } });
  t.after(() => server.close());
  const dead = connect(server);
  const alive = connect(server);
  await Promise.all([dead, alive].map((c) => c.until((all) => all.length >= 2)));
  const gone = closed(dead);
  dead.socket.pong = (): void => {};
  assert.equal(await gone, 1006);
  assert.equal(alive.socket.readyState, alive.socket.OPEN);
});

test('stream: refused for a wrong Host, Origin, path, query, or too many readers', async (t) => {
  const server = await serve(createFeed(), { limits: { clients: 1 } });
  t.after(() => server.close());
  const { host } = new URL(server.url);
  assert.equal(await outcome(connect(server, '', { Host: 'evil.example' })), '421');
  assert.equal(await outcome(connect(server, '', { Host: `127.0.0.1.evil.example` })), '421');
  assert.equal(await outcome(connect(server, '', { Origin: 'http://evil.example' })), '403');
  assert.equal(await outcome(connect(server, '', { Origin: 'null' })), '403');
  assert.equal(await outcome(connect(server, '', { Origin: 'http://127.0.0.1:1' })), '403');
  assert.equal(await outcome(connect(server, 's')), '404');
  assert.equal(await outcome(connect(server, '?pid=x')), '400');
  assert.equal(await outcome(connect(server, '?since=-1')), '400');
  assert.equal(await outcome(connect(server, '?recent=x')), '400');
  assert.equal(await outcome(connect(server, '', { Origin: `http://${host}` })), 'open');
  assert.equal(await outcome(connect(server)), '503');
});

test('http: state, metrics, health; read-only, guarded, with security headers', async (t) => {
  const feed = createFeed();
  feed.publish(2);
  const server = await serve(feed);
  t.after(() => server.close());
  const state = await ask(server, '/api/state');
  assert.equal(JSON.parse(state.body).snapshots[0].seq, 2);
  assert.equal((await ask(server, '/healthz?x')).body, 'ok\n');
  assert.match((await ask(server, '/metrics')).body, /^pvdscope_records_total\{kind="ra"\} 1$/m);
  assert.equal((await ask(server, '/healthz', {}, 'POST')).status, 405);
  assert.equal((await ask(server, '/healthz', {}, 'HEAD')).body, '');
  assert.equal((await ask(server, '/healthz', { Host: 'rebind.example' })).status, 421);
  assert.equal((await ask(server, '/healthz', { Origin: 'https://evil.example' })).status, 403);
  assert.equal((await ask(server, '/../../etc/passwd')).status, 404);
  assert.match((await ask(server, '/')).body, /npm run build/);
  for (const path of ['/', '/api/state', '/none']) {
    const { headers } = await ask(server, path);
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  }
});

test('http: hostile requests end neither the server nor each other', async (t) => {
  const server = await serve(createFeed());
  t.after(() => server.close());
  const host = 'Host: localhost\r\n';
  assert.match(await raw(server, `GET // HTTP/1.1\r\n${host}Connection: close\r\n\r\n`), / 404 /);
  assert.match(await raw(server, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'), / 400 /);
  assert.match(await raw(server, '\x16\x03\x01\r\n\r\n'), / 400 /);
  assert.match(await raw(server, `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`), / 431 /);
  const upgrade = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n`;
  const noKey = await raw(server, `GET /stream HTTP/1.1\r\n${host}${upgrade}\r\n`);
  assert.match(noKey, / 400 /);
  assert.match(await raw(server, `GET //[ HTTP/1.1\r\n${host}${upgrade}\r\n`), / 404 /);
  assert.equal((await ask(server, '/healthz')).status, 200);
});

test('http: of 10,000 connections at once most are refused, and a reader misses nothing', async (t) => {
  const feed = createFeed();
  const server = await serve(feed);
  const held = new Set<Socket>();
  t.after(() => {
    for (const socket of held) socket.destroy();
    return server.close();
  });
  const reader = connect(server);
  await reader.until((all) => all.length >= 2);
  const port = Number(new URL(server.url).port);
  for (let wave = 0; wave < 100; wave++) {
    const opened = Array.from({ length: 100 }, () => connectTcp(port, '127.0.0.1'));
    for (const socket of opened) {
      held.add(socket);
      socket.on('error', () => {}).on('close', () => held.delete(socket));
    }
    const connected = opened.map((socket) => once(socket, 'connect').catch(() => {}));
    // The kernel drops the SYNs that find its queue full: they come again after a second.
    await Promise.race([Promise.all(connected), sleep(50)]);
    feed.publish(5);
  }
  await reader.until((all) => all.at(-1)?.seq === 500);
  assert.deepEqual(
    reader.envelopes.filter((e) => e.kind === 'decision').map(({ seq }) => seq),
    Array.from({ length: 500 }, (_, i) => i + 1),
  );
  // What is over is accepted, too, and closed at once.
  let now = accepted(port);
  for (let i = 0; now > 512 && i < 200; i++) {
    await sleep(50);
    now = accepted(port);
  }
  assert.ok(now <= 512, `${now} are accepted`);
  assert.ok(held.size < 5000, `${held.size} were not closed`);
  for (const socket of held) socket.destroy();
  let status = 0;
  for (let i = 0; status !== 200 && i < 100; i++) {
    await sleep(20);
    status = await ask(server, '/healthz').then(
      (answer) => answer.status,
      () => 0,
    );
  }
  assert.equal(status, 200);
});

test('http: the page comes from the built files', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'pvdscope-assets-'));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'index.html'), '<!doctype html>');
  writeFileSync(join(dir, 'secret'), 'no');
  const server = await serve(createFeed(), { assetsDir: dir });
  t.after(() => server.close());
  const page = await ask(server, '/');
  assert.equal(page.body, '<!doctype html>');
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal((await ask(server, '/secret')).status, 404);
});

test('listen: a port in use and a public address are refused with a hint', async (t) => {
  const server = await serve(createFeed());
  t.after(() => server.close());
  const port = Number(new URL(server.url).port);
  await assert.rejects(serve(createFeed(), { port }), (error: unknown) => {
    assert.ok(error instanceof AgentError);
    assert.equal(error.code, 'PVD_ERR_LISTEN');
    assert.match(error.hint ?? '', /another program has this port/);
    return true;
  });
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org', '127.evil.example']) {
    await assert.rejects(serve(createFeed(), { host }), (error: unknown) => {
      assert.ok(error instanceof AgentError);
      assert.equal(error.code, 'PVD_ERR_LISTEN_ADDRESS');
      return error.exitCode === EXIT.usage;
    });
  }
  const six = await serve(createFeed(), { host: '::1' });
  assert.match(six.url, /^http:\/\/\[::1\]:\d+\/$/);
  await six.close();
});

test('close: readers get 1001 and the port is free', async () => {
  const server = await serve(createFeed());
  const client = connect(server);
  await client.until((all) => all.length >= 2);
  const code = closed(client);
  await server.close();
  assert.equal(await code, 1001);
  const again = await serve(createFeed(), { port: Number(new URL(server.url).port) });
  await again.close();
});

test('loopback names', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '::1', '[::1]']) {
    assert.ok(isLoopbackHost(host), host);
  }
  for (const host of ['', 'localhost.', 'a.localhost', '127.1', '[::]', '::ffff:127.0.0.1']) {
    assert.ok(!isLoopbackHost(host), host);
  }
});

test('metrics: label values are escaped', () => {
  const text = formatMetrics(STATS, { published: 1, readers: 0, dropped: 0 }, { fib6_add: 3 });
  assert.ok(text.includes('pvdscope_hook_hits_total{hook="fib6_add"} 3\n'));
  assert.ok(text.includes('pvdscope_malformed_total{code="a\\"b\\\\c\\n"} 1\n'));
  assert.ok(text.includes('pvdscope_decisions_total{verdict="undecided",reason="unmodelled"} 2\n'));
});
