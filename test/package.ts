/** The package as a user gets it: packed, and installed where nothing else is. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../agent/paths.ts';

export interface InstalledPackage {
  /** The program `pvdscope`. */
  readonly bin: string;
  /** Where it lies. */
  readonly root: string;
  /** An environment in which nothing is to be found but `node`. */
  readonly env: NodeJS.ProcessEnv;
}

/** Packs this build and installs it below `dir` without compilers; takes some ten seconds. */
export function installPackage(dir: string): InstalledPackage {
  npm(['pack', '--pack-destination', dir], PACKAGE_ROOT);
  const archives = readdirSync(dir).filter((name) => /^pvdscope-.*\.tgz$/.test(name));
  assert.equal(archives.length, 1, archives.join());
  const prefix = join(dir, 'prefix');
  mkdirSync(prefix);
  const archive = join(dir, archives[0] ?? '');
  npm(
    ['install', '--prefix', prefix, '--omit=dev', '--prefer-offline', '--no-audit', archive],
    dir,
  );
  const path = join(dir, 'path');
  mkdirSync(path);
  symlinkSync(process.execPath, join(path, 'node'));
  return {
    bin: join(prefix, 'node_modules/.bin/pvdscope'),
    root: join(prefix, 'node_modules/pvdscope'),
    env: { PATH: path },
  };
}

function npm(args: readonly string[], cwd: string): void {
  const env = { ...process.env, CC: '/bin/false', CXX: '/bin/false' };
  const done = spawnSync('npm', ['--no-fund', '--loglevel', 'error', ...args], {
    cwd,
    env,
    encoding: 'utf8',
  });
  assert.equal(done.status, 0, `npm ${args[0]}: ${done.stderr}${done.stdout}`);
}
