/** Decisions as envelopes carry them, with the PvD of the route and of the source. */

import type { Blame, Judged } from './court.ts';
import type { Fib6Entry, LookupEvent, SaddrEvent, SockRef, Task } from './decode/event.ts';
import { type Addr6, ANY6 } from './net/addr6.ts';
import { toJson } from './net/json.ts';
import type {
  BlameData,
  ChosenRoute,
  ChosenSource,
  DecisionData,
  LookupData,
  QueryData,
  SaddrData,
  SockData,
  TaskData,
} from './publish/decision-data.ts';
import type { AttributionData } from './publish/snapshot-data.ts';
import { pvdOfId } from './state/net-pvds.ts';
import { type Address, type Attribution, addressKey, type Snapshot } from './state/snapshot.ts';
import type { Finding } from './verify/verdict.ts';

/** A lookup, attributed by the state at this moment. */
export function presentLookup(event: LookupEvent, snapshot: Snapshot | undefined): LookupData {
  return {
    beginNs: event.beginNs.toString(),
    endNs: event.tsNs.toString(),
    saddr: event.query.saddr,
    oif: event.query.oif,
    lookupFlags: event.lookupFlags,
    tries: event.tries.map(({ table, id, rulePref = null }) => ({
      table,
      id: id.toString(),
      rulePref,
    })),
    triesCount: event.triesCount,
    exception: event.exception,
    mpHash: event.mpHash,
    error: event.error,
    dstOif: event.oif,
    gateway: event.gateway,
    rtFlags: event.rtFlags,
    route: event.entry === undefined ? null : chosenRoute(event.entry, snapshot),
  };
}

/** A selection, attributed by the state at this moment. */
export function presentSaddr(event: SaddrEvent, snapshot: Snapshot | undefined): SaddrData {
  return {
    beginNs: event.beginNs.toString(),
    endNs: event.tsNs.toString(),
    oif: event.oif,
    prefs: event.prefs,
    error: event.error,
    source: chosenSource(event.saddr, event.oif, snapshot) ?? NO_SOURCE,
  };
}

/** A whole decision with its verdict. */
export function presentDecision(
  { joined, verdict, blame }: Judged,
  findings: readonly Finding[],
  snapshot: Snapshot | undefined,
): DecisionData {
  const { head, incomplete } = joined;
  const lookups = joined.lookups.map(({ data }) => data);
  const saddrs = joined.saddrs.map(({ data }) => data);
  const last = lookups.at(-1);
  const chosen = saddrs.at(-1);
  const source = head.kind === 'lookup' ? (chosen?.source.addr ?? ANY6) : head.saddr;
  return {
    what: head.kind,
    id: head.decision.toString(),
    hook: head.hook,
    beginNs: head.beginNs.toString(),
    task: head.softirq ? null : presentTask(head.task),
    sock: presentSock(head.sock),
    query: presentQuery(head, snapshot),
    outcome: {
      error: head.error,
      oif: head.kind === 'saddr' ? 0 : head.oif,
      gateway: head.kind === 'saddr' ? ANY6 : head.gateway,
      route: last?.route ?? null,
      source: chosenSource(source as Addr6, head.oif, snapshot),
    },
    lookups,
    saddrs,
    incomplete,
    verdict,
    blame: blame === undefined ? null : presentBlame(blame),
    findings,
  };
}

/** Outcomes shown of a divergence: with multipath there may be hundreds. */
const EXPECTED_MAX = 8;

function presentBlame({ part, index, expected, because }: Blame): BlameData {
  return {
    part,
    index,
    ...(because === undefined ? {} : { because }),
    expectedCount: expected.length,
    expected: expected.slice(0, EXPECTED_MAX).map((outcome) => ({
      error: outcome.error,
      route: outcome.entry === undefined ? null : outcome.entry.toString(),
      table: outcome.table,
      oif: outcome.oif,
      gateway: outcome.gateway,
      source: outcome.saddr,
    })),
  };
}

const NO_SOURCE: ChosenSource = { addr: ANY6, ifindex: 0, attribution: null };

function chosenRoute(entry: Fib6Entry, snapshot: Snapshot | undefined): ChosenRoute {
  const known = snapshot?.routes.get(entry.id);
  return {
    id: entry.id.toString(),
    dst: `${entry.dst}/${entry.dstLen}`,
    gateway: entry.gateway,
    oif: entry.oif,
    table: entry.table,
    metric: entry.metric,
    flags: entry.flags,
    protocol: entry.protocol,
    type: entry.type,
    attribution: known === undefined ? null : attributionData(known.attribution),
  };
}

/** As `toJson` has it, in a fraction of the time. */
function attributionData({ pvd, reason, ra }: Attribution): AttributionData {
  return { pvd: pvd ?? null, reason, ra: ra === undefined ? null : toJson(ra) };
}

/** The address as the netns has it: on `oif` if there, else on any interface. */
function chosenSource(
  addr: Addr6,
  oif: number,
  snapshot: Snapshot | undefined,
): ChosenSource | null {
  if (addr === ANY6) return null;
  const known = snapshot?.addresses.get(addressKey(oif, addr)) ?? anywhere(addr, snapshot);
  if (known === undefined) return { addr, ifindex: 0, attribution: null };
  return { addr, ifindex: known.ifindex, attribution: attributionData(known.attribution) };
}

function anywhere(addr: Addr6, snapshot: Snapshot | undefined): Address | undefined {
  for (const address of snapshot?.addresses.values() ?? []) {
    if (address.addr === addr) return address;
  }
  return undefined;
}

function presentTask({ pid, tgid, comm, cgroupId }: Task): TaskData {
  return { pid, tgid, comm, cgroupId: cgroupId.toString() };
}

function presentSock(sock: SockRef | undefined): SockData | null {
  if (sock === undefined) return null;
  return {
    cookie: sock.cookie.toString(),
    mark: sock.mark,
    boundDevIf: sock.boundDevIf,
    family: sock.family,
    type: sock.type,
    protocol: sock.protocol,
    state: sock.state,
    srcprefs: sock.srcprefs,
  };
}

function queryOfSaddr({ daddr, oif }: SaddrEvent): QueryData {
  const none = { iif: 0, l3mdev: 0, mark: 0, flowinfo: 0, sport: 0, dport: 0, proto: 0 };
  return { daddr, saddr: ANY6, oif, uid: null, flowFlags: 0, ...none };
}

function presentQuery(head: Judged['joined']['head'], snapshot: Snapshot | undefined): QueryData {
  const query = head.kind === 'saddr' ? queryOfSaddr(head) : head.query;
  const { bound } = head;
  if (bound === undefined) return query;
  return { ...query, binding: bound.map((id) => pvdOfId(snapshot?.netPvds, id)) };
}
