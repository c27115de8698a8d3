/**
 * The state of one network namespace as a sequence of events, to seed a replica: links
 * in device order, devconf, sysctls, rules, labels, addresses, nexthops, routes,
 * neighbours, between a dump-begin and a dump-end event.
 */

import type { DumpEvent, KernelEvent, UnknownEvent } from '../../src/decode/event.ts';
import { inNetns } from '../libbpf/libc.ts';
import { openRouteSocket } from '../libbpf/netlink-socket.ts';
import type { NetnsHandle } from '../netns/handle.ts';
import { ADDRESS_DUMP, decodeAddress } from './address.ts';
import { readJiffiesEpoch } from './clock.ts';
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
  /** CLOCK_BOOTTIME in ns. */
  readonly now: () => bigint;
}

/** Parts as they are named in `missing`. */
export type DumpPart =
  | 'links'
  | 'devconf'
  | 'sysctls'
  | 'rules'
  | 'labels'
  | 'addresses'
  | 'nexthops'
  | 'routes'
  | 'neighbours';

/** Reasons kept of one dump: a thousand odd rules are as incomplete as these. */
const MISSING_MAX = 32;
const REASON_CHARS_MAX = 200;

/** An event, or a whole record as the BPF iterator wrote it. */
export type DumpItem = DumpedEvent | Uint8Array;
type DumpedEvent = Exclude<KernelEvent, UnknownEvent>;

interface Dump {
  readonly options: DumpOptions;
  readonly source: DumpSource;
  readonly missing: { part: DumpPart; reason: string }[];
}

/**
 * Dumps. A part that fails is named in `missing` of the dump-end event and ends nothing
 * else; so does one that is there but not exact. Uint8Array items are whole records.
 * The consumer sets the pace. The namespace's fd must stay open until the end.
 */
export async function* dumpNetns(options: DumpOptions): AsyncGenerator<DumpItem, void> {
  const { netns, now } = options;
  const source = { open: () => openRouteSocket(netns.fd), now };
  const dump: Dump = { options, source, missing: [] };
  yield mark(dump, 'dump-begin');
  const ifindexOf = new Map<string, number>();
  yield* part(dump, 'links', () => links(dump, ifindexOf));
  yield* part(dump, 'devconf', () => inNetns(netns.fd, () => readDevconf(originOf(dump))));
  yield* part(dump, 'sysctls', () => inNetns(netns.fd, () => readSysctls(originOf(dump))));
  yield* part(dump, 'rules', () => rules(dump, ifindexOf));
  yield* part(dump, 'labels', () => objects(dump, 'labels', LABEL_DUMP, decodeLabel));
  yield* part(dump, 'addresses', () => addresses(dump));
  yield* part(dump, 'nexthops', () => objects(dump, 'nexthops', NEXTHOP_DUMP, decodeNexthop));
  yield* part(dump, 'routes', () => routes(dump));
  yield* part(dump, 'neighbours', () =>
    objects(dump, 'neighbours', NEIGHBOUR_DUMP, decodeNeighbour),
  );
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
  if (dump.missing.length >= MISSING_MAX) return;
  dump.missing.push({ part: name, reason: reason.slice(0, REASON_CHARS_MAX) });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Runs one part and turns its failure into a note. */
async function* part(
  dump: Dump,
  name: DumpPart,
  run: () => Iterable<DumpItem> | AsyncIterable<DumpItem>,
): AsyncGenerator<DumpItem, void> {
  try {
    yield* run();
  } catch (error) {
    note(dump, name, reasonOf(error));
  }
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
): AsyncGenerator<DumpItem> {
  for (const batch of await stable(dump, name, request)) yield* decodeBatch(dump, batch, decode);
}

async function* links(dump: Dump, ifindexOf: Map<string, number>): AsyncGenerator<DumpItem> {
  const batches = await stable(dump, 'links', LINK_DUMP);
  const order = inNetns(dump.options.netns.fd, readDeviceOrder);
  if (order === '') note(dump, 'links', 'the order of devices is not known: no /proc/net/igmp6');
  const decoded = batches.flatMap((batch) => [...decodeBatch(dump, batch, decodeLink)]);
  for (const { link, devconf } of inDeviceOrder(decoded, order)) {
    ifindexOf.set(link.name, link.ifindex);
    yield link;
    if (devconf !== undefined) yield devconf;
  }
}

async function* rules(
  dump: Dump,
  ifindexOf: ReadonlyMap<string, number>,
): AsyncGenerator<DumpItem> {
  for (const batch of await stable(dump, 'rules', RULE_DUMP)) {
    for (const { rule, unsaid } of decodeBatch(dump, batch, (message, origin) =>
      decodeRule(message, origin, ifindexOf),
    )) {
      yield rule;
      if (unsaid.length > 0) {
        note(dump, 'rules', `rule ${rule.pref} also selects by ${unsaid.join(', ')}`);
      }
    }
  }
}

async function* addresses(dump: Dump): AsyncGenerator<DumpItem> {
  const epoch = readJiffiesEpoch(dump.options.now);
  yield* objects(dump, 'addresses', ADDRESS_DUMP, (message, origin) =>
    decodeAddress(message, origin, epoch),
  );
}

async function* routes(dump: Dump): AsyncGenerator<DumpItem> {
  const { dumpRoutes, netns } = dump.options;
  let records: readonly Uint8Array[] | undefined;
  let why = 'no BPF iterator';
  try {
    if (dumpRoutes !== undefined) records = splitRecords(dumpRoutes(netns.fd));
  } catch (error) {
    why = reasonOf(error);
  }
  if (records !== undefined) {
    yield* records;
    return;
  }
  note(dump, 'routes', `dumped over netlink, which hides RTF_* flags: ${why}`);
  yield* routesOverNetlink(dump);
}

let lastRouteId = 0n;

/** Streamed, not held: a full table is large, and the kernel marks no IPv6 route dump as interrupted. */
async function* routesOverNetlink(dump: Dump): AsyncGenerator<DumpItem> {
  const stream = streamDump(dump.source, ROUTE_DUMP);
  const nextId = (): bigint => ++lastRouteId;
  try {
    let step = await stream.next();
    for (; step.done !== true; step = await stream.next()) {
      for (const siblings of decodeBatch(dump, step.value, (message, origin) =>
        decodeRoute(message, origin, nextId),
      )) {
        yield* siblings;
      }
    }
    if (step.value.outcome !== 'complete') note(dump, 'routes', `dump ${step.value.outcome}`);
  } finally {
    // Closes the socket when the consumer went away in the middle.
    await stream.return({ outcome: 'lost', needBytes: 0 });
  }
}
