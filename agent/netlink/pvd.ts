/** RTM_NEWPVD of the PvD kernel (pvd_fill(), net/ipv6/pvd.c of the series in kernel/). */

import type { NetpvdEvent } from '../../src/decode/event.ts';
import type { Addr6 } from '../../src/net/addr6.ts';
import {
  encodeAttribute,
  encodeU32,
  parseAttributes,
  text,
  u8,
  u16,
  u32,
  viewOf,
} from './attributes.ts';
import type { DumpRequest } from './dump.ts';
import { type DumpOrigin, dumpHeader } from './header.ts';
import type { NetlinkMessage } from './message.ts';
import type { ChangeRequest } from './request.ts';
import { AF_INET6, address } from './value.ts';

export const RTM_NEWPVD = 124;
export const RTM_DELPVD = 125;
const RTM_GETPVD = 126;
/** RTNLGRP_PVD. */
export const PVD_GROUP = 44;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
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

const PVDMSG = Uint8Array.of(AF_INET6, 0, 0, 0, 0, 0, 0, 0);

export const PVD_DUMP: DumpRequest = { type: RTM_GETPVD, body: [PVDMSG] };

/** What may be said of a domain made by hand. */
export interface NewPvd {
  readonly name: string;
  readonly http?: boolean;
  readonly legacy?: boolean;
  /** 16 bits. */
  readonly seq?: number;
  /** 4 bits. */
  readonly delay?: number;
}

/** RTM_NEWPVD: fails with EEXIST for one that was already made by hand. */
export function addPvdRequest(pvd: NewPvd): ChangeRequest {
  const { http = false, legacy = false, seq = 0, delay = 0 } = pvd;
  return {
    type: RTM_NEWPVD,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    body: [
      PVDMSG,
      nameAttribute(pvd.name),
      encodeU32(PVDA.FLAGS, Number(http) | (Number(legacy) << 1)),
      encodeAttribute(PVDA.SEQ, Uint8Array.of(seq & 0xff, seq >> 8)),
      encodeAttribute(PVDA.DELAY, Uint8Array.of(delay)),
    ],
  };
}

/** RTM_DELPVD: fails with EBUSY for one that was not made by hand. */
export function deletePvdRequest(name: string): ChangeRequest {
  return { type: RTM_DELPVD, flags: 0, body: [PVDMSG, nameAttribute(name)] };
}

function nameAttribute(name: string): Uint8Array {
  return encodeAttribute(PVDA.NAME, new TextEncoder().encode(`${name}\0`));
}

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

/** One of a dump, as hooks tell of it. */
export function decodeNetpvd(message: NetlinkMessage, origin: DumpOrigin): NetpvdEvent | undefined {
  const pvd = decodePvd(message);
  if (pvd === undefined) return undefined;
  const { id, name, ifindex, router, flags, seq: sequence, delay } = pvd;
  const bits = flags.reduce((sum, flag) => sum | (1 << FLAG_NAMES.indexOf(flag)), 0);
  const header = dumpHeader(origin, 'netlink');
  return { ...header, kind: 'netpvd', id, name, ifindex, router, flags: bits, sequence, delay };
}
