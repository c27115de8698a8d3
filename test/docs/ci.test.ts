/** The examples for CI: they are of their syntax, and what they run runs. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as YAML from 'yaml';
import { checkCommand } from '../../agent/command/check.ts';
import { labCommand } from '../../agent/command/lab.ts';
import { PACKAGE_ROOT } from '../../agent/paths.ts';

const CI = join(PACKAGE_ROOT, 'docs/ci');
const WRAPPER = join(CI, 'kselftest.sh');
const dir = mkdtempSync(join(tmpdir(), 'pvdscope-ci-'));
after(() => rmSync(dir, { recursive: true }));

/** Options a command knows. */
function optionsOf(command: { readonly options: readonly { long?: string | null | undefined }[] }) {
  return new Set(command.options.map(({ long }) => long));
}

/** Long options that stand in a text. */
function optionsIn(text: string): string[] {
  return [...text.matchAll(/(?<=\s)--[a-z-]+/g)].map(([option]) => option);
}

test('GitHub Actions: jobs, steps, and options that `lab run` has', () => {
  const workflow = YAML.parse(readFileSync(join(CI, 'github-actions.yml'), 'utf8'));
  assert.deepEqual(Object.keys(workflow), ['name', 'on', 'jobs']);
  const { scenarios } = workflow.jobs;
  assert.ok(scenarios['runs-on'] && scenarios.strategy.matrix.kernel.length === 3);
  for (const step of scenarios.steps) assert.ok((step.run ?? step.uses) !== undefined);
  const [run] = scenarios.steps.flatMap((s: { run?: string }) =>
    s.run?.includes('lab run') ? [s.run] : [],
  );
  const shell = run.replace(/\$\{\{[^}]*\}\}/g, 'x');
  assert.equal(spawnSync('sh', ['-n', '-c', shell]).status, 0);
  const known = labCommand().commands.find((command) => command.name() === 'run');
  const has = optionsOf(known ?? { options: [] });
  assert.ok(optionsIn(run).length >= 5);
  assert.deepEqual(
    optionsIn(run).filter((option) => !has.has(option)),
    [],
  );
});

/** The wrapper with a program that shows its arguments and ends with `code`. */
function wrapper(code: number, args: readonly string[], env: Record<string, string> = {}) {
  const program = join(dir, 'pvdscope');
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@"\nexit ${code}\n`);
  chmodSync(program, 0o755);
  const { status, stdout } = spawnSync(WRAPPER, args, {
    env: { PATH: process.env['PATH'] ?? '', PVDSCOPE: program, EXPECT: 'e.yaml', ...env },
    encoding: 'utf8',
  });
  return { status, lines: stdout.trimEnd().split('\n') };
}

test('kselftest: the wrapped command keeps its words, exit codes pass', () => {
  assert.equal(spawnSync('sh', ['-n', WRAPPER]).status, 0);
  const begin = ['check', 'e.yaml', '--live', '--ksft'];
  for (const code of [0, 1, 2, 3, 4]) {
    const { status, lines } = wrapper(code, ['./test.sh', 'two words', '--x']);
    assert.equal(status, code);
    assert.deepEqual(lines, [...begin, '--', './test.sh', 'two words', '--x']);
  }
  const results = join(dir, 'results');
  const { lines } = wrapper(0, ['cmd'], { RESULTS: results });
  assert.deepEqual(lines.slice(4, 6), ['--output', `${results}/trace.pcapng`]);
  const has = optionsOf(checkCommand());
  assert.deepEqual(
    lines.filter((line) => /^--./.test(line) && !has.has(line)),
    [],
  );
});

test('kselftest: without the program the test is skipped', () => {
  const { status, lines } = wrapper(0, ['cmd'], { PVDSCOPE: '/nowhere/pvdscope' });
  assert.equal(status, 4);
  assert.deepEqual(lines, ['TAP version 13', '1..0 # SKIP /nowhere/pvdscope is not installed']);
  assert.equal(wrapper(0, []).status, 1);
});
