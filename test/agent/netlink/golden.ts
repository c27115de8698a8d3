/** Reads the golden messages, and says what each file is decoded with. */

import { readFileSync } from 'node:fs';
import { decodeAddress } from '../../../agent/netlink/address.ts';
import type { DumpOrigin } from '../../../agent/netlink/header.ts';
import { centiseconds, type JiffiesSpan } from '../../../agent/netlink/jiffies.ts';
import { decodeLabel } from '../../../agent/netlink/label.ts';
import { decodeLink } from '../../../agent/netlink/link.ts';
import { eachMessage, type NetlinkMessage } from '../../../agent/netlink/message.ts';
import { decodeNeighbour } from '../../../agent/netlink/neighbour.ts';
import { decodeNexthop } from '../../../agent/netlink/nexthop.ts';
import { decodeRoute } from '../../../agent/netlink/route.ts';
import { decodeRule } from '../../../agent/netlink/rule.ts';

export const GOLDEN_DIR: URL = new URL('../../../../test/agent/netlink/golden/', import.meta.url);

export interface Golden {
  readonly messages: readonly NetlinkMessage[];
  readonly origin: DumpOrigin;
  readonly span: JiffiesSpan;
}

export function readGolden(name: string): Golden {
  const [head = '', ...lines] = readFileSync(new URL(`${name}.hex`, GOLDEN_DIR), 'utf8')
    .trim()
    .split('\n');
  const match = /^# tsNs=(\d+) epoch=(-?\d+)$/.exec(head);
  if (match === null) throw new Error(`${name}.hex: no clock line`);
  const tsNs = BigInt(match[1] ?? 0);
  return {
    messages: lines.flatMap((line) => [...eachMessage(Buffer.from(line, 'hex'))]),
    origin: { netnsCookie: 7n, tsNs },
    span: spanAt(BigInt(match[2] ?? 0), tsNs),
  };
}

/** Both readings at one time. */
export function spanAt(epoch: bigint, tsNs: bigint): JiffiesSpan {
  const cs = centiseconds(tsNs - epoch);
  return { epoch, fromCs: cs, toCs: cs };
}

export type Decode = (message: NetlinkMessage, golden: Omit<Golden, 'messages'>) => unknown;

const LINKS: ReadonlyMap<string, number> = new Map([
  ['lo', 1],
  ['vb', 2],
  ['va', 3],
]);

export const DECODERS: Readonly<Record<string, Decode>> = {
  link: (message, { origin }) => decodeLink(message, origin),
  address: (message, { origin, span }) => decodeAddress(message, origin, span),
  rule: (message, { origin }) => decodeRule(message, origin, LINKS),
  label: (message, { origin }) => decodeLabel(message, origin),
  neighbour: (message, { origin }) => decodeNeighbour(message, origin),
  nexthop: (message, { origin }) => decodeNexthop(message, origin),
  route: (message, { origin }) => decodeRoute(message, origin, () => 1n),
};

/** File of messages → decoder. */
export const GOLDEN_FILES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(DECODERS).map((name) => [name, name])),
  'link-vrf': 'link',
  'rule-7.2': 'rule',
};
