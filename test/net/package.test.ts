/** What `npm pack` makes runs on a machine that has Node and libbpf, and no compiler. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { canTrace } from '../../agent/probe/environment.ts';
import { createTrace } from '../../agent/trace/writer.ts';
import { type InstalledPackage, installPackage } from '../package.ts';
import { decision, encode, seeded, tick } from '../pipeline-run.ts';

describe('the installed package', () => {
  const dir = mkdtempSync(join(tmpdir(), 'pvdscope-package-'));
  let installed: InstalledPackage;
  const run = (...args: string[]) =>
    spawnSync(installed.bin, args, { cwd: dir, env: installed.env, encoding: 'utf8' });

  before(() => {
    installed = installPackage(dir);
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('holds the BPF object and the page, and neither sources nor tests', () => {
    const has = (path: string): boolean => existsSync(join(installed.root, path));
    for (const path of ['dist/bpf/pvdscope.bpf.o', 'dist/dashboards/live/index.html', 'LICENSES']) {
      assert.ok(has(path), path);
    }
    for (const path of ['src', 'bpf', 'agent', 'scripts', 'dist/test', 'dist/agent']) {
      assert.ok(!has(path), path);
    }
  });

  it('tells its version', () => {
    const { status, stdout, stderr } = run('version');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^pvdscope \d+\.\d+\.\d+\nrecord format \d+\n/);
  });

  it('dissects an RA', () => {
    const { status, stdout, stderr } = run('parse', '86000000400007080000000000000000');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /1800/);
  });

  it('replays a trace', () => {
    const path = join(dir, 'run.pcapng');
    const info = { hardware: 'x', os: 'Linux', application: 'x', realtimeOffsetNs: 0n };
    const trace = createTrace(path, info);
    for (const record of encode([...seeded(), ...decision(3, 1n), tick(6)])) trace.append(record);
    trace.close();
    const { status, stdout, stderr } = run('replay', '--format', 'ndjson', path);
    assert.equal(status, 0, stderr);
    assert.ok(stdout.split('\n').some((line) => line.includes('"kind":"decision"')));
  });

  it('finds out what this kernel offers', () => {
    const { status, stdout, stderr } = run('doctor', '--format', 'json');
    const diagnosis = JSON.parse(stdout);
    assert.equal(diagnosis.libbpf.ok, true, stderr);
    assert.equal(status, canTrace().ok ? 0 : 3, stderr);
  });

  it('refuses what it cannot do without looking for a compiler', () => {
    const { stderr } = run('run', '--listen', '127.0.0.1:0', '--duration', '0.1');
    assert.doesNotMatch(stderr, /clang|bpftool|build|internal error/);
  });
});
