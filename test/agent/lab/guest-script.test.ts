import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  commandScript,
  firstScript,
  type GuestScript,
  secondScript,
} from '../../../agent/lab/guest-script.ts';

const guest: GuestScript = {
  fs: '9p',
  modules: ['9p', 'dummy'],
  rw: new Map([['rw0', "/out put/it's"]]),
  command: ['printf', '%s\\n', 'a b', "it's", '$HOME', '--'],
  cwd: '/tmp',
  env: { X: 'y z', QUOTE: `'"` },
  hasNetwork: true,
  endMark: 'mark',
};

test('the scripts are shell', () => {
  for (const script of [firstScript(guest), secondScript(guest), commandScript(guest)]) {
    const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  }
});

test('a guest without forwarded ports touches no network card', () => {
  assert.doesNotMatch(secondScript({ ...guest, hasNetwork: false }), /10\.0\.2\.15/);
});

test('words, environment and directory arrive as they were given', () => {
  const word = fc.string({ unit: 'binary', maxLength: 20 }).filter((w) => !w.includes('\0'));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), word, (words, value) => {
      const script = commandScript({
        ...guest,
        command: ['sh', '-c', 'printf %s "$V$PWD"; printf "\\037%s" "$@"', 'sh', ...words],
        env: { V: value },
      });
      const { stdout } = spawnSync('sh', [], { input: script, encoding: 'utf8' });
      assert.deepEqual(stdout.split('\x1f'), [`${value}/tmp`, ...words]);
    }),
    { numRuns: 40 },
  );
});
