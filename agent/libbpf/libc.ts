/** The few things the kernel offers and Node does not: clocks, namespaces, mappings. */

import { closeSync, openSync } from 'node:fs';
import { AgentError } from '../error.ts';
import { lastErrno, libc } from './abi.ts';
import { errnoName } from './errno.ts';

const CLOCK_REALTIME = 0;
const CLOCK_REALTIME_COARSE = 5;
const CLOCK_BOOTTIME = 7;
const SC_PAGESIZE = 30;
const CLONE_NEWNET = 0x40000000;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;
const PRIO_PROCESS = 0;
const SCHED_OTHER = 0;
const SCHED_RESET_ON_FORK = 0x40000000;
const MAP_FAILED = 0xffffffffffffffffn;

/** A failed system call as AgentError PVD_ERR_SYSCALL. */
export function syscallError(op: string, errno: number, hint?: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_SYSCALL',
    op,
    message: `${op}: ${errnoName(errno)}`,
    ...(hint === undefined ? {} : { hint }),
  });
}

function readClock(clock: number): bigint {
  const timespec = new BigInt64Array(2);
  if (libc().clockGettime(clock, timespec) !== 0) throw syscallError('clock_gettime', lastErrno());
  return (timespec[0] ?? 0n) * 1_000_000_000n + (timespec[1] ?? 0n);
}

/** Nanoseconds of CLOCK_BOOTTIME: the clock of every record. */
export function bootTimeNs(): bigint {
  return readClock(CLOCK_BOOTTIME);
}

/** CLOCK_REALTIME minus CLOCK_BOOTTIME, in ns. */
export function realtimeOffsetNs(): bigint {
  const before = readClock(CLOCK_BOOTTIME);
  const real = readClock(CLOCK_REALTIME);
  return real - (before + readClock(CLOCK_BOOTTIME)) / 2n;
}

/** Jiffies per second: a coarse clock advances once a tick. */
export function jiffiesHz(): number {
  const timespec = new BigInt64Array(2);
  if (libc().clockGetres(CLOCK_REALTIME_COARSE, timespec) !== 0) {
    throw syscallError('clock_getres', lastErrno());
  }
  return Math.round(1e9 / Number(timespec[1] ?? 1n));
}

export function pageBytes(): number {
  return Number(libc().sysconf(SC_PAGESIZE));
}

/**
 * Nice value of the calling thread. Its children start at 0 again: they are not the ones
 * who must not be late. @returns whether it was allowed.
 */
export function raisePriority(nice: number): boolean {
  const noPriority = new Int32Array(1);
  const policy = SCHED_OTHER | SCHED_RESET_ON_FORK;
  if (libc().schedSetscheduler(0, policy, noPriority) !== 0) return false;
  return libc().setpriority(PRIO_PROCESS, 0, nice) === 0;
}

/**
 * Runs `body` with this thread in the network namespace `netnsFd`. `body` must not
 * await: namespaces belong to the thread, and others would run in the wrong one.
 * @throws AgentError PVD_ERR_NETNS when it cannot be entered.
 */
export function inNetns<T>(netnsFd: number, body: () => T): T {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  try {
    if (libc().setns(netnsFd, CLONE_NEWNET) !== 0) {
      throw new AgentError({
        code: 'PVD_ERR_NETNS',
        op: 'setns',
        message: `entering a network namespace: ${errnoName(lastErrno())}`,
        hint: 'CAP_SYS_ADMIN is needed in this and in the target user namespace',
      });
    }
    try {
      return body();
    } finally {
      // Going on in a foreign namespace would corrupt everything that follows.
      if (libc().setns(home, CLONE_NEWNET) !== 0) {
        process.abort();
      }
    }
  } finally {
    closeSync(home);
  }
}

/** `struct net.net_cookie` of this thread's network namespace (getsockopt SO_NETNS_COOKIE). */
export function netnsCookie(): bigint {
  const fd = libc().socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw syscallError('socket', lastErrno());
  try {
    const cookie = new BigUint64Array(1);
    if (libc().getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, [8]) !== 0) {
      throw syscallError(
        'getsockopt SO_NETNS_COOKIE',
        lastErrno(),
        'Linux 5.14 or later is needed',
      );
    }
    return cookie[0] ?? 0n;
  } finally {
    closeSync(fd);
  }
}

/** Cookie of the network namespace `netnsFd` refers to. */
export function netnsCookieOf(netnsFd: number): bigint {
  return inNetns(netnsFd, netnsCookie);
}

export const PROT = { read: 1, write: 2 } as const;

/** Maps `len` bytes of `fd`, shared. @throws AgentError PVD_ERR_SYSCALL. */
export function mapShared(fd: number, off: number, len: number, prot: number): bigint {
  const MAP_SHARED = 1;
  const address = libc().mmap(null, len, prot, MAP_SHARED, fd, off);
  if (BigInt.asUintN(64, address) === MAP_FAILED) {
    throw syscallError(`mmap of ${len} bytes`, lastErrno());
  }
  return address;
}
