/** Observations: records of decisions as queries for the model, and their answers beside its own. */

import type { FlowEvent, LookupEvent, SaddrEvent, SockRef } from '../decode/event.ts';
import type {
  Binding,
  FlowQuery,
  LookupQuery,
  Outcome,
  QuerySock,
  SaddrQuery,
} from '../model/query.ts';
import { type Addr6, ANY6 } from '../net/addr6.ts';
import type { PvdId } from '../net/pvd-id.ts';
import { pvdOfId } from '../state/net-pvds.ts';
import { addressKey, type Snapshot } from '../state/snapshot.ts';

const RTF_REJECT = 0x200;
const RTF_GATEWAY = 0x2;
const EINVAL = 22;
const RTN_THROW = 9;
/** Kernel addresses are above; ids below name rows whose own is not known. */
const KERNEL_ID_MIN = 1n << 32n;

/** What `ip6_route_output_flags()` was asked. */
export function lookupQuery(event: LookupEvent, netPvds?: Snapshot['netPvds']): LookupQuery {
  const { query } = event;
  return {
    kind: 'lookup',
    daddr: query.daddr,
    fromNs: event.beginNs,
    toNs: event.tsNs,
    flags: event.lookupFlags,
    // Field by field, here and below: a spread that is added to costs a microsecond.
    saddr: query.saddr,
    oif: query.oif,
    iif: query.iif,
    l3mdev: query.l3mdev,
    mark: query.mark,
    uid: query.uid,
    flowinfo: query.flowinfo,
    sport: query.sport,
    dport: query.dport,
    proto: query.proto,
    sock: sockOf(event.sock),
    binding: bindingOf(event, netPvds),
    volatile: { mpHash: event.mpHash, exceptions: exceptionsOf([event]) },
  };
}

/** What `ipv6_dev_get_saddr()` was asked. */
export function saddrQuery(event: SaddrEvent, netPvds?: Snapshot['netPvds']): SaddrQuery {
  return {
    kind: 'saddr',
    daddr: event.daddr,
    fromNs: event.beginNs,
    toNs: event.tsNs,
    oif: event.oif,
    prefs: event.prefs,
    binding: bindingOf(event, netPvds),
    routePvd: event.routePvd === undefined ? undefined : pvdOfId(netPvds, event.routePvd),
  };
}

/** What `ip6_dst_lookup_flow()` was asked; the lookups tell which exceptions were in force. */
export function flowQuery(
  event: FlowEvent,
  lookups: readonly LookupEvent[],
  netPvds?: Snapshot['netPvds'],
): FlowQuery {
  const { query } = event;
  return {
    kind: 'flow',
    daddr: query.daddr,
    fromNs: event.beginNs,
    toNs: event.tsNs,
    saddr: query.saddr,
    oif: query.oif,
    iif: query.iif,
    l3mdev: query.l3mdev,
    mark: query.mark,
    uid: query.uid,
    flowinfo: query.flowinfo,
    sport: query.sport,
    dport: query.dport,
    proto: query.proto,
    sock: sockOf(event.sock),
    binding: bindingOf(event, netPvds),
    volatile: { mpHash: event.mpHash, exceptions: exceptionsOf(lookups) },
  };
}

/** What a kernel that knows PvDs was asked to keep to. */
function bindingOf({ bound }: Pick<FlowEvent, 'bound'>, netPvds: Snapshot['netPvds']): Binding {
  return bound?.map((id) => pvdOfId(netPvds, id));
}

function sockOf(sock: SockRef | undefined): QuerySock | undefined {
  return sock && { boundDevIf: sock.boundDevIf, srcprefs: sock.srcprefs };
}

/** `rt6_find_cached_rt()` found one for the entry a lookup chose. */
function exceptionsOf(
  lookups: readonly LookupEvent[],
): { oif: number; gateway: Addr6; via: Addr6 }[] | undefined {
  const found = lookups.filter((one) => one.exception && one.entry !== undefined);
  if (found.length === 0) return undefined;
  return found.map(({ entry, gateway }) => ({
    oif: entry?.oif ?? 0,
    gateway: entry?.gateway ?? ('::' as Addr6),
    via: gateway,
  }));
}

