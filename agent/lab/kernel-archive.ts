/** The kernel packages of Debian's archive, from lists fetched at most once a day. */

import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AgentError } from '../error.ts';
import { openApt } from './apt.ts';
import { cacheDir } from './cache-dir.ts';
import { type KernelPackage, parseKernelPackages, SUITE_GROUPS } from './kernel-packages.ts';
import type { Progress } from './progress.ts';

const MAX_AGE_MS = 24 * 60 * 60_000;

export function aptDir(): string {
  return path.join(cacheDir(), 'apt');
}

export interface ArchiveOptions {
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * To be called with the cache's lock held.
 * @throws AgentError `PVD_ERR_KERNEL_FETCH` when there are no lists, not even old ones
 */
export async function archivePackages(options: ArchiveOptions): Promise<KernelPackage[]> {
  const { progress, signal } = options;
  const digest = path.join(aptDir(), 'kernels.json');
  const ageMs = existsSync(digest) ? Date.now() - statSync(digest).mtimeMs : Infinity;
  if (ageMs >= 0 && ageMs < MAX_AGE_MS) return readDigest(digest);
  mkdirSync(aptDir(), { recursive: true });
  const apt = await openApt(aptDir(), progress, signal);
  progress('fetching the package lists of Debian (about 40 MB, at most once a day)');
  const failures = await apt.update();
  for (const line of failures.slice(0, 5)) progress(`apt: ${line}`);
  const lists = await apt.lists();
  const packages = lists.flatMap(({ suite, text }) => parseKernelPackages(text, suite));
  const isOffline = failures.length > 0 && lists.length < SUITE_GROUPS.flat().length / 2;
  if (packages.length > 0 && !isOffline) {
    writeFileSync(`${digest}.new`, JSON.stringify(packages));
    renameSync(`${digest}.new`, digest);
    return packages;
  }
  if (ageMs < Infinity) {
    progress('the package lists could not be refreshed: using the old ones');
    return readDigest(digest);
  }
  if (packages.length > 0) return packages;
  throw new AgentError({
    code: 'PVD_ERR_KERNEL_FETCH',
    op: 'apt-get update',
    message: `no package list of Debian could be fetched${failures[0] ? `: ${failures[0]}` : ''}`,
    hint: 'is the network reachable? A kernel fetched once is used without it; or give one by path: --kernel VMLINUZ --modules DIR',
  });
}

function readDigest(file: string): KernelPackage[] {
  return JSON.parse(readFileSync(file, 'utf8')) as KernelPackage[];
}
