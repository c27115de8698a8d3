/** Index, link-layer address and carrier of an interface of this thread's network namespace (netdevice(7)). */

import { closeSync } from 'node:fs';
import { koffi, lastErrno, libc, type Memory } from './abi.ts';
import { syscallError } from './libc.ts';

const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
/** `struct ifreq`: the name, then a union; an address is a `struct sockaddr`. */
const IFREQ_BYTES = 40;
const IFNAME_BYTES = 16;
const SOCKADDR_DATA_AT = IFNAME_BYTES + 2;
const ETHERNET_BYTES = 6;
/** IFF_RUNNING: what is sent leaves. */
const IFF_RUNNING = 0x40;

export interface LinkAddress {
  readonly ifindex: number;
  /** Six octets, all 0 where the link has none. */
  readonly lladdr: Uint8Array;
  /** It is up and has a carrier; until then packets are dropped without a word. */
  readonly running: boolean;
}

type Ioctl = (fd: number, request: number, argument: Memory) => number;
let ioctl: Ioctl | undefined;

/** Undefined when there is no such interface. @throws AgentError PVD_ERR_SYSCALL. */
export function linkAddress(ifname: string): LinkAddress | undefined {
  ioctl ??= koffi()
    .load(null)
    .func('int ioctl(int fd, unsigned long request, void *argument)') as Ioctl;
  const fd = libc().socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw syscallError('socket', lastErrno());
  try {
    const request = Buffer.alloc(IFREQ_BYTES);
    request.write(ifname, 0, IFNAME_BYTES - 1);
    if (ioctl(fd, SIOCGIFINDEX, request) !== 0) return undefined;
    const ifindex = request.readInt32LE(IFNAME_BYTES);
    if (ioctl(fd, SIOCGIFFLAGS, request) !== 0) return undefined;
    const running = (request.readUInt16LE(IFNAME_BYTES) & IFF_RUNNING) !== 0;
    if (ioctl(fd, SIOCGIFHWADDR, request) !== 0) return undefined;
    const at = SOCKADDR_DATA_AT;
    const lladdr = Uint8Array.from(request.subarray(at, at + ETHERNET_BYTES));
    return { ifindex, lladdr, running };
  } finally {
    closeSync(fd);
  }
}
