/** A temporary directory that goes with its owner; those of dead processes are swept first. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { atExit } from './at-exit.ts';
import { isRunAlive, runId } from './run-id.ts';

const PREFIX = 'pvdscope-lab-';

export interface WorkDir {
  readonly path: string;
  remove(): void;
}

export function makeWorkDir(): WorkDir {
  const top = os.tmpdir();
  for (const name of readdirSync(top)) {
    const owner = name.startsWith(PREFIX) ? name.slice(PREFIX.length).split('.')[0] : undefined;
    if (owner && !isRunAlive(owner)) removeTree(path.join(top, name));
  }
  const dir = mkdtempSync(path.join(top, `${PREFIX}${runId()}.`));
  const forget = atExit(() => removeTree(dir));
  return {
    path: dir,
    remove: () => {
      forget();
      removeTree(dir);
    },
  };
}

function removeTree(dir: string): void {
  try {
    rmSync(dir, { recursive: true, force: true });
  } catch {
    // Somebody else's, or being swept by another process too.
  }
}
