/**
 * The state of one network namespace as a sequence of events, to seed a replica: links
 * in device order, devconf, sysctls, rules, labels, addresses, nexthops, routes,
 * neighbours, between a dump-begin and a dump-end event.
 */

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { DumpEvent, KernelEvent, LinkEvent, UnknownEvent } from '../../src/decode/event.ts';
import { inNetns } from '../libbpf/libc.ts';
import { openRouteSocket } from '../libbpf/netlink-socket.ts';
import type { NetnsHandle } from '../netns/handle.ts';
import { ADDRESS_DUMP, decodeAddress, hasSureAge } from './address.ts';
import { createJiffiesClock } from './clock.ts';
import {
  ATTEMPTS_MAX,
  type Batch,
  type DumpRequest,
  type DumpSource,
  stableDump,
  streamDump,
} from './dump.ts';
import { type DumpOrigin, dumpHeader } from './header.ts';
import { decodeLabel, LABEL_DUMP } from './label.ts';
import { decodeLink, inDeviceOrder, LINK_DUMP } from './link.ts';
import type { NetlinkMessage } from './message.ts';
import { decodeNeighbour, NEIGHBOUR_DUMP } from './neighbour.ts';
import { decodeNexthop, NEXTHOP_DUMP } from './nexthop.ts';
import { decodeNetpvd, PVD_DUMP } from './pvd.ts';
import { decodeRoute, ROUTE_DUMP } from './route.ts';
import { decodeRule, RULE_DUMP } from './rule.ts';
import { splitRecords } from './split-records.ts';
import { readDevconf, readDeviceOrder, readSysctls } from './sysctl.ts';

export interface DumpOptions {
  readonly netns: NetnsHandle;
  /**
   * Whole pvd_route records of the namespace behind this fd, from the ipv6_route BPF
   * iterator. Without it, or when it throws, routes come over netlink.
   */
  readonly dumpRoutes?: (netnsFd: number) => Uint8Array;
  /** The kernel knows PvDs: the series in kernel/. */
  readonly knowsPvds?: boolean;
  /** CLOCK_BOOTTIME in ns. */
  readonly now: () => bigint;
}

/** Parts as they are named in `missing`. */
export type DumpPart =
  | 'netPvds'
  | 'links'
  | 'devconf'
  | 'sysctls'
  | 'rules'
  | 'labels'
  | 'addresses'
  | 'nexthops'
  | 'routes'
  | 'neighbours';

/** Reasons kept of one part: a thousand odd rules are as incomplete as these. */
const REASONS_MAX = 8;
const REASON_CHARS_MAX = 200;
/** Until the hundredth in which an age changed is over. */
const NEXT_AGE_MS = 30;
/** Records given out before the ring buffer may be read again. */
const RECORDS_A_TURN = 512;

/** An event, or a whole record as the BPF iterator wrote it. */
export type DumpItem = DumpedEvent | Uint8Array;
type DumpedEvent = Exclude<KernelEvent, UnknownEvent>;
/** What one batch holds. Items are handed on one by one only at the top: a promise each is enough. */
type Chunk = Iterable<DumpItem>;

interface Dump {
  readonly options: DumpOptions;
  readonly source: DumpSource;
  readonly missing: { part: DumpPart; reason: string }[];
  /** Of the links, once they are dumped. */
  readonly ifindexOf: Map<string, number>;
  /** Of the kernel's PvDs by name, once they are dumped. */
  pvdIds: Map<string, number> | undefined;
}

type PartDump = (dump: Dump) => Iterable<Chunk> | AsyncIterable<Chunk>;

const objectDump =
  (
    name: DumpPart,
    request: DumpRequest,
    decode: (message: NetlinkMessage, origin: DumpOrigin) => DumpedEvent | undefined,
  ) =>
  (dump: Dump): AsyncIterable<Chunk> =>
    objects(dump, name, request, decode);

