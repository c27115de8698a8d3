/** Sends one ICMPv6 message from a namespace, as a router does: hop limit 255, to all nodes. */

import { closeSync } from 'node:fs';
import { lastErrno, libc } from './abi.ts';
import { inNetns, syscallError } from './libc.ts';

const AF_INET6 = 10;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_ICMPV6 = 58;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const SOL_IPV6 = 41;
const IPV6_MULTICAST_HOPS = 18;

/** `struct sockaddr_in6` of ff02::1; the bound device is its scope. */
function allNodes(): Uint8Array {
  const address = new Uint8Array(28);
  address[0] = AF_INET6;
  address[8] = 0xff;
  address[9] = 0x02;
  address[23] = 1;
  return address;
}

/**
 * Sends `message` to ff02::1 on the interface `ifname` of the namespace `netnsFd`; the
 * kernel fills in the checksum. @throws AgentError PVD_ERR_NETNS, PVD_ERR_SYSCALL.
 */
export function sendToAllNodes(netnsFd: number, ifname: string, message: Uint8Array): void {
  const type = SOCK_RAW | SOCK_CLOEXEC;
  const fd = inNetns(netnsFd, () => libc().socket(AF_INET6, type, IPPROTO_ICMPV6));
  if (fd < 0) throw syscallError('open an ICMPv6 socket', lastErrno());
  try {
    const device = Buffer.from(`${ifname}\0`);
    set(fd, SOL_SOCKET, SO_BINDTODEVICE, device);
    set(fd, SOL_IPV6, IPV6_MULTICAST_HOPS, Int32Array.of(255));
    const to = allNodes();
    if (libc().sendto(fd, message, message.length, 0, to, to.length) < 0) {
      throw syscallError(`send on ${ifname}`, lastErrno());
    }
  } finally {
    closeSync(fd);
  }
}

function set(fd: number, level: number, name: number, value: NodeJS.ArrayBufferView): void {
  if (libc().setsockopt(fd, level, name, value, value.byteLength) !== 0) {
    throw syscallError('setsockopt', lastErrno());
  }
}
