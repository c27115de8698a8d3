/** The installed agent in a guest: what it costs to watch, what it watches, what it leaves. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findKernel } from '../../agent/lab/kernel.ts';
import { runInGuest } from '../../agent/lab/vm.ts';
import { installPackage } from '../package.ts';

const GUEST = fileURLToPath(new URL('./agent-guest.js', import.meta.url));

interface Round {
  readonly fds: number;
  readonly shown: number;
  readonly rssKib: number;
}

interface Ended {
  readonly status: number | null;
  readonly ms: number;
  readonly stderr: string;
}

describe('the installed agent on debian:6.12', () => {
  const dir = mkdtempSync(join(tmpdir(), 'pvdscope-agent-'));
  const checks = new Map<string, unknown>();
  let text = '';
  const check = <T>(name: string): T => {
    assert.ok(checks.has(name), `the guest said nothing of ${name}:\n${text}`);
    return checks.get(name) as T;
  };

  before(async () => {
    const { bin } = installPackage(dir);
    const out = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    });
    const { complaints, exitCode } = await runInGuest({
      kernel: await findKernel('debian:6.12'),
      command: [process.execPath, GUEST, bin],
      timeoutMs: 900_000,
      stdout: out,
      stderr: out,
    });
    for (const line of text.split('\n').filter((l) => l.startsWith('{'))) {
      const { name, value } = JSON.parse(line) as { name: string; value: unknown };
      checks.set(name, value);
    }
    assert.deepEqual(complaints, [], 'the kernel complained');
    assert.equal(exitCode, 0, text);
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('records with nothing but Node and libbpf', () => {
    const { status, stderr, decisions } = check<Ended & { decisions: number }>('records');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /\d+ records, 0 lost/);
    assert.ok(decisions > 0);
  });

  it('keeps nothing of 100 namespaces that come and go, twice', () => {
    const { before, rounds } = check<{ before: Round; rounds: Round[] }>('namespaces');
    for (const { fds, shown } of rounds) {
      assert.deepEqual({ fds, shown }, { fds: before.fds, shown: before.shown });
    }
    const [first, last] = rounds.map(({ rssKib }) => rssKib);
    // A replica takes hundreds of KiB; a heap that was not collected yet a few MiB.
    assert.ok((last ?? 0) - (first ?? 0) < 24 << 10, JSON.stringify(rounds));
  });

  it('is not disturbed by another one that is killed, and ends with a summary', () => {
    const { end } = check<{ end: Ended }>('namespaces');
    assert.equal(end.status, 0, end.stderr);
    assert.match(end.stderr, /\d+ records, 0 lost/);
    // A second on real hardware; here the emulated agent first reads what three hundred namespaces told.
    assert.ok(end.ms < 30_000, `${end.ms} ms`);
  });

  it('watches one namespace only when told so', () => {
    const { cookies, names } = check<{ cookies: number; names: string[] }>('by netns');
    assert.equal(cookies, 1);
    assert.deepEqual([...new Set(names)], ['wanted']);
  });

  it('watches one process only when told so', () => {
    const { pid, tasks } = check<{ pid: number; tasks: number[] }>('by pid');
    assert.ok(tasks.length > 0);
    assert.deepEqual([...new Set(tasks)], [pid]);
  });

  it('watches one cgroup only when told so', () => {
    const { id, tasks } = check<{ id: string; tasks: string[] }>('by cgroup');
    assert.ok(tasks.length > 0);
    assert.deepEqual([...new Set(tasks)], [id]);
  });

  it('leaves no program and no namespace behind', () => {
    assert.deepEqual(check('left'), { programs: 0, netns: [] });
  });
});