/** Whether the kernel's answer to a lookup is this outcome. */
export function isLookupOutcome(event: LookupEvent, outcome: Outcome): boolean {
  if (-event.error !== outcome.error) return false;
  const entry = usedEntry(event);
  if (entry === undefined && event.error === 0 && outcome.entry !== undefined) {
    // The dst has let go of its route, which was removed meanwhile (`fib6_drop_pcpu_from()`).
    return event.oif === outcome.oif && isGatewayOf(event, outcome);
  }
  if (outcome.entry === undefined || entry === undefined) {
    return outcome.entry === undefined && entry === undefined;
  }
  if (outcome.entry >= KERNEL_ID_MIN && outcome.entry !== entry.id) return false;
  if (outcome.table !== entry.table || outcome.exception !== event.exception) return false;
  if (outcome.nhOif !== entry.oif || event.oif !== outcome.oif) return false;
  if (event.exception) return hadExceptions(event); // its gateway was taken from the record
  return outcome.gateway === entry.gateway && isGatewayOf(event, outcome);
}

/** `rt6_stats.fib_rt_cache` counts the exceptions of a netns (`rt6_insert_exception()`). */
function hadExceptions({ begin, end }: LookupEvent): boolean {
  return begin.rtCache !== 0 || end.rtCache !== 0 || end.rtEntries === 0;
}

/** The dst of a route without a gateway carries none, or the destination itself. */
function isGatewayOf(event: LookupEvent, outcome: Outcome): boolean {
  if ((event.rtFlags & RTF_GATEWAY) === 0) return true;
  return event.gateway === outcome.gateway;
}

/** The entry the answer is made of: not one that a rule refused, or that sent on to the next. */
function usedEntry(event: LookupEvent): LookupEvent['entry'] {
  const { entry, error } = event;
  // Nothing came after it: the answer is the null entry (`fib6_rule_lookup()`).
  if (entry?.type === RTN_THROW) return undefined;
  if (entry === undefined || error === 0 || entry.flags & RTF_REJECT) return entry;
  // A blackhole nexthop rejects by itself (`nexthop_path_fib6_result()`).
  return entry.nhId !== 0 && error === -EINVAL ? entry : undefined;
}

/** Whether the kernel's answer to a selection is this outcome. */
export function isSaddrOutcome(event: SaddrEvent, outcome: Outcome): boolean {
  if (-event.error !== outcome.error) return false;
  return outcome.error !== 0 || event.saddr === outcome.saddr;
}

/** Whether what a flow got is this outcome. */
export function isFlowOutcome(event: FlowEvent, outcome: Outcome): boolean {
  if (-event.error !== outcome.error) return false;
  if (outcome.error !== 0) return true;
  return event.saddr === outcome.saddr && event.oif === outcome.oif;
}

/** The kernel's answer in the model's words; `last`: the lookup its route came from. */
export function observedOutcome(
  head: FlowEvent | LookupEvent,
  last: LookupEvent | undefined,
  snapshot: Snapshot,
): Outcome {
  const entry = last && usedEntry(last);
  const saddr = head.kind === 'flow' ? head.saddr : head.query.saddr;
  return {
    error: -head.error,
    entry: entry?.id,
    table: entry?.table ?? 0,
    type: entry?.type ?? 0,
    nhOif: entry?.oif ?? 0,
    oif: head.oif,
    gateway: last?.exception ? last.gateway : (entry?.gateway ?? ANY6),
    saddr,
    exception: last?.exception ?? false,
    routePvd: entry && snapshot.routes.get(entry.id)?.attribution.pvd,
    saddrPvd: pvdOf(saddr, head.oif, snapshot),
  };
}

/** PvD of an address: as it is on the outgoing device, else wherever it is. */
function pvdOf(addr: Addr6, oif: number, snapshot: Snapshot): PvdId | undefined {
  if (addr === ANY6) return undefined;
  const known = snapshot.addresses.get(addressKey(oif, addr));
  if (known !== undefined) return known.attribution.pvd;
  for (const one of snapshot.addresses.values()) if (one.addr === addr) return one.attribution.pvd;
  return undefined;
}
