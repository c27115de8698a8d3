/** `pvdscope compile`: scripts of hostile names, the limits named, taking it back. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { compileScript } from '../../agent/command/compile.ts';
import { chooseNetns } from '../../agent/command/netns-choice.ts';
import { shellComment, shellWord } from '../../agent/command/shell-script.ts';
import { AgentError } from '../../agent/error.ts';
import { undoCommands } from '../../src/model/alternative-commands.ts';
import { asAlternative } from '../../src/model/alternative-compare.ts';
import { KINDS } from '../case/alternative-case.ts';
import { pvdStateOf } from '../case/pvd-state.ts';

const HOSTILE = [
  "it's",
  '$(reboot)',
  '`reboot`',
  '"; reboot #',
  'a b\tc',
  '-f',
  '*',
  'é',
  '\x1b[31mred',
  'a\\b',
  '%s%n',
  '~',
];

const STATE = `
  dev A B
  pvd red.example A fe80::1 P:1::/64
  pvd blue.example B fe80::2 P:2::/64
  addr add P:1::1/64 dev A
  addr add P:2::1/64 dev B
  route add ::/0 via fe80::1 dev A metric 10
  route add ::/0 via fe80::2 dev B metric 20 pref high expires 100`;

describe('shellWord', () => {
  for (const word of ['', ...HOSTILE]) {
    it(`is read back as it was: ${JSON.stringify(word)}`, () => {
      const text = shellWord(word);
      assert.match(text, /^[\x20-\x7e]+$/);
      const { stdout } = spawnSync('sh', ['-c', `printf '[%s]' ${text}`], { encoding: 'utf8' });
      assert.equal(stdout, `[${word}]`);
    });
  }
  it('a comment stays one line', () => {
    assert.equal(shellComment('a\nreboot\r\u2028x'), '# a\\nreboot\\r\\u{2028}x');
  });
});

for (const kind of KINDS) {
  describe(`compile --to ${kind}`, () => {
    it('runs nothing but ip, whatever PvDs and devices are called', () => {
      for (const name of [...HOSTILE, 'x\nreboot\n']) {
        const { snapshot } = pvdStateOf(STATE);
        const renamed = {
          ...snapshot,
          links: new Map([...snapshot.links].map(([i, l]) => [i, { ...l, name: `${name}${i}` }])),
          pvds: new Map([...snapshot.pvds].map(([id, p]) => [`${name}${id}` as never, p])),
        };
        const script = compileScript(asAlternative(renamed, kind));
        const shell = `ip() { :; }; reboot() { echo hit; }; while() { :; }\n${script}`;
        const quiet = shell
          .replaceAll(/^while (.*); do :; done$/gm, '$1')
          .replace('while() { :; }', '');
        const { status, stdout, stderr } = spawnSync('sh', [], { input: quiet, encoding: 'utf8' });
        assert.deepEqual([status, stdout, stderr], [0, '', ''], script);
      }
    });
    it('tells which flows are whose, and what is not covered', () => {
      const script = compileScript(asAlternative(pvdStateOf(STATE).snapshot, kind));
      const how = kind === 'pbr' ? 'SO_MARK 0x2, table' : 'SO_BINDTODEVICE pvd1, table';
      assert.match(script, new RegExp(`^# PvD blue\\.example: ${how} \\d+$`, 'm'));
      assert.match(script, /^# not covered: [a-z0-9.-]+: .*\[.*\]$/m);
    });
    it('of the state it made is itself', () => {
      const once = asAlternative(pvdStateOf(STATE).snapshot, kind);
      const again = asAlternative(once.snapshot, kind);
      assert.equal(compileScript(again), compileScript(once));
      const tables = [...once.snapshot.routes.values()].map((route) => route.table);
      assert.deepEqual(
        [...again.snapshot.routes.values()].map((route) => route.table),
        tables,
      );
    });
    it('can be taken back', () => {
      const undo = undoCommands(asAlternative(pvdStateOf(STATE).snapshot, kind));
      assert.equal(undo.filter(({ how }) => how === 'must').length, 0);
      assert.ok(undo.length >= 3);
    });
  });
}

it('keeps lifetime and preference of a route, and leaves out what is over', () => {
  const { snapshot } = pvdStateOf(STATE);
  assert.match(compileScript(asAlternative(snapshot, 'pbr')), / pref high expires 100$/m);
  const later = { ...snapshot, tsNs: 200_000_000_000n };
  assert.doesNotMatch(compileScript(asAlternative(later, 'pbr')), /via fe80::2/);
});

it('one namespace is chosen, by name or inode number', () => {
  const values = [{ data: { name: 'a', inum: 1 } }, { name: 'b', inum: 2 }];
  assert.deepEqual(chooseNetns(values, 'x', 'b'), values[1]);
  assert.deepEqual(chooseNetns(values, 'x', '1'), { name: 'a', inum: 1 });
  assert.deepEqual(chooseNetns([{ tables: {} }], 'x'), { tables: {} });
  for (const wanted of [undefined, 'c']) {
    assert.throws(
      () => chooseNetns(values, 'x', wanted),
      (error) => error instanceof AgentError && error.exitCode === 2,
    );
  }
});
