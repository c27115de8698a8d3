/**
 * A rtnetlink socket: system calls only, messages are made and read in
 * agent/netlink. The socket belongs to the network namespace in which it was
 * opened and keeps that namespace alive until it is closed.
 */

import { closeSync } from 'node:fs';
import { AgentError } from '../error.ts';
import { koffi, lastErrno, libc, type Memory } from './abi.ts';
import { errnoName } from './errno.ts';
import { inNetns, syscallError } from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

interface Calls {
  readonly send: (fd: number, bytes: Memory, len: number, flags: number) => number;
  readonly bind: (fd: number, address: Memory, len: number) => number;
  readonly recv: (fd: number, bytes: Memory, len: number, flags: number) => number;
  readonly setsockopt: (fd: number, level: number, name: number, at: Memory, len: number) => number;
}

let bound: Calls | undefined;

function calls(): Calls {
  if (bound !== undefined) return bound;
  const library = koffi().load(null);
  bound = {
    send: library.func('long send(int fd, const void *buf, size_t len, int flags)'),
    bind: library.func('int bind(int fd, const void *address, uint32_t len)'),
    recv: library.func('long recv(int fd, void *buf, size_t len, int flags)'),
    setsockopt: library.func(
      'int setsockopt(int fd, int level, int name, const void *value, uint32_t len)',
    ),
  };
  return bound;
}

export interface RouteSocket {
  /** Queues one request. The kernel works on it before this returns. */
  send(message: Uint8Array): void;
  /**
   * Takes one datagram without waiting: the answer to a dump is there before `send`
   * or the previous `receive` returned (netlink_dump(), net/netlink/af_netlink.c).
   * @returns its length, more than `buffer` when it was cut, or the negative errno
   *   (-EAGAIN: nothing there; -ENOBUFS, -ENOMEM: the kernel lost part of the answer).
   */
  receive(buffer: Uint8Array): number;
  close(): void;
}

/**
 * Opens a NETLINK_ROUTE socket in the namespace `netnsFd`, with strict checking of
 * dump requests and extended acks; `group`: an RTNLGRP_* to hear. @throws AgentError PVD_ERR_SYSCALL, PVD_ERR_NETNS.
 */
export function openRouteSocket(netnsFd: number, group?: number): RouteSocket {
  const fd = inNetns(netnsFd, () => {
    const opened = libc().socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (opened < 0) throw syscallError('socket AF_NETLINK', lastErrno());
    return opened;
  });
  try {
    for (const option of [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK]) {
      enable(fd, option);
    }
    if (group !== undefined) hear(fd, group);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    send: (message) => send(fd, message),
    receive: (buffer) => {
      const len = Number(calls().recv(fd, buffer, buffer.length, MSG_TRUNC | MSG_DONTWAIT));
      return len < 0 ? -lastErrno() : len;
    },
    close: () => closeSync(fd),
  };
}

/** What has no port number yet is left out (do_one_broadcast(), net/netlink/af_netlink.c). */
function hear(fd: number, group: number): void {
  const anyPort = new Uint16Array([AF_NETLINK, 0, 0, 0, 0, 0]);
  if (calls().bind(fd, anyPort, 12) !== 0) throw syscallError('bind AF_NETLINK', lastErrno());
  enable(fd, NETLINK_ADD_MEMBERSHIP, group);
}

function enable(fd: number, option: number, value = 1): void {
  const on = new Int32Array([value]);
  if (calls().setsockopt(fd, SOL_NETLINK, option, on, 4) !== 0) {
    throw syscallError(`setsockopt SOL_NETLINK ${option}`, lastErrno(), 'Linux 4.20 or later');
  }
}

function send(fd: number, message: Uint8Array): void {
  const sent = Number(calls().send(fd, message, message.length, 0));
  if (sent === message.length) return;
  const reason = sent < 0 ? errnoName(lastErrno()) : `${sent} of ${message.length} bytes sent`;
  throw new AgentError({
    code: 'PVD_ERR_NETLINK',
    op: 'send to rtnetlink',
    message: `sending a netlink request: ${reason}`,
  });
}
