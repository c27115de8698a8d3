/**
 * Netlink messages (struct nlmsghdr, include/uapi/linux/netlink.h), bytes only:
 * the socket is in agent/libbpf/netlink-socket.ts. Host-endian, and every host
 * with BPF that we build for is little-endian.
 */

import { parseAttributes, text, u32, viewOf } from './attributes.ts';

export const NLMSG_HDR_BYTES = 16;
export const NLMSG_NOOP = 1;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_DUMP_INTR = 0x10;
/** Of NLMSG_ERROR: the request is not echoed beyond its header. */
const NLM_F_CAPPED = 0x100;
/** Of NLMSG_ERROR and NLMSG_DONE: extended ack attributes follow. */
const NLM_F_ACK_TLVS = 0x200;
/** NLM_F_ROOT | NLM_F_MATCH. */
export const NLM_F_DUMP = 0x300;

const NLMSGERR_ATTR_MSG = 1;
const NLMSGERR_ATTR_OFFS = 2;

export interface NetlinkMessage {
  readonly type: number;
  /** `NLM_F_*`. */
  readonly flags: number;
  readonly seq: number;
  readonly payload: Uint8Array;
}

/** What NLMSG_ERROR or NLMSG_DONE says; `errno` 0 is success. */
export interface NetlinkStatus {
  /** Positive errno. */
  readonly errno: number;
  /** Text of the extended ack, empty when there is none. */
  readonly text: string;
  /** Byte of the request that the kernel objects to. */
  readonly offset: number | undefined;
}

/** Splits one datagram. A message that does not fit ends it: the kernel never splits one. */
export function* eachMessage(bytes: Uint8Array): Generator<NetlinkMessage> {
  const view = viewOf(bytes);
  for (let at = 0; at + NLMSG_HDR_BYTES <= bytes.length; ) {
    const len = view.getUint32(at, true);
    if (len < NLMSG_HDR_BYTES || at + len > bytes.length) return;
    yield {
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      seq: view.getUint32(at + 8, true),
      payload: bytes.subarray(at + NLMSG_HDR_BYTES, at + len),
    };
    at += (len + 3) & ~3;
  }
}

export function encodeMessage(
  type: number,
  flags: number,
  seq: number,
  body: readonly Uint8Array[],
): Uint8Array {
  const len = body.reduce((sum, part) => sum + part.length, NLMSG_HDR_BYTES);
  const bytes = new Uint8Array(len);
  const view = viewOf(bytes);
  view.setUint32(0, len, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, seq, true);
  let at = NLMSG_HDR_BYTES;
  for (const part of body) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Reads NLMSG_ERROR, or the NLMSG_DONE of a dump that failed half-way
 * (netlink_ack() and netlink_dump_done(), net/netlink/af_netlink.c).
 */
export function decodeStatus(message: NetlinkMessage): NetlinkStatus {
  const { payload } = message;
  if (payload.length < 4) return { errno: 0, text: '', offset: undefined };
  const view = viewOf(payload);
  const errno = Math.abs(view.getInt32(0, true));
  if ((message.flags & NLM_F_ACK_TLVS) === 0) return { errno, text: '', offset: undefined };
  const attributes = parseAttributes(payload, ackOffset(message, view));
  return {
    errno,
    text: text(attributes, NLMSGERR_ATTR_MSG) ?? '',
    offset: u32(attributes, NLMSGERR_ATTR_OFFS),
  };
}

/** Where the extended ack starts: behind the error code and what is echoed of the request. */
function ackOffset(message: NetlinkMessage, view: DataView): number {
  if (message.type === NLMSG_DONE) return 4;
  if ((message.flags & NLM_F_CAPPED) !== 0) return 4 + NLMSG_HDR_BYTES;
  const echoed = view.byteLength >= 8 ? view.getUint32(4, true) : 0;
  const inside = Math.min(Math.max(echoed, NLMSG_HDR_BYTES), view.byteLength);
  return 4 + ((inside + 3) & ~3);
}
