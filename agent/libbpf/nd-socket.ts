/** Raw sockets of a router: RAs out with any IPv6 header, Router Solicitations in. */

import { closeSync } from 'node:fs';
import { koffi, lastErrno, libc } from './abi.ts';
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
const IPV6_RECVHOPLIMIT = 51;
const IPV6_HOPLIMIT = 52;
const SOL_ICMPV6 = 58;
const ICMP6_FILTER = 1;
const ND_ROUTER_SOLICIT = 133;
const SOCKADDR_IN6_BYTES = 28;
const ADDRESS_AT = 8;
/** A solicitation is 8 octets and its options. */
const RECEIVE_BYTES_MAX = 2048;

const CONTROL_BYTES_MAX = 64;
const MSGHDR_BYTES = 56;
const CONTROL_LEN_AT = 40;
const CMSG_INT_BYTES = 20;

/** A message that came in, from its type octet on. */
export interface Received {
  readonly message: Uint8Array;
  /** Undefined where it is not known. */
  readonly hopLimit: number | undefined;
  /** The sender has no address yet. */
  readonly fromUnspecified: boolean;
}

export interface NdSocket {
  /** Sends a whole IPv6 packet. @throws AgentError PVD_ERR_SYSCALL */
  send(packet: Uint8Array): void;
  /** The next Router Solicitation; undefined when there is none. */
  receive(): Received | undefined;
  close(): void;
}

type Recvmsg = (fd: number, header: Buffer, flags: number) => number | bigint;
let recvmsg: Recvmsg | undefined;

/**
 * Opens in this thread's network namespace, and stays there.
 * @throws AgentError PVD_ERR_SYSCALL, e.g. without CAP_NET_RAW.
 */
export function openNdSocket(ifname: string, ifindex: number): NdSocket {
  // IPPROTO_RAW takes the IPv6 header from us: source, hop limit and checksum are ours.
  const out = open(ifname, IPPROTO_RAW);
  try {
    const inward = open(ifname, IPPROTO_ICMPV6);
    try {
      set(inward, SOL_ICMPV6, ICMP6_FILTER, onlyType(ND_ROUTER_SOLICIT));
      set(inward, SOL_IPV6, IPV6_RECVHOPLIMIT, Int32Array.of(1));
      set(inward, SOL_IPV6, IPV6_ADD_MEMBERSHIP, allRouters(ifindex));
    } catch (error) {
      closeSync(inward);
      throw error;
    }
    return socketOf(out, inward, ifindex);
  } catch (error) {
    closeSync(out);
    throw error;
  }
}

function socketOf(out: number, inward: number, ifindex: number): NdSocket {
  return {
    send(packet): void {
      const to = sockaddr(packet.subarray(24, 40), ifindex);
      if (libc().sendto(out, packet, packet.length, 0, to, to.length) < 0) {
        throw syscallError('send a Router Advertisement', lastErrno());
      }
    },
    receive: receiver(inward),
    close(): void {
      closeSync(out);
      closeSync(inward);
    },
  };
}

/** recvmsg(2), for it alone tells the hop limit; its buffers live as long as the function. */
function receiver(fd: number): () => Received | undefined {
  recvmsg ??= koffi().load(null).func('long recvmsg(int fd, void *header, int flags)') as Recvmsg;
  const call = recvmsg;
  const from = Buffer.alloc(SOCKADDR_IN6_BYTES);
  const bytes = Buffer.alloc(RECEIVE_BYTES_MAX);
  const control = Buffer.alloc(CONTROL_BYTES_MAX);
  const iovec = new BigUint64Array([koffi().address(bytes), BigInt(bytes.length)]);
  const header = Buffer.alloc(MSGHDR_BYTES); // struct msghdr
  header.writeBigUInt64LE(koffi().address(from), 0);
  header.writeBigUInt64LE(koffi().address(iovec), 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(koffi().address(control), 32);
  return () => {
    header.writeUInt32LE(from.length, 8);
    header.writeBigUInt64LE(BigInt(control.length), CONTROL_LEN_AT);
    const len = Number(call(fd, header, 0));
    if (len < 0) {
      const errno = lastErrno();
      if (errno === ERRNO.EAGAIN || errno === ENETDOWN) return undefined;
      throw syscallError('receive Router Solicitations', errno);
    }
    const controlLen = Number(header.readBigUInt64LE(CONTROL_LEN_AT));
    return {
      // Named through the iovec, so that it lives until the kernel has used it.
      message: Uint8Array.from(bytes.subarray(0, Math.min(len, Number(iovec[1])))),
      hopLimit: hopLimitOf(control.subarray(0, controlLen)),
      fromUnspecified: from.subarray(ADDRESS_AT, ADDRESS_AT + 16).every((octet) => octet === 0),
    };
  };
}

/** The one `struct cmsghdr` that was asked for: length, level, type, int. */
function hopLimitOf(control: Buffer): number | undefined {
  if (control.length < CMSG_INT_BYTES || control.readInt32LE(8) !== SOL_IPV6) return undefined;
  return control.readInt32LE(12) === IPV6_HOPLIMIT ? control.readInt32LE(16) : undefined;
}

/** `struct sockaddr_in6`. */
function sockaddr(addr: Uint8Array, scope: number): Uint8Array {
  const out = new Uint8Array(SOCKADDR_IN6_BYTES);
  const view = new DataView(out.buffer);
  view.setUint16(0, AF_INET6, true);
  out.set(addr, ADDRESS_AT);
  view.setUint32(24, scope, true);
  return out;
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
