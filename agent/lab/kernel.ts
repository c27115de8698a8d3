/** From a kernel's name to its files: looked up in the cache, else fetched from Debian's archive. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { AgentError, EXIT } from '../error.ts';
import { cacheDir } from './cache-dir.ts';
import { archivePackages } from './kernel-archive.ts';
import { type CachedKernel, cachedKernels, unpackKernel } from './kernel-cache.ts';
import { parseKernelName } from './kernel-name.ts';
import { chooseKernel, type KernelSearch } from './kernel-packages.ts';
import { withLock } from './lock.ts';
import { type Progress, stderrProgress } from './progress.ts';
import { buildPvdKernel } from './pvd-kernel.ts';

export interface Kernel {
  /** As the user said it. */
  readonly name: string;
  /** `uname -r` where known, else the file's name. */
  readonly release: string;
  /** A bzImage or an ELF vmlinux. */
  readonly image: string;
  /** Directory with the `.ko` files below; none for a kernel with everything built in. */
  readonly modules?: string;
}

export interface KernelOptions {
  /** For a kernel given by path. */
  readonly modules?: string | undefined;
  /** Look for a newer one in the archive even when one of this series is here. */
  readonly refresh?: boolean;
  readonly progress?: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** @throws AgentError `PVD_ERR_KERNEL_*`, `PVD_ERR_NO_APT` */
export async function findKernel(text: string, options: KernelOptions = {}): Promise<Kernel> {
  const name = parseKernelName(text);
  if (name.kind === 'file') return fileKernel(name.path, text, options.modules);
  const { progress = stderrProgress, signal, refresh = false } = options;
  if (name.kind === 'pvd') {
    const image = await buildPvdKernel(name.build, { progress, signal });
    return { name: text, release: name.text, image };
  }
  const here = () =>
    cachedKernels().find((k) => k.series === name.series && k.flavour === name.flavour);
  const cached = refresh ? undefined : here();
  if (cached) return toKernel(cached, text);
  const lock = path.join(cacheDir(), 'lock');
  const onWait = () => progress('waiting for another pvdscope that is fetching a kernel');
  return withLock(lock, onWait, async () => {
    // Whoever held the lock may have fetched it.
    const found = refresh ? undefined : here();
    if (found) return toKernel(found, text);
    const packages = await archivePackages({ progress, signal });
    const search = chooseKernel(packages, name.series, name.flavour);
    if (search.kind === 'none') throw noSuchKernel(text, search);
    const { choice } = search;
    if (search.kind === 'replaced') {
      progress(
        `Debian has no kernel ${name.series} any more: ${choice.release} (${choice.suite}) takes its place`,
      );
    }
    const have = cachedKernels().find((k) => k.release === choice.release);
    const kernel = have ?? (await unpackKernel(choice, name.flavour, { progress, signal }));
    return toKernel(kernel, text);
  });
}

function toKernel(cached: CachedKernel, name: string): Kernel {
  return { name, release: cached.release, image: cached.image, modules: cached.modules };
}

function fileKernel(image: string, name: string, modules: string | undefined): Kernel {
  if (statSync(image, { throwIfNoEntry: false })?.isDirectory())
    return treeKernel(image, name, modules);
  const missing = [image, ...(modules === undefined ? [] : [modules])].find((f) => !existsSync(f));
  if (missing !== undefined || !statSync(image).isFile()) {
    throw new AgentError({
      code: 'PVD_ERR_KERNEL_FILE',
      op: `open kernel ${name}`,
      message: missing === undefined ? `${image} is not a file` : `there is no ${missing}`,
      hint: 'give --kernel the path of a vmlinuz or vmlinux, and --modules the directory of its .ko files (lib/modules/RELEASE)',
      exitCode: EXIT.usage,
    });
  }
  const release = path.basename(image).replace(/^vmlinuz-/, '');
  return {
    name,
    release,
    image,
    ...(modules === undefined ? {} : { modules: path.resolve(modules) }),
  };
}

/** Of a kernel's build tree, as make left it: its image, and its modules where some were made. */
function treeKernel(tree: string, name: string, modules: string | undefined): Kernel {
  const image = ['arch/x86/boot/bzImage', 'vmlinux']
    .map((file) => path.join(tree, file))
    .find((file) => existsSync(file));
  const releaseFile = path.join(tree, 'include/config/kernel.release');
  if (image === undefined || !existsSync(releaseFile)) {
    throw new AgentError({
      code: 'PVD_ERR_KERNEL_FILE',
      op: `open kernel ${name}`,
      message: `${tree} is no build tree of a kernel, or nothing has been built in it`,
      hint: 'make, then name the directory of vmlinux (with make O=DIR, that one)',
      exitCode: EXIT.usage,
    });
  }
  // `make vmlinux` alone lists what is built in, but `make modules` lists what it made.
  const order = path.join(tree, 'modules.order');
  const hasModules = existsSync(order) && statSync(order).size > 0;
  const dir = modules ?? (hasModules ? tree : undefined);
  return {
    name,
    release: readFileSync(releaseFile, 'utf8').trim(),
    image,
    ...(dir === undefined ? {} : { modules: path.resolve(dir) }),
  };
}

function noSuchKernel(name: string, search: KernelSearch & { kind: 'none' }): AgentError {
  const names = search.available.map((s) => `debian:${s}`).join(', ');
  return new AgentError({
    code: 'PVD_ERR_KERNEL_UNKNOWN',
    op: `find kernel ${name}`,
    message: `Debian's archive has no kernel ${name}`,
    hint: names === '' ? 'no package list could be read; see above' : `it has ${names}`,
  });
}
