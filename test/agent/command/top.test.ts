/** `pvdscope top` and `state --live` against a server: on a terminal, over TLS, after a loss. */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { selfSigned } from '../../../agent/serve/certificate.ts';
import { createHub } from '../../../agent/serve/hub.ts';
import type { RunningServer, ServerOptions } from '../../../agent/serve/server.ts';
import { createScene } from '../../dashboards/live/scene.ts';
import { serve } from '../serve/fixture.ts';
import { runVerb } from './verb.ts';

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-top-'));
after(() => rmSync(dir, { recursive: true }));

async function serveScene(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const scene = createScene(20);
  const hub = createHub(scene.source);
  hub.publish(scene.envelopes);
  return await serve({ hub, publish: () => {} }, options);
}

test('--once prints the overview, and says when there is none', async (t) => {
  const server = await serveScene();
  t.after(() => server.close());
  const { code, stdout, stderr } = await runVerb('top', 'topCommand', [server.url, '--once']);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^live: pvdscope /);
  assert.match(stdout, /^host +54 /m);
  assert.match(stdout, /decision: app\d\[\d+\].*diverge/);
  assert.doesNotMatch(stdout, /agree \(raced\)/);
  assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  const none = await runVerb('top', 'topCommand', ['http://127.0.0.1:9/', '--once']);
  assert.equal(none.code, 3);
  assert.match(none.stderr, /^PVD_ERR_AGENT_UNREACHABLE/);
  const noTty = await runVerb('top', 'topCommand', [server.url]);
  assert.equal(noTty.code, 2);
});

test('over TLS: its fingerprint is enough, another one is refused, the token is shown', async (t) => {
  const certificate = selfSigned('127.0.0.1');
  const token = 'only-for-this-test-0';
  const server = await serveScene({ certificate, token });
  t.after(() => server.close());
  const tokenFile = join(dir, 'token');
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const right = certificate.leaf.fingerprint256;
  const wrong = right.replace(/[0-9A-F]/g, (digit) => (digit === '0' ? '1' : '0'));
  const state = (...args: string[]) =>
    runVerb('state', 'stateCommand', ['--live', server.url, ...args]);
  const known = ['--fingerprint', right, '--token-file', tokenFile];
  const asked = await state(...known);
  assert.match(asked.stdout, /^PvD pvd-7\.example\.org/m, asked.stderr);
  const top = await runVerb('top', 'topCommand', [server.url, '--once', ...known]);
  assert.match(top.stdout, /^host +54 /m, top.stderr);
  const other = await state('--fingerprint', wrong, '--token-file', tokenFile);
  assert.match(other.stderr, /^PVD_ERR_AGENT_CERTIFICATE/);
  assert.match((await state('--token-file', tokenFile)).stderr, /^PVD_ERR_AGENT_UNREACHABLE/);
  assert.match((await state('--fingerprint', right)).stderr, /^PVD_ERR_AGENT_TOKEN/);
  const odd = await state('--fingerprint', 'ab');
  assert.equal(odd.code, 2);
});

interface Terminal {
  /** All that was written to it. */
  text(): string;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  readonly ended: Promise<number | null>;
  kill(): void;
}

/** `top` on a pseudoterminal, by script(1). */
function topOnTerminal(url: string): Terminal {
  const module = new URL('../../../agent/command/top.js', import.meta.url).href;
  const code = `import('${module}').then((m) => m.topCommand().parseAsync(['${url}'], { from: 'user' }))`;
  const shell = 'tty; stty cols 100 rows 30; exec "$TOP_NODE" --input-type=module -e "$TOP_CODE"';
  const env = { ...process.env, TOP_NODE: process.execPath, TOP_CODE: code, SHELL: '/bin/sh' };
  const child = spawn('script', ['-qec', shell, '/dev/null'], { env });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  return {
    text: () => text,
    type: (keys) => child.stdin.write(keys),
    resize(columns, rows): void {
      const device = /\/dev\/\S+/.exec(text)?.[0] ?? '';
      execFileSync('stty', ['-F', device, 'cols', `${columns}`, 'rows', `${rows}`]);
    },
    ended: new Promise((resolve) => {
      child.on('close', resolve);
    }),
    kill: () => child.kill(),
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !condition(); i++) await sleep(50);
  assert.ok(condition());
}

const ESC = '\u001b';

function lastFrame(text: string): string[] {
  const frames = text.split(`${ESC}[?2026h${ESC}[H`).slice(1);
  const whole = frames.filter((frame) => frame.includes(`${ESC}[?2026l`)).at(-1) ?? '';
  const end = whole.slice(0, whole.indexOf(`${ESC}[J`));
  return end.replaceAll(`${ESC}[K`, '').split(/\r+\n/);
}

test('on a terminal: drawn over itself, follows its size and its agent, and leaves nothing', async (t) => {
  const server = await serveScene();
  const terminal = topOnTerminal(server.url);
  t.after(() => terminal.kill());
  t.after(() => server.close());
  await until(() => lastFrame(terminal.text()).some((line) => /^host +54 /.test(line)));
  const lines = lastFrame(terminal.text());
  assert.ok(lines.length <= 30);
  assert.ok(lines.some((line) => line.length > 40));
  assert.doesNotMatch(lines.join(''), /[\p{Cc}\p{Cf}]/u);
  terminal.resize(40, 8);
  await until(() => lastFrame(terminal.text()).length <= 8);
  assert.ok(lastFrame(terminal.text()).every((line) => line.length <= 40));
  await server.close();
  await until(() => lastFrame(terminal.text()).some((line) => /^OFFLINE/.test(line)));
  terminal.resize(100, 30);
  const again = await serveScene({ port: Number(new URL(server.url).port) });
  t.after(() => again.close());
  await until(() => /^live: /.test(lastFrame(terminal.text())[0] ?? ''));
  assert.ok(!terminal.text().includes(`${ESC}[2J`), 'the whole is never erased');
  terminal.type('q');
  assert.equal(await terminal.ended, 0);
  const text = terminal.text();
  assert.ok(text.trimEnd().endsWith(`${ESC}[?7h${ESC}[?25h${ESC}[?1049l`));
});
