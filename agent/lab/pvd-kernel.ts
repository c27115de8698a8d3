/** The kernel with the series in kernel/: built once, then found by what it was made of. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { AgentError } from '../error.ts';
import { PACKAGE_ROOT } from '../paths.ts';
import type { PvdBuild } from './kernel-name.ts';
import type { Progress } from './progress.ts';

interface BuildOptions {
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** @returns the image's path. @throws AgentError PVD_ERR_KERNEL_BUILD */
export async function buildPvdKernel(
  build: 'pvd' | PvdBuild,
  { progress, signal }: BuildOptions,
): Promise<string> {
  const script = path.join(PACKAGE_ROOT, 'kernel/build.sh');
  if (!existsSync(script)) {
    throw buildError(`there is no ${script}`, 'it is in the sources of this project only');
  }
  const args = build === 'pvd' ? [] : [`--${build}`];
  // The build has children of its own: the group is ended as one.
  const child = spawn(script, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const stop = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  };
  signal?.addEventListener('abort', stop, { once: true });
  const said = { stdout: '', last: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n').filter(Boolean)) {
      said.last = line;
      progress(line.replace(/^kernel\/build\.sh: /, ''));
    }
  });
  const status = await new Promise<number>((resolve) => {
    child.on('error', () => resolve(-1));
    child.on('close', (code) => resolve(code ?? -1));
  });
  signal?.removeEventListener('abort', stop);
  const image = said.stdout.trim();
  if (status !== 0 || !existsSync(image)) throw buildError(`exit status ${status}: ${said.last}`);
  return image;
}

function buildError(message: string, hint?: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_KERNEL_BUILD',
    op: 'build the PvD kernel',
    message: `building the PvD kernel: ${message}`,
    ...(hint === undefined ? {} : { hint }),
  });
}
