/** RTM_NEWADDRLABEL (ip6addrlbl_fill(), net/ipv6/addrlabel.c) → label events, in list order. */

import type { LabelEvent } from '../../src/decode/event.ts';
import { parseAttributes, u32, viewOf } from './attributes.ts';
import type { DumpRequest } from './dump.ts';
import { type DumpOrigin, dumpHeader } from './header.ts';
import type { NetlinkMessage } from './message.ts';
import { AF_INET6, address } from './value.ts';

const RTM_NEWADDRLABEL = 72;
const RTM_GETADDRLABEL = 74;
const IFADDRLBLMSG_BYTES = 12;
const IFAL_ADDRESS = 1;
const IFAL_LABEL = 2;

export const LABEL_DUMP: DumpRequest = {
  type: RTM_GETADDRLABEL,
  body: [Uint8Array.of(AF_INET6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
};

/** Undefined when it is no label or cut short. */
export function decodeLabel(message: NetlinkMessage, origin: DumpOrigin): LabelEvent | undefined {
  const { payload } = message;
  if (message.type !== RTM_NEWADDRLABEL || payload.length < IFADDRLBLMSG_BYTES) return undefined;
  const attributes = parseAttributes(payload, IFADDRLBLMSG_BYTES);
  const label = u32(attributes, IFAL_LABEL);
  if (label === undefined) return undefined;
  return {
    ...dumpHeader(origin, 'netlink'),
    kind: 'label',
    prefix: address(attributes, IFAL_ADDRESS),
    prefixLen: payload[2] ?? 0,
    ifindex: viewOf(payload).getInt32(4, true),
    label,
  };
}
