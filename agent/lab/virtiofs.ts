/** virtiofsd daemons, for kernels without 9p (Debian's cloud kernels). */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { AgentError } from '../error.ts';
import { dyingWithUs, killGroup } from './exec.ts';

export interface Share {
  readonly tag: string;
  readonly dir: string;
  readonly readOnly: boolean;
}

const START_MAX_MS = 5000;

/** Rust's daemon (later Debian) and QEMU's own former one (bookworm) take different options. */
const RUST = ['/usr/libexec/virtiofsd', '/usr/lib/virtiofsd'];
const QEMU_OWN = '/usr/lib/qemu/virtiofsd';

/** Serves `share` on `socket`; gives the function that ends it. */
export async function startVirtiofsd(share: Share, socket: string): Promise<() => void> {
  const [file = '', ...args] = dyingWithUs(daemon(share, socket));
  const child = spawn(file, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  const deadline = Date.now() + START_MAX_MS;
  while (!existsSync(socket)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      killGroup(child.pid);
      throw startError(child);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return () => killGroup(child.pid);
}

function daemon({ dir, readOnly }: Share, socket: string): string[] {
  const cache = readOnly ? 'always' : 'auto';
  const rust = RUST.find((f) => existsSync(f));
  if (rust) {
    const options = ['--shared-dir', dir, '--cache', cache, '--sandbox', 'chroot'];
    return [rust, '--socket-path', socket, ...options];
  }
  if (existsSync(QEMU_OWN)) {
    const options = ['-o', `source=${dir}`, '-o', `cache=${cache}`, '-o', 'sandbox=chroot', '-f'];
    return [QEMU_OWN, `--socket-path=${socket}`, ...options];
  }
  throw new AgentError({
    code: 'PVD_ERR_NO_VIRTIOFSD',
    op: 'start virtiofsd',
    message: 'this kernel has no 9p, and there is no virtiofsd for its other file system',
    hint: 'install the package virtiofsd (bookworm: qemu-system-common), or use a kernel with 9p',
  });
}

function startError(child: ChildProcess): AgentError {
  return new AgentError({
    code: 'PVD_ERR_NO_VIRTIOFSD',
    op: 'start virtiofsd',
    message: `virtiofsd did not start (exit code ${child.exitCode ?? 'none yet'})`,
    hint: 'it has to be run as root',
  });
}
