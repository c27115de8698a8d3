/**
 * Handles on network namespaces. An open handle keeps its namespace alive after
 * everybody else let go of it, so one is held only while it is used; what is kept
 * of a namespace in between is a {@link NetnsRef}.
 */

import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { inNetns, netnsCookieOf } from '../libbpf/libc.ts';

/** A namespace as it was found, with no claim on it. */
export interface NetnsRef {
  /** `struct net.net_cookie`, never reused while the kernel runs. */
  readonly cookie: bigint;
  /** Inode under nsfs; reused once the namespace is gone. */
  readonly inum: number;
  /** Hostile text: the file name under /run/netns, else `self` or `pid:N`. */
  readonly name: string;
  /** File that opens it; a Buffer, since file names need not be UTF-8. */
  readonly path: Buffer;
}

export interface NetnsHandle {
  readonly fd: number;
  readonly cookie: bigint;
  readonly inum: number;
  readonly name: string;
}

/**
 * Opens what `path` refers to. Undefined when it is gone, is no network namespace (a file
 * that `ip netns add` has not mounted over yet), or may not be entered.
 */
export function openNetns(path: Buffer, name: string): NetnsHandle | undefined {
  let fd: number;
  try {
    // O_NONBLOCK: a fifo put there would block the agent.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    return { fd, cookie: netnsCookieOf(fd), inum: fstatSync(fd).ino, name };
  } catch {
    closeSync(fd);
    return undefined;
  }
}

export function closeNetns(handle: NetnsHandle): void {
  closeSync(handle.fd);
}

/**
 * Opens the namespace for as long as `use` takes, or returns undefined when it is gone or
 * its file now leads to another one.
 */
export async function withNetns<T>(
  ref: NetnsRef,
  use: (handle: NetnsHandle) => Promise<T>,
): Promise<T | undefined> {
  const handle = openNetns(ref.path, ref.name);
  if (handle === undefined) return undefined;
  try {
    return handle.cookie === ref.cookie ? await use(handle) : undefined;
  } finally {
    closeNetns(handle);
  }
}

/**
 * Runs `fn` with this thread in the namespace and returns; the process is aborted when
 * returning fails, as it would go on in the wrong one. `fn` must be synchronous: what it
 * leaves pending would run outside. @throws TypeError when it returned a promise,
 * AgentError PVD_ERR_NETNS when the namespace cannot be entered.
 */
export function enterNetns<T>(fd: number, fn: () => T): T {
  const result = inNetns(fd, fn);
  if (typeof (result as { then?: unknown } | undefined)?.then === 'function') {
    throw new TypeError('the function run in a network namespace must not be async');
  }
  return result;
}
