/** Who gets in from elsewhere: TLS, the token, names, rates. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { AgentError } from '../../../agent/error.ts';
import { readCertificate, selfSigned } from '../../../agent/serve/certificate.ts';
import { createRateLimit } from '../../../agent/serve/rate-limit.ts';
import type { RunningServer } from '../../../agent/serve/server.ts';
import { readToken, sameToken, shownToken } from '../../../agent/serve/token.ts';
import { closed, connect, createFeed, outcome, serve } from './fixture.ts';

const TOKEN = 'x9-this.is_a~token+42';
const CERTIFICATE = selfSigned('127.0.0.1');

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly fingerprint: string;
  readonly body: string;
}

function ask(server: RunningServer, path: string, headers: object = {}): Promise<Answer> {
  const { port } = new URL(server.url);
  const agent = new Agent({ ca: CERTIFICATE.cert, checkServerIdentity: () => undefined });
  return new Promise((resolve, reject) => {
    const options = { agent, port, path, host: '127.0.0.1', headers: { ...headers } };
    get(options, (response) => {
      const { fingerprint256 } = (response.socket as never as Peer).getPeerCertificate();
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          fingerprint: fingerprint256,
          body,
        }),
      );
    }).on('error', reject);
  });
}

interface Peer {
  getPeerCertificate(): { readonly fingerprint256: string };
}

function upgrade(server: RunningServer, protocols: string[], headers = {}): Promise<string> {
  const url = `${server.url.replace('http', 'ws')}stream`;
  const socket = new WebSocket(url, protocols, { ca: CERTIFICATE.cert, headers });
  return new Promise((resolve) => {
    socket.on('open', () => {
      resolve(`open ${socket.protocol}`);
      socket.terminate();
    });
    socket.on('error', (error) => resolve(error.message.replace(/^.*: /, '')));
  });
}

const open = { token: TOKEN, certificate: CERTIFICATE };

test('another address than loopback: only with token and TLS both', async () => {
  for (const options of [{}, { token: TOKEN }, { certificate: CERTIFICATE }]) {
    await assert.rejects(serve(createFeed(), { host: '0.0.0.0', ...options }), (error: unknown) => {
      return error instanceof AgentError && error.code === 'PVD_ERR_LISTEN_ADDRESS';
    });
  }
  const server = await serve(createFeed(), { host: '0.0.0.0', ...open });
  assert.match(server.url, /^https:/);
  await server.close();
});

test('the token opens state, metrics and stream; the page itself is for all', async (t) => {
  const server = await serve(createFeed(), open);
  t.after(() => server.close());
  const bearer = { Authorization: `Bearer ${TOKEN}` };
  for (const path of ['/api/state', '/api/hello', '/metrics', '/none']) {
    const refused = await ask(server, path);
    assert.equal(refused.status, 401, path);
    assert.equal(refused.headers['www-authenticate'], 'Bearer');
    assert.equal((await ask(server, `${path}?token=${TOKEN}`)).status, 401, 'not in the address');
    assert.notEqual((await ask(server, path, bearer)).status, 401);
  }
  assert.equal((await ask(server, '/healthz')).status, 200);
  assert.equal((await ask(server, '/')).status, 401, 'no page is built here');
  assert.equal(await upgrade(server, ['pvdscope']), '401');
  assert.equal(await upgrade(server, ['pvdscope', 'pvdscope.token.wrong-wrong-wrong']), '401');
  assert.equal(await upgrade(server, ['pvdscope', `pvdscope.token.${TOKEN}`]), 'open pvdscope');
  assert.equal(await upgrade(server, [], bearer), 'open ');
});

test('who tries tokens is stopped, others are not', async (t) => {
  const failures = { perSec: 0.01, burst: 3, addresses: 10 };
  const server = await serve(createFeed(), { ...open, rates: { failures } });
  t.after(() => server.close());
  const tried: number[] = [];
  for (let i = 0; i < 5; i++) {
    tried.push((await ask(server, '/api/hello', { Authorization: `Bearer wrong-${i}` })).status);
  }
  assert.deepEqual(tried, [401, 401, 401, 429, 429]);
  const right = await ask(server, '/api/hello', { Authorization: `Bearer ${TOKEN}` });
  assert.equal(right.status, 429, 'from there even the right one: or it could be found out');
});

test('with TLS the server answers to the names in its certificate', async (t) => {
  const server = await serve(createFeed(), { ...open, certificate: CERTIFICATE });
  t.after(() => server.close());
  const status = async (Host: string): Promise<number> => {
    return (await ask(server, '/healthz', { Host })).status;
  };
  assert.equal(await status('127.0.0.1'), 200);
  assert.equal(await status('192.0.2.7'), 421);
  assert.equal(await status('rebind.example'), 421);
  const { host } = new URL(server.url);
  const origin = async (Origin: string): Promise<number> =>
    (await ask(server, '/healthz', { Host: host, Origin })).status;
  assert.equal(await origin(`https://${host}`), 200);
  assert.equal(await origin(`http://${host}`), 403);
});

test('self-signed: what it says is true, and openssl reads it alike', async (t) => {
  const now = new Date('2026-01-02T03:04:05Z');
  const { leaf, cert } = selfSigned('2001:db8::5', now);
  assert.equal(leaf.checkIP('2001:db8::5'), '2001:db8::5');
  assert.equal(leaf.checkIP('2001:db8::6'), undefined);
  assert.ok(leaf.verify(leaf.publicKey));
  assert.equal(leaf.ca, false);
  assert.equal(new Date(leaf.validTo).getTime() - now.getTime(), 30 * 86_400_000);
  assert.equal(selfSigned('lab.example').leaf.checkHost('lab.example'), 'lab.example');
  assert.notEqual(leaf.serialNumber, selfSigned('2001:db8::5', now).leaf.serialNumber);
  const server = await serve(createFeed(), open);
  t.after(() => server.close());
  assert.equal((await ask(server, '/healthz')).fingerprint, CERTIFICATE.leaf.fingerprint256);
  let text: string;
  try {
    text = execFileSync('openssl', ['x509', '-noout', '-text'], { input: cert, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return t.diagnostic('no openssl here');
  }
  assert.match(text, /IP Address:2001:DB8:0:0:0:0:0:5/);
  assert.match(text, /TLS Web Server Authentication/);
});

test('certificate and key from files must belong together', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'pvdscope-tls-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const write = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const cert = write('cert', CERTIFICATE.cert);
  const key = write('key', CERTIFICATE.key);
  const read = readCertificate(cert, key);
  assert.equal(read.leaf.fingerprint256, new X509Certificate(CERTIFICATE.cert).fingerprint256);
  const other = write('other', selfSigned('::1').key);
  for (const [a, b] of [
    [cert, other],
    [cert, cert],
    [key, key],
    [`${dir}/none`, key],
  ] as const) {
    assert.throws(
      () => readCertificate(a, b),
      (error: unknown) => error instanceof AgentError && error.code === 'PVD_ERR_CERTIFICATE',
    );
  }
});

test('a token file is read only when nobody else can', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'pvdscope-token-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'token');
  const reads = (text: string, mode: number): string => {
    writeFileSync(file, text);
    chmodSync(file, mode);
    try {
      return readToken(file);
    } catch (error) {
      assert.ok(error instanceof AgentError);
      assert.ok(!error.message.includes(text.trim()) || text === '');
      return error.code;
    }
  };
  assert.equal(reads(`${TOKEN}\n`, 0o600), TOKEN);
  assert.equal(reads(`${TOKEN}\n`, 0o640), 'PVD_ERR_TOKEN');
  assert.equal(reads('short', 0o600), 'PVD_ERR_TOKEN');
  assert.equal(reads('with blank in between', 0o600), 'PVD_ERR_TOKEN');
  assert.throws(() => readToken(join(dir, 'none')), /cannot read/);
});

test('tokens: where they may stand', () => {
  assert.equal(shownToken({ authorization: 'bearer  abc' }), 'abc');
  assert.equal(shownToken({ authorization: 'Basic abc' }), undefined);
  assert.equal(shownToken({ 'sec-websocket-protocol': 'pvdscope, pvdscope.token.a.b' }), 'a.b');
  assert.equal(shownToken({}), undefined);
  assert.ok(sameToken('a', 'a') && !sameToken('a', 'ab') && !sameToken('', 'a'));
});

test('rates: a burst, then so many a second, for each address, bounded', () => {
  const limit = createRateLimit({ perSec: 2, burst: 3, addresses: 2 });
  const taken = (address: string, nowMs: number): boolean => limit.take(address, nowMs);
  assert.deepEqual(
    [1, 1, 1, 1].map((t) => taken('a', t)),
    [true, true, true, false],
  );
  assert.ok(taken('b', 1), 'another address');
  assert.ok(!limit.has('a', 400) && limit.has('a', 501));
  assert.deepEqual(
    [501, 502].map((t) => taken('a', t)),
    [true, false],
  );
  taken('b', 503);
  taken('c', 503);
  assert.ok(limit.has('a', 503), 'forgotten, for there are two others');
});

test('too many requests: 429, and who is connected stays so', async (t) => {
  const requests = { perSec: 0.01, burst: 5, addresses: 10 };
  const feed = createFeed();
  const server = await serve(feed, { rates: { requests } });
  t.after(() => server.close());
  const reader = connect(server);
  await reader.until((all) => all.length >= 2);
  const outcomes: string[] = [];
  for (let i = 0; i < 6; i++) outcomes.push(await outcome(connect(server)));
  assert.deepEqual(outcomes, ['open', 'open', 'open', 'open', '429', '429']);
  feed.publish(1);
  await reader.until((all) => all.at(-1)?.kind === 'decision');
});

test('who sends headers slowly, or none, is cut off; others are served', async (t) => {
  const server = await serve(createFeed());
  t.after(() => server.close());
  const port = Number(new URL(server.url).port);
  const slow = Array.from({ length: 20 }, (_, i) => {
    const socket = connectTcp(
      port,
      '127.0.0.1',
      () => i % 2 && socket.write('GET / HTTP/1.1\r\nHo'),
    );
    socket.on('error', () => {});
    socket.resume();
    return new Promise<void>((resolve) => socket.on('close', () => resolve()));
  });
  const reader = connect(server);
  await reader.until((all) => all.length >= 2);
  await Promise.all(slow);
  assert.equal(reader.socket.readyState, reader.socket.OPEN);
});

test('deflate: the same frames for who offers it and who does not', async (t) => {
  const feed = createFeed();
  const server = await serve(feed, { deflate: true });
  t.after(() => server.close());
  const reader = connect(server);
  await reader.until((all) => all.length >= 2);
  assert.match(reader.socket.extensions, /permessage-deflate/);
  feed.publish(500);
  await reader.until((all) => all.at(-1)?.seq === 500);
  assert.ok(reader.envelopes.filter((e) => e.kind === 'decision').length >= 500);
  const gone = closed(reader);
  await server.close();
  assert.equal(await gone, 1001);
});
