/** A lock that processes hold on a file, by flock(1): the kernel frees it when the holder dies. */

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { AgentError } from '../error.ts';
import { dyingWithUs } from './exec.ts';

/** Runs `body` while holding `file`; `onWait` is called once when somebody else has it. */
export async function withLock<T>(
  file: string,
  onWait: () => void,
  body: () => Promise<T>,
): Promise<T> {
  mkdirSync(path.dirname(file), { recursive: true });
  let release = await tryLock(file, ['--nonblock']);
  if (!release) {
    onWait();
    release = await tryLock(file, []);
  }
  if (!release) {
    throw new AgentError({
      code: 'PVD_ERR_LOCK',
      op: `lock ${file}`,
      message: `cannot lock ${file}`,
      hint: 'flock(1) of util-linux is needed, and a file system that can lock files',
    });
  }
  try {
    return await body();
  } finally {
    await release();
  }
}

/** Gives the function that releases the lock, or nothing when it could not be had. */
function tryLock(
  file: string,
  options: readonly string[],
): Promise<(() => Promise<void>) | undefined> {
  const argv = ['flock', ...options, file, 'sh', '-c', 'echo held; exec cat'];
  const [command = '', ...args] = dyingWithUs(argv);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const ended = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  });
  child.stdin.on('error', () => {});
  return new Promise((resolve) => {
    child.stdout.once('data', () =>
      resolve(() => {
        child.stdin.end();
        return ended;
      }),
    );
    void ended.then(() => resolve(undefined));
  });
}
