/** RTM_NEWPVD of the PvD kernel (pvd_fill(), net/ipv6/pvd.c of the series in kernel/). */

import type { Addr6 } from '../../src/net/addr6.ts';
import { parseAttributes, text, u8, u16, u32, viewOf } from './attributes.ts';
import type { DumpRequest } from './dump.ts';
import type { NetlinkMessage } from './message.ts';
import { AF_INET6, address } from './value.ts';

export const RTM_NEWPVD = 124;
export const RTM_DELPVD = 125;
const RTM_GETPVD = 126;
/** RTNLGRP_PVD. */
export const PVD_GROUP = 44;
const PVDMSG_BYTES = 8;
const PVDA = { NAME: 1, ID: 2, FLAGS: 3, SEQ: 4, DELAY: 5, ROUTER: 6, REFS: 7 } as const;
const FLAG_NAMES = ['http', 'legacy', 'ra', 'implicit', 'static'] as const;

export type PvdFlag = (typeof FLAG_NAMES)[number];

export interface KernelPvd {
  /** FQDN in lower case without final dot, or `<lla>%<ifindex>`. */
  readonly name: string;
  /** Unique in the namespace. */
  readonly id: number;
  /** Where it was first heard of; 0 for one made by hand. */
  readonly ifindex: number;
  readonly flags: readonly PvdFlag[];
  readonly seq: number;
  readonly delay: number;
  /** The first router that announced it; `::` for one made by hand. */
  readonly router: Addr6;
  /** Routes, addresses and bindings that hold it. */
  readonly refs: number;
}

export const PVD_DUMP: DumpRequest = {
  type: RTM_GETPVD,
  body: [Uint8Array.of(AF_INET6, 0, 0, 0, 0, 0, 0, 0)],
};

/** Undefined when it is no domain, or cut short. */
export function decodePvd(message: NetlinkMessage): KernelPvd | undefined {
  const { payload, type } = message;
  if ((type !== RTM_NEWPVD && type !== RTM_DELPVD) || payload.length < PVDMSG_BYTES) return;
  const attributes = parseAttributes(payload, PVDMSG_BYTES);
  const name = text(attributes, PVDA.NAME);
  if (name === undefined || name === '') return;
  const flags = u32(attributes, PVDA.FLAGS) ?? 0;
  return {
    name,
    id: u32(attributes, PVDA.ID) ?? 0,
    ifindex: viewOf(payload).getInt32(4, true),
    flags: FLAG_NAMES.filter((_, bit) => (flags >> bit) & 1),
    seq: u16(attributes, PVDA.SEQ) ?? 0,
    delay: u8(attributes, PVDA.DELAY) ?? 0,
    router: address(attributes, PVDA.ROUTER),
    refs: u32(attributes, PVDA.REFS) ?? 0,
  };
}
