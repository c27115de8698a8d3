/** The interface a router speaks on, in its network namespace. */

import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Addr6 } from '../../src/net/addr6.ts';
import { AgentError } from '../error.ts';
import { inNetns } from '../libbpf/libc.ts';
import { type LinkAddress, linkAddress } from '../libbpf/link-address.ts';
import { type NdSocket, openNdSocket } from '../libbpf/nd-socket.ts';
import { usableLinkLocal } from './if-inet6.ts';

const READY_MS_MAX = 15_000;
/** A name that is mistyped should not take that long. */
const EXISTS_MS_MAX = 2000;
const POLL_MS = 50;

export interface Link extends LinkAddress {
  readonly ifname: string;
  readonly socket: NdSocket;
  /** The address RAs come from, as it is now; undefined while there is none. */
  linkLocal(): Addr6 | undefined;
  close(): void;
}

/**
 * Waits until the interface has a link-local address that passed duplicate address
 * detection. `netns` is a name under /run/netns or a path.
 * @throws AgentError PVD_ERR_NETNS, PVD_ERR_NO_INTERFACE, PVD_ERR_NO_LINK_LOCAL, PVD_ERR_SYSCALL.
 */
export async function openLink(ifname: string, netns: string | undefined): Promise<Link> {
  const netnsFd = openNetnsFile(netns);
  try {
    const linkLocal = (): Addr6 | undefined =>
      inNetns(netnsFd, () =>
        usableLinkLocal(readFileSync('/proc/thread-self/net/if_inet6', 'utf8'), ifname),
      );
    const address = await waitFor(ifname, netnsFd, linkLocal);
    const socket = inNetns(netnsFd, () => openNdSocket(ifname, address.ifindex));
    const close = (): void => {
      socket.close();
      closeSync(netnsFd);
    };
    return { ...address, ifname, socket, linkLocal, close };
  } catch (error) {
    closeSync(netnsFd);
    throw error;
  }
}

function openNetnsFile(netns: string | undefined): number {
  const path =
    netns === undefined ? '/proc/self/ns/net' : netns.includes('/') ? netns : `/run/netns/${netns}`;
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new AgentError({
      code: 'PVD_ERR_NETNS',
      op: `open ${path}`,
      message: `there is no network namespace ${netns}`,
      hint: 'ip netns list shows the named ones',
      cause,
    });
  }
}

async function waitFor(
  ifname: string,
  netnsFd: number,
  linkLocal: () => Addr6 | undefined,
): Promise<LinkAddress> {
  const startMs = performance.now();
  for (;;) {
    const address = inNetns(netnsFd, () => linkAddress(ifname));
    if (address?.running && linkLocal() !== undefined) return address;
    const waitedMs = performance.now() - startMs;
    const waitMsMax = address === undefined ? EXISTS_MS_MAX : READY_MS_MAX;
    if (waitedMs > waitMsMax) throw notReady(ifname, address !== undefined, waitMsMax);
    await sleep(POLL_MS);
  }
}

function notReady(ifname: string, exists: boolean, waitMsMax: number): AgentError {
  const waited = `waited ${waitMsMax / 1000} s`;
  return new AgentError(
    exists
      ? {
          code: 'PVD_ERR_NO_LINK_LOCAL',
          op: `send from ${ifname}`,
          message: `${ifname} has no carrier or no usable link-local address (${waited})`,
          hint: 'set it up; look at carrier, disable_ipv6, addr_gen_mode and duplicate addresses',
        }
      : {
          code: 'PVD_ERR_NO_INTERFACE',
          op: `send from ${ifname}`,
          message: `there is no interface ${ifname} (${waited})`,
          hint: 'name it with --interface, its namespace with --netns',
        },
  );
}
