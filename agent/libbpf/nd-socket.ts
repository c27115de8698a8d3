/** Raw sockets of a router: RAs out with any IPv6 header, Router Solicitations in. */

import { closeSync } from 'node:fs';
import { lastErrno, libc } from './abi.ts';
import { ERRNO } from './errno.ts';
import { syscallError } from './libc.ts';

const AF_INET6 = 10;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const IPPROTO_ICMPV6 = 58;
const IPPROTO_RAW = 255;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const SOL_IPV6 = 41;
const IPV6_ADD_MEMBERSHIP = 20;
const SOL_ICMPV6 = 58;
const ICMP6_FILTER = 1;
const ND_ROUTER_SOLICIT = 133;
/** A solicitation is 8 octets and its options. */
const RECEIVE_BYTES_MAX = 2048;

/** Opens in the thread's network namespace and stays there. */
export class NdSocket {
  readonly #out: number;
  readonly #in: number;
  readonly #ifindex: number;
  readonly #buffer = new Uint8Array(RECEIVE_BYTES_MAX);

  /** @throws AgentError PVD_ERR_SYSCALL, e.g. without CAP_NET_RAW */
  constructor(ifname: string, ifindex: number) {
    this.#ifindex = ifindex;
    // IPPROTO_RAW takes the IPv6 header from us: source, hop limit and checksum are ours.
    this.#out = open(ifname, IPPROTO_RAW);
    try {
      this.#in = open(ifname, IPPROTO_ICMPV6);
    } catch (error) {
      closeSync(this.#out);
      throw error;
    }
    try {
      set(this.#in, SOL_ICMPV6, ICMP6_FILTER, onlyType(ND_ROUTER_SOLICIT));
      set(this.#in, SOL_IPV6, IPV6_ADD_MEMBERSHIP, allRouters(ifindex));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Sends a whole IPv6 packet. @throws AgentError PVD_ERR_SYSCALL */
  send(packet: Uint8Array): void {
    const to = new Uint8Array(28); // struct sockaddr_in6
    const view = new DataView(to.buffer);
    view.setUint16(0, AF_INET6, true);
    to.set(packet.subarray(24, 40), 8);
    view.setUint32(24, this.#ifindex, true);
    if (libc().sendto(this.#out, packet, packet.length, 0, to, to.length) < 0) {
      throw syscallError('send a Router Advertisement', lastErrno());
    }
  }

  /** The next Router Solicitation, from its type octet on; undefined when there is none. */
  receive(): Uint8Array | undefined {
    const len = Number(libc().recv(this.#in, this.#buffer, this.#buffer.length, 0));
    if (len >= 0) return this.#buffer.slice(0, len);
    const errno = lastErrno();
    if (errno === ERRNO.EAGAIN || errno === ENETDOWN) return undefined;
    throw syscallError('receive Router Solicitations', errno);
  }

  close(): void {
    closeSync(this.#out);
    closeSync(this.#in);
  }
}

/** The interface went down; it may come back. */
const ENETDOWN = 100;

function open(ifname: string, protocol: number): number {
  const fd = libc().socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0) {
    throw syscallError('open a raw socket', lastErrno(), 'CAP_NET_RAW is needed: run as root');
  }
  try {
    set(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${ifname}\0`));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** `struct icmp6_filter`: a set bit blocks the type. */
function onlyType(type: number): Uint32Array {
  const filter = new Uint32Array(8).fill(0xffffffff);
  filter[type >> 5] = (filter[type >> 5] ?? 0) & ~(1 << (type & 31));
  return filter;
}

/** `struct ipv6_mreq` of ff02::2. */
function allRouters(ifindex: number): Uint8Array {
  const request = new Uint8Array(20);
  request.set([0xff, 0x02]);
  request[15] = 2;
  new DataView(request.buffer).setUint32(16, ifindex, true);
  return request;
}

function set(fd: number, level: number, name: number, value: NodeJS.ArrayBufferView): void {
  if (libc().setsockopt(fd, level, name, value, value.byteLength) !== 0) {
    throw syscallError('setsockopt', lastErrno());
  }
}
