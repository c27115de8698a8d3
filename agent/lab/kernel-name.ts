/** Kernels as the command line names them: `debian:6.12`, `debian:6.12-cloud`, or a file. */

import path from 'node:path';
import { AgentError, EXIT } from '../error.ts';

export type Flavour = 'amd64' | 'cloud-amd64';

export type KernelName =
  | {
      readonly kind: 'debian';
      readonly text: string;
      /** `6.12`: the first two numbers of the version. */
      readonly series: string;
      readonly flavour: Flavour;
    }
  | { readonly kind: 'file'; readonly text: string; readonly path: string };

/** @throws AgentError `PVD_ERR_KERNEL_NAME` */
export function parseKernelName(text: string): KernelName {
  const debian = /^debian:(\d+\.\d+)(-cloud)?$/.exec(text);
  if (debian) {
    const flavour = debian[2] === undefined ? 'amd64' : 'cloud-amd64';
    return { kind: 'debian', text, series: debian[1] ?? '', flavour };
  }
  if (/^[a-z]+:/.test(text) || text === '') {
    throw new AgentError({
      code: 'PVD_ERR_KERNEL_NAME',
      op: `find kernel ${text}`,
      message: `no kernel is called "${text}"`,
      hint: 'name one as debian:6.1, debian:6.12 or debian:7.2 (debian:6.12-cloud for the cloud build), or give the path of a vmlinuz or vmlinux',
      exitCode: EXIT.usage,
    });
  }
  return { kind: 'file', text, path: path.resolve(text) };
}
