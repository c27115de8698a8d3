/** Kernels as the command line names them: `debian:6.12`, `debian:6.12-cloud`, `pvd`, or a file. */

import path from 'node:path';
import { AgentError, EXIT } from '../error.ts';

export type Flavour = 'amd64' | 'cloud-amd64';

/** Without the series; with it, but CONFIG_NET_PVD off; with checks for locking and sleeping. */
export type PvdBuild = (typeof PVD_BUILDS)[number];
const PVD_BUILDS = ['base', 'off', 'debug'] as const;

export type KernelName =
  | {
      readonly kind: 'debian';
      readonly text: string;
      /** `6.12`: the first two numbers of the version. */
      readonly series: string;
      readonly flavour: Flavour;
    }
  /** The kernel with the series in kernel/, or one to compare it with. */
  | { readonly kind: 'pvd'; readonly text: string; readonly build: 'pvd' | PvdBuild }
  | { readonly kind: 'file'; readonly text: string; readonly path: string };

/** @throws AgentError `PVD_ERR_KERNEL_NAME` */
export function parseKernelName(text: string): KernelName {
  const debian = /^debian:(\d+\.\d+)(-cloud)?$/.exec(text);
  if (debian) {
    const flavour = debian[2] === undefined ? 'amd64' : 'cloud-amd64';
    return { kind: 'debian', text, series: debian[1] ?? '', flavour };
  }
  if (text === 'pvd') return { kind: 'pvd', text, build: 'pvd' };
  const build = PVD_BUILDS.find((one) => text === `pvd:${one}`);
  if (build !== undefined) return { kind: 'pvd', text, build };
  if (/^[a-z]+:/.test(text) || text === '') {
    throw new AgentError({
      code: 'PVD_ERR_KERNEL_NAME',
      op: `find kernel ${text}`,
      message: `no kernel is called "${text}"`,
      hint: 'name one as debian:6.1, debian:6.12 or debian:7.2 (debian:6.12-cloud for the cloud build), the one of this project as pvd, or give the path of a vmlinuz or vmlinux',
      exitCode: EXIT.usage,
    });
  }
  return { kind: 'file', text, path: path.resolve(text) };
}
