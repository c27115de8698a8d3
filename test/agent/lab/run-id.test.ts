import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { isRunAlive, runId } from '../../../agent/lab/run-id.ts';
import { makeWorkDir } from '../../../agent/lab/work-dir.ts';

test('this run is alive, one with another start time and one without a process are not', () => {
  assert.equal(isRunAlive(runId()), true);
  const [pid] = runId().split('-');
  assert.equal(isRunAlive(`${pid}-1`), false);
  assert.equal(isRunAlive('zzzzzz-1'), false);
  assert.equal(isRunAlive(''), false);
  assert.equal(isRunAlive('../..-1'), false);
});

test('making a directory sweeps those of dead runs and spares the living', () => {
  const dead = path.join(os.tmpdir(), 'pvdscope-lab-zzzzzz-1.abcdef');
  mkdirSync(dead);
  const one = makeWorkDir();
  const two = makeWorkDir();
  try {
    assert.equal(existsSync(dead), false);
    assert.equal(existsSync(one.path), true);
  } finally {
    one.remove();
    two.remove();
    rmSync(dead, { recursive: true, force: true });
  }
  assert.equal(existsSync(one.path), false);
  assert.equal(existsSync(two.path), false);
});