/** In seeding order. */
const PARTS: Readonly<Record<DumpPart, PartDump>> = {
  netPvds,
  links,
  devconf: (dump) => [inNetns(dump.options.netns.fd, () => readDevconf(originOf(dump)))],
  sysctls: (dump) => [inNetns(dump.options.netns.fd, () => readSysctls(originOf(dump)))],
  rules,
  labels: objectDump('labels', LABEL_DUMP, decodeLabel),
  addresses,
  nexthops: objectDump('nexthops', NEXTHOP_DUMP, decodeNexthop),
  routes,
  neighbours: objectDump('neighbours', NEIGHBOUR_DUMP, decodeNeighbour),
};

/**
 * Dumps. A part that fails is named in `missing` of the dump-end event and ends nothing
 * else; so does one that is there but not exact. Uint8Array items are whole records.
 * The consumer sets the pace. The namespace's fd must stay open until the end.
 */
export async function* dumpNetns(options: DumpOptions): AsyncGenerator<DumpItem, void> {
  const source = { open: () => openRouteSocket(options.netns.fd), now: options.now };
  const dump: Dump = { options, source, missing: [], ifindexOf: new Map(), pvdIds: undefined };
  yield mark(dump, 'dump-begin');
  for (const [name, run] of Object.entries(PARTS) as [DumpPart, PartDump][]) {
    try {
      for await (const chunk of run(dump)) for (const item of chunk) yield item;
    } catch (error) {
      note(dump, name, reasonOf(error));
    }
  }
  yield mark(dump, 'dump-end');
}

function originOf({ options }: Dump, tsNs = options.now()): DumpOrigin {
  return { netnsCookie: options.netns.cookie, tsNs };
}

function mark(dump: Dump, kind: DumpEvent['kind']): DumpEvent {
  const op = kind === 'dump-begin' ? 'begin' : 'end';
  return { ...dumpHeader(originOf(dump), 'none'), op, kind, missing: [...dump.missing] };
}

