/** Kernels kept on this machine: `kernels/<release>/{vmlinuz,config,modules/,kernel.json}`. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { AgentError } from '../error.ts';
import { openApt } from './apt.ts';
import { cacheDir } from './cache-dir.ts';
import { compareDebianVersions } from './debian-version.ts';
import { exec } from './exec.ts';
import { type ArchiveOptions, aptDir } from './kernel-archive.ts';
import type { Flavour } from './kernel-name.ts';
import type { KernelChoice } from './kernel-packages.ts';
import { formatMiB } from './progress.ts';

export interface CachedKernel {
  readonly release: string;
  readonly version: string;
  readonly series: string;
  readonly flavour: Flavour;
  readonly suite: string;
  readonly image: string;
  readonly modules: string;
}

/** What of the packages a guest can use; hardware drivers, sound and the like stay out. */
const MODULES = [
  ...['arch', 'block', 'crypto', 'fs', 'lib', 'mm', 'net'],
  ...['block', 'char', 'net', 'vhost', 'virtio'].map((sub) => `drivers/${sub}`),
];
const WANTED = [
  './boot/vmlinuz-*',
  './boot/config-*',
  ...['.', './usr'].flatMap((top) => [
    `${top}/lib/modules/*/vmlinuz`,
    `${top}/lib/modules/*/config`,
    `${top}/lib/modules/*/modules.builtin`,
    ...MODULES.map((sub) => `${top}/lib/modules/*/kernel/${sub}/*`),
  ]),
];
const UNWANTED = [
  ...['arcnet', 'can', 'dsa', 'ethernet', 'fddi', 'hamradio', 'usb', 'wireless', 'wwan'],
].map((sub) => `*/kernel/drivers/net/${sub}/*`);

function kernelsDir(): string {
  return path.join(cacheDir(), 'kernels');
}

/** Newest first. A directory without its `kernel.json` is none of them. */
export function cachedKernels(): CachedKernel[] {
  const dir = kernelsDir();
  if (!existsSync(dir)) return [];
  const files = readdirSync(dir)
    .filter((name) => !name.startsWith('.'))
    .map((name) => path.join(dir, name, 'kernel.json'));
  return files
    .filter((file) => existsSync(file))
    .map((file) => {
      const kept = JSON.parse(readFileSync(file, 'utf8')) as Omit<
        CachedKernel,
        'image' | 'modules'
      >;
      const at = path.dirname(file);
      return { ...kept, image: path.join(at, 'vmlinuz'), modules: path.join(at, 'modules') };
    })
    .sort((a, b) => compareDebianVersions(b.version, a.version));
}

/** Fetches and unpacks `choice`; to be called with the cache's lock held. */
export async function unpackKernel(
  choice: KernelChoice,
  flavour: Flavour,
  options: ArchiveOptions,
): Promise<CachedKernel> {
  const { progress, signal } = options;
  mkdirSync(kernelsDir(), { recursive: true });
  for (const name of readdirSync(kernelsDir())) {
    // Left by one that was killed: nobody else is at work while we hold the lock.
    if (name.startsWith('.')) rmSync(path.join(kernelsDir(), name), { recursive: true });
  }
  const work = mkdtempSync(path.join(kernelsDir(), '.fetch-'));
  try {
    const apt = await openApt(aptDir(), progress, signal);
    const tree = path.join(work, 'tree');
    mkdirSync(tree);
    for (const wanted of choice.packages) {
      progress(
        `fetching ${wanted.package} ${wanted.version} from ${wanted.suite} (${formatMiB(wanted.sizeBytes)})`,
      );
      const deb = await apt.download(wanted, work);
      progress(`unpacking ${wanted.package}`);
      await unpack(deb, tree, signal);
      rmSync(deb);
    }
    arrange(tree, path.join(work, 'kernel'), choice.release);
    const { release, version, series, suite } = choice;
    const about = { release, version, series, flavour, suite };
    writeFileSync(path.join(work, 'kernel', 'kernel.json'), `${JSON.stringify(about, null, 2)}\n`);
    const to = path.join(kernelsDir(), release);
    rmSync(to, { recursive: true, force: true });
    renameSync(path.join(work, 'kernel'), to);
    progress(`kernel ${release} is in ${to}`);
    return { ...about, image: path.join(to, 'vmlinuz'), modules: path.join(to, 'modules') };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function unpack(deb: string, tree: string, signal: AbortSignal | undefined): Promise<void> {
  const script = 'deb=$1; shift; dpkg-deb --fsys-tarfile "$deb" | tar -x "$@"';
  const args = [
    ...['--directory', tree, '--no-same-owner', '--wildcards', '--wildcards-match-slash'],
    ...UNWANTED.map((p) => `--exclude=${p}`),
    ...WANTED,
  ];
  const { stderr } = await exec(['sh', '-c', script, 'sh', deb, ...args], { signal });
  // tar says of every pattern that matched nothing "Not found in archive", and exits with 2.
  const trouble = stderr
    .split('\n')
    .filter((l) => l !== '' && !/Not found in archive|Exiting with failure status/.test(l));
  if (trouble.length > 0) throw unpackError(deb, trouble[0] ?? '');
}

function arrange(tree: string, to: string, release: string): void {
  mkdirSync(to);
  const move = (candidates: readonly string[], name: string) => {
    const from = candidates.map((c) => path.join(tree, c)).find((f) => existsSync(f));
    if (from !== undefined) renameSync(from, path.join(to, name));
    return from !== undefined;
  };
  const inUsr = `usr/lib/modules/${release}`;
  const isComplete =
    move([`boot/vmlinuz-${release}`, `${inUsr}/vmlinuz`], 'vmlinuz') &&
    (move([`boot/config-${release}`, `${inUsr}/config`], 'config') || true) &&
    move([inUsr, `lib/modules/${release}`], 'modules');
  if (!isComplete) throw unpackError(release, 'the package holds no kernel, or no modules');
}

function unpackError(what: string, why: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_KERNEL_UNPACK',
    op: `unpack ${path.basename(what)}`,
    message: `cannot unpack ${path.basename(what)}: ${why}`,
    hint: 'is there room on the disk? Otherwise Debian has changed how it packs kernels: give one by path',
  });
}
