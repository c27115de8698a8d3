/**
 * Binding to provisioning domains on the PvD kernel: struct pvd_binding, the socket option
 * IPV6_PVD and prctl(PR_PVD_SET) (include/uapi/linux/pvd.h of the series in kernel/).
 */

import { AgentError, EXIT } from '../error.ts';
import { koffi, lastErrno, libc, type Memory } from './abi.ts';
import { ERRNO, errnoName } from './errno.ts';

const IPPROTO_IPV6 = 41;
const IPV6_PVD = 90;
const PR_PVD_SET = 0x50764401;
const PVD_SCOPE_PROCESS = 1;
const PVD_NAMSIZ = 256;
const HEADER_BYTES = 8;

/** `names` given: those domains; else to none, or to what thread and process are bound to. */
export type PvdBinding =
  | { readonly kind: 'inherit' }
  | { readonly kind: 'none' }
  | { readonly kind: 'set'; readonly names: readonly string[] };

const KINDS = ['inherit', 'none', 'set'] as const;

/** struct pvd_binding. @throws AgentError PVD_ERR_USAGE for a name that cannot be one. */
export function encodePvdBinding(binding: PvdBinding): Uint8Array {
  const names = binding.kind === 'set' ? binding.names : [];
  const bytes = new Uint8Array(HEADER_BYTES + names.length * PVD_NAMSIZ);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, KINDS.indexOf(binding.kind), true);
  view.setUint32(4, names.length, true);
  names.forEach((name, i) => {
    const encoded = new TextEncoder().encode(name);
    if (encoded.length === 0 || encoded.length >= PVD_NAMSIZ || encoded.includes(0)) {
      throw new AgentError({
        code: 'PVD_ERR_USAGE',
        op: 'bind',
        message: `"${name}" cannot be the name of a provisioning domain`,
        exitCode: EXIT.usage,
      });
    }
    bytes.set(encoded, HEADER_BYTES + i * PVD_NAMSIZ);
  });
  return bytes;
}

/** Binds an IPv6 socket. @throws AgentError PVD_ERR_PVD_BIND; the binding is as it was then. */
export function bindSocketToPvd(fd: number, binding: PvdBinding): void {
  const bytes = encodePvdBinding(binding);
  if (libc().setsockopt(fd, IPPROTO_IPV6, IPV6_PVD, bytes, bytes.length) !== 0) {
    throw bindError(binding, lastErrno());
  }
}

/**
 * Binds this process: every socket its threads and later children make. Sockets there are
 * keep their binding. @throws AgentError PVD_ERR_PVD_BIND
 */
export function bindProcessToPvd(binding: PvdBinding): void {
  if (!setProcessBinding(binding)) throw bindError(binding, lastErrno());
}

/** Whether this kernel binds at all. Takes back what this process was bound to. */
export function canBindToPvd(): boolean {
  return setProcessBinding({ kind: 'inherit' });
}

function setProcessBinding(binding: PvdBinding): boolean {
  const bytes = encodePvdBinding(binding);
  const prctl = koffi()
    .load(null)
    .func('int prctl(int option, ulong scope, const void *at, ulong len, ulong zero)') as (
    option: number,
    scope: number,
    at: Memory,
    len: number,
    zero: number,
  ) => number;
  return prctl(PR_PVD_SET, PVD_SCOPE_PROCESS, bytes, bytes.length, 0) === 0;
}

function bindError(binding: PvdBinding, errno: number): AgentError {
  const what = binding.kind === 'set' ? binding.names.join(', ') : binding.kind;
  const noSuch = errno === ERRNO.ENOENT;
  return new AgentError({
    code: 'PVD_ERR_PVD_BIND',
    op: 'bind to a provisioning domain',
    message: noSuch
      ? `no provisioning domain of that name here: ${what}`
      : `binding to ${what}: ${errnoName(errno)}`,
    hint: noSuch
      ? '"pvdscope pvd list" shows those there are'
      : errno === ERRNO.EINVAL
        ? 'only a kernel with the series in kernel/ can bind; up to 8 domains'
        : '',
  });
}
