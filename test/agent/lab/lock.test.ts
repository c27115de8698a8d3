import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { withLock } from '../../../agent/lab/lock.ts';

const dir = mkdtempSync(path.join(os.tmpdir(), 'lock-test-'));
after(() => rmSync(dir, { recursive: true }));

test('one at a time, the others wait and say so', async () => {
  const file = path.join(dir, 'sub', 'lock');
  let inside = 0;
  let waited = 0;
  const body = async () => {
    assert.equal(++inside, 1);
    while (waited < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    inside--;
  };
  await Promise.all([1, 2, 3].map(() => withLock(file, () => waited++, body)));
  assert.equal(waited, 2);
});

test('a failure frees it', async () => {
  const file = path.join(dir, 'lock');
  await assert.rejects(withLock(file, assert.fail, async () => Promise.reject(new Error('x'))));
  await withLock(file, assert.fail, async () => {});
});
