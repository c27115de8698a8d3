/**
 * Names of errno values, the kernel-internal and libbpf's own ones included
 * (include/linux/errno.h, libbpf's enum libbpf_errno).
 */

import { constants } from 'node:os';

const EXTRA: ReadonlyMap<number, string> = new Map([
  [512, 'ERESTARTSYS'],
  [524, 'ENOTSUPP'],
  [4000, 'LIBBPF_ERRNO__LIBELF'],
  [4001, 'LIBBPF_ERRNO__FORMAT'],
  [4002, 'LIBBPF_ERRNO__KVERSION'],
  [4003, 'LIBBPF_ERRNO__ENDIAN'],
  [4004, 'LIBBPF_ERRNO__INTERNAL'],
  [4005, 'LIBBPF_ERRNO__RELOC'],
  [4006, 'LIBBPF_ERRNO__LOAD'],
  [4007, 'LIBBPF_ERRNO__VERIFY'],
  [4008, 'LIBBPF_ERRNO__PROG2BIG'],
  [4009, 'LIBBPF_ERRNO__KVER'],
  [4010, 'LIBBPF_ERRNO__PROGTYPE'],
]);

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, value]) => [value, name]),
);

/** The same on every architecture we run on (include/uapi/asm-generic/errno-base.h). */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EEXIST: 17,
  EINVAL: 22,
  ENOTSUPP: 524,
} as const;

/** `EPERM` for 1 or -1; `errno 999` for what has no name. */
export function errnoName(errno: number): string {
  const value = Math.abs(errno);
  return NAMES.get(value) ?? EXTRA.get(value) ?? `errno ${value}`;
}