function note(dump: Dump, name: DumpPart, reason: string): void {
  if (dump.missing.filter(({ part }) => part === name).length >= REASONS_MAX) return;
  dump.missing.push({ part: name, reason: reason.slice(0, REASON_CHARS_MAX) });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function stable(dump: Dump, name: DumpPart, request: DumpRequest): Promise<readonly Batch[]> {
  const { batches, interrupted } = await stableDump(dump.source, request);
  if (interrupted) note(dump, name, `changed during each of ${ATTEMPTS_MAX} dumps`);
  return batches;
}

function* decodeBatch<T>(
  dump: Dump,
  batch: Batch,
  decode: (message: NetlinkMessage, origin: DumpOrigin) => T | undefined,
): Generator<T> {
  const origin = originOf(dump, batch.stampNs);
  for (const message of batch.messages) {
    const decoded = decode(message, origin);
    if (decoded !== undefined) yield decoded;
  }
}

async function* objects(
  dump: Dump,
  name: DumpPart,
  request: DumpRequest,
  decode: (message: NetlinkMessage, origin: DumpOrigin) => DumpedEvent | undefined,
): AsyncGenerator<Chunk> {
  for (const batch of await stable(dump, name, request)) {
    yield decodeBatch(dump, batch, decode);
    await nextTurn();
  }
}

/**
 * The VRFs of a namespace with their tables: what hooks cannot tell of a device, to be told
 * when one appears. @throws AgentError PVD_ERR_NETLINK, PVD_ERR_NETNS.
 */
export async function* vrfsOf({ netns, now }: DumpOptions): AsyncGenerator<LinkEvent, void> {
  const source = { open: () => openRouteSocket(netns.fd), now };
  const { batches } = await stableDump(source, LINK_DUMP);
  for (const { stampNs, messages } of batches) {
    for (const message of messages) {
      const decoded = decodeLink(message, { netnsCookie: netns.cookie, tsNs: stampNs });
      if (decoded?.link.isL3Master) yield decoded.link;
    }
  }
}

/** Before what belongs to them. */
async function* netPvds(dump: Dump): AsyncGenerator<Chunk> {
  if (!dump.options.knowsPvds) return;
  const ids = new Map<string, number>();
  for (const batch of await stable(dump, 'netPvds', PVD_DUMP)) {
    const pvds = [...decodeBatch(dump, batch, decodeNetpvd)];
    for (const { name, id } of pvds) ids.set(name, id);
    yield pvds;
  }
  dump.pvdIds = ids;
}

async function* links(dump: Dump): AsyncGenerator<Chunk> {
  const batches = await stable(dump, 'links', LINK_DUMP);
  const order = inNetns(dump.options.netns.fd, readDeviceOrder);
  if (order === '') note(dump, 'links', 'the order of devices is not known: no /proc/net/igmp6');
  const decoded = batches.flatMap((batch) => [...decodeBatch(dump, batch, decodeLink)]);
  for (const { link, devconf } of inDeviceOrder(decoded, order)) {
    dump.ifindexOf.set(link.name, link.ifindex);
    yield devconf === undefined ? [link] : [link, devconf];
  }
}

async function* rules(dump: Dump): AsyncGenerator<Chunk> {
  for (const batch of await stable(dump, 'rules', RULE_DUMP)) {
    const decoded = decodeBatch(dump, batch, (message, origin) =>
      decodeRule(message, origin, dump.ifindexOf),
    );
    for (const { rule, unsaid } of decoded) {
      if (unsaid.length > 0) {
        note(dump, 'rules', `rule ${rule.pref} also selects by ${unsaid.join(', ')}`);
      }
      yield [rule];
    }
  }
}

/**
 * Between two readings of jiffies, and again while a second of some address's age ended
 * between them: what it had left is then told, but not whether before or after that.
 */
async function* addresses(dump: Dump): AsyncGenerator<Chunk> {
  const clock = createJiffiesClock(dump.options.now);
  for (let attempt = 1; ; attempt++) {
    const before = clock.readCs();
    const batches = await stable(dump, 'addresses', ADDRESS_DUMP);
    const span = clock.spanFrom(before);
    const isSure = batches.every(({ messages }) => messages.every((m) => hasSureAge(m, span)));
    if (!isSure && attempt < ATTEMPTS_MAX) {
      await sleep(NEXT_AGE_MS);
      continue;
    }
    for (const batch of batches) {
      yield decodeBatch(dump, batch, (message, origin) =>
        decodeAddress(message, origin, span, dump.pvdIds),
      );
      await nextTurn();
    }
    return;
  }
}

async function* routes(dump: Dump): AsyncGenerator<Chunk> {
  const { dumpRoutes, netns } = dump.options;
  let records: readonly Uint8Array[] | undefined;
  let why = 'no BPF iterator';
  try {
    if (dumpRoutes !== undefined) records = splitRecords(dumpRoutes(netns.fd));
  } catch (error) {
    why = reasonOf(error);
  }
  if (records !== undefined) {
    for (let at = 0; at < records.length; at += RECORDS_A_TURN) {
      yield records.slice(at, at + RECORDS_A_TURN);
      await nextTurn();
    }
    return;
  }
  note(dump, 'routes', `dumped over netlink, which hides RTF_* flags: ${why}`);
  yield* routesOverNetlink(dump);
}

let lastRouteId = 0n;

/** Streamed, not held: a full table is large, and the kernel marks no IPv6 route dump as interrupted. */
async function* routesOverNetlink(dump: Dump): AsyncGenerator<Chunk> {
  const stream = streamDump(dump.source, ROUTE_DUMP);
  const nextId = (): bigint => ++lastRouteId;
  try {
    let step = await stream.next();
    for (; step.done !== true; step = await stream.next()) {
      const siblings = decodeBatch(dump, step.value, (message, origin) =>
        decodeRoute(message, origin, nextId),
      );
      yield [...siblings].flat();
    }
    if (step.value.outcome !== 'complete') note(dump, 'routes', `dump ${step.value.outcome}`);
  } finally {
    // Closes the socket when the consumer went away in the middle.
    await stream.return({ outcome: 'lost', needBytes: 0 });
  }
}
