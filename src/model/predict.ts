/**
 * predict: every answer the kernel's algorithm allows.
 *
 * The engine is deterministic once the oracle is; what the state leaves open (an
 * uncaptured hash, a bucket, an expiry within a jiffy) is enumerated. Most queries
 * meet nothing open and take one run.
 */

import { type Addr6, ANY6, isLinkLocal, isMulticast } from '../net/addr6.ts';
import type { PvdId } from '../net/pvd-id.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { boundTo, effectiveBinding } from './binding.ts';
import { EADDRNOTAVAIL, ENETUNREACH } from './constants.ts';
import { type Context, createContext } from './context.ts';
import { E_PVD, ENTRY } from './fib6-trie.ts';
import { dstLookup } from './ip6-dst-lookup.ts';
import { dstOif, nexthopGateway, nexthopOif } from './ip6-pol-route.ts';
import { routeInput, routeOutput } from './ip6-route-output.ts';
import type { Step } from './ladder.ts';
import { type Candidate, createModelState, type ModelState } from './model-state.ts';
import type { Profile } from './profile.ts';
import type { FlowQuery, LookupQuery, Outcome, Prediction, Query } from './query.ts';
import { devGetSaddr } from './rfc6724-saddr.ts';
import { DADDR, SADDR, writeWords } from './words.ts';

/** Runs of the engine for one query; more combinations than that are left undecided. */
const RUNS_MAX = 4096;

/** Answers a query on a snapshot. Arranging it costs its size; keep a {@link Model} for many. */
export function predict(
  snapshot: Snapshot,
  query: Query,
  profile: Profile,
  explain = false,
): Prediction {
  return predictOn(createModel(createModelState(snapshot), profile), query, explain);
}

/** A state and a profile, ready to answer. */
export interface Model {
  readonly state: ModelState;
  readonly profile: Profile;
  readonly context: Context;
}

export function createModel(state: ModelState, profile: Profile): Model {
  return { state, profile, context: createContext(state, profile) };
}

/** Answers a query; with `explain` the prediction carries the ladder of its first outcome. */
export function predictOn(model: Model, query: Query, explain = false): Prediction {
  const ctx = model.context;
  const { oracle } = ctx;
  const ladder: Step[] | undefined = explain ? [] : undefined;
  ctx.trace = ladder;
  const refused = bind(ctx, query);
  if (refused !== undefined) {
    ctx.trace = undefined;
    return { ...refused, ladder };
  }
  oracle.hash = 1;
  if (oracle.bounds.size !== 0) oracle.bounds.clear();
  if (oracle.picks.length !== 0) oracle.picks.length = 0;
  const first = run(ctx, query);
  ctx.trace = undefined;
  if (oracle.bounds.size === 0 && oracle.used === 0) {
    return { outcomes: [first], undecided: undefined, ladder };
  }
  return enumerate(ctx, query, first, ladder);
}

/** Runs the engine for every hash between two bounds, and for every other choice. */
function enumerate(
  ctx: Context,
  query: Query,
  first: Outcome,
  ladder: readonly Step[] | undefined,
): Prediction {
  const { oracle } = ctx;
  const found = new Map<string, Outcome>([[keyOf(first), first]]);
  const hashes = [1];
  const queued = new Set(hashes);
  let runs = 0;
  for (let hash = hashes.pop(); hash !== undefined; hash = hashes.pop()) {
    oracle.picks.length = 0;
    do {
      if (++runs > RUNS_MAX) {
        return { outcomes: [...found.values()], undecided: 'too many combinations', ladder };
      }
      oracle.hash = hash;
      const outcome = run(ctx, query);
      found.set(keyOf(outcome), outcome);
    } while (nextPicks(ctx));
    for (const bound of oracle.bounds) {
      for (const next of [bound, bound + 1]) {
        if (next < 1 || next > 0x7fff_ffff || queued.has(next)) continue;
        queued.add(next);
        hashes.push(next);
      }
    }
  }
  return { outcomes: [...found.values()], undecided: undefined, ladder };
}

/** The next combination of choices, as on an odometer; false after the last. */
function nextPicks({ oracle }: Context): boolean {
  const { picks, fans } = oracle;
  picks.length = oracle.used;
  for (let i = picks.length - 1; i >= 0; i--) {
    const next = (picks[i] ?? 0) + 1;
    if (next < (fans[i] ?? 0)) {
      picks[i] = next;
      picks.length = i + 1;
      return true;
    }
  }
  return false;
}

function keyOf(o: Outcome): string {
  return `${o.error} ${o.entry} ${o.from} ${o.type} ${o.nhOif} ${o.oif} ${o.gateway} ${o.saddr} ${o.exception}`;
}

/** The flow's binding, into the context; or the answer when that ends all (I6). */
function bind(ctx: Context, query: Query): Omit<Prediction, 'ladder'> | undefined {
  ctx.binding = undefined;
  ctx.bindingIds = undefined;
  const { state, profile } = ctx;
  const { scopes } = query;
  if (query.binding === undefined && scopes === undefined) return undefined;
  const binding = query.binding ?? (scopes && effectiveBinding(scopes, profile.pvd));
  const bound = boundTo(state, profile, binding);
  if (bound.kind === 'unbound') return undefined;
  if (bound.kind === 'unsupported') return { outcomes: [], undecided: bound.why };
  const pvds = bound.kind === 'bound' ? bound.pvds : [];
  if (ctx.trace) ctx.trace.push({ step: 'binding', pvds });
  if (bound.kind === 'gone') {
    return refusal(query.kind === 'saddr' ? EADDRNOTAVAIL : ENETUNREACH);
  }
  if (profile.pvd === 'strict' && isEverybodys(query.daddr)) return undefined;
  // A PvD without a route has no slot: nothing matches it.
  ctx.binding = new Set(pvds.map((id) => state.pvdSlots.get(id) ?? -1));
  ctx.bindingIds = new Set(pvds);
  return undefined;
}

/** `pvd_flow_bound()`: what is of no PvD by its kind is there for all. */
function isEverybodys(daddr: Addr6): boolean {
  return isLinkLocal(daddr) || isMulticast(daddr) || daddr === '::1';
}

function run(ctx: Context, query: Query): Outcome {
  ctx.oracle.used = 0;
  if (ctx.chosenQuirks.size !== 0) ctx.chosenQuirks.clear();
  ctx.oracle.isExact = query.kind !== 'saddr' && (query.volatile?.mpHash ?? 0) !== 0;
  const { flow } = ctx;
  ctx.fromNs = query.fromNs;
  ctx.toNs = query.toNs;
  if (flow.daddr !== query.daddr) {
    flow.daddr = query.daddr;
    writeWords(query.daddr, flow.words, DADDR);
  }
  if (query.kind === 'saddr') {
    const found = devGetSaddr(ctx, query.oif, query.prefs, query.nextHop, query.routePvd);
    return saddrOutcome(found);
  }
  loadFlow(ctx, query);
  if (query.kind === 'flow') {
    const source = dstLookup(ctx, query.daddr);
    return routeOutcome(ctx, source);
  }
  if (query.input) routeInput(ctx, query.flags ?? 0);
  else routeOutput(ctx, query.flags ?? 0);
  return routeOutcome(ctx, undefined);
}

function loadFlow(ctx: Context, fields: LookupQuery | FlowQuery): void {
  const { flow } = ctx;
  flow.saddr = fields.saddr ?? ANY6;
  if (flow.saddr === ANY6) flow.words.fill(0, SADDR);
  else writeWords(flow.saddr, flow.words, SADDR);
  flow.oif = fields.oif ?? 0;
  flow.iif = fields.iif ?? 0;
  flow.l3mdev = fields.l3mdev ?? 0;
  flow.mark = fields.mark ?? 0;
  flow.uid = fields.uid ?? 0;
  flow.flowinfo = fields.flowinfo ?? 0;
  flow.sport = fields.sport ?? 0;
  flow.dport = fields.dport ?? 0;
  flow.proto = fields.proto ?? 0;
  flow.mpHash = fields.volatile?.mpHash ?? 0;
  flow.l3mdevByOif = false;
  flow.isInput = fields.kind === 'lookup' && fields.input === true;
  ctx.sock = fields.sock;
  ctx.exceptions = fields.volatile?.exceptions;
  ctx.res.exception = undefined;
  ctx.res.nh = undefined;
  ctx.res.from = 0;
  ctx.res.entry = 0;
}

function saddrOutcome(found: Candidate | undefined): Outcome {
  if (found === undefined) return { ...NOTHING, error: EADDRNOTAVAIL };
  return {
    error: 0,
    entry: undefined,
    table: 0,
    type: 0,
    nhOif: 0,
    oif: 0,
    gateway: ANY6,
    saddr: found.address.addr,
    exception: false,
    routePvd: undefined,
    saddrPvd: found.pvd,
  };
}

const NOTHING: Outcome = {
  error: 0,
  entry: undefined,
  table: 0,
  type: 0,
  nhOif: 0,
  oif: 0,
  gateway: ANY6,
  saddr: ANY6,
  exception: false,
  routePvd: undefined,
  saddrPvd: undefined,
};

/** The prediction of a flow that ends before any lookup. */
export function refusal(error: number): Prediction {
  return { outcomes: [{ ...NOTHING, error }], undecided: undefined, ladder: undefined };
}

function routeOutcome(ctx: Context, source: Candidate | undefined): Outcome {
  const { res, flow } = ctx;
  const { entries, ids } = ctx.state.fib;
  if (res.entry === 0) {
    return { ...NOTHING, error: res.error, saddr: flow.saddr, saddrPvd: pvdOf(ctx, source) };
  }
  const outcome = {
    error: res.error,
    entry: ids[res.entry / ENTRY],
    table: res.table,
    type: res.type,
    nhOif: nexthopOif(ctx),
    oif: dstOif(ctx),
    gateway: res.exception?.via ?? nexthopGateway(ctx),
    saddr: flow.saddr,
    exception: res.exception !== undefined,
    routePvd: ctx.state.pvdIds[entries[res.entry + E_PVD] as number],
    saddrPvd: pvdOf(ctx, source),
  };
  return res.from === res.entry ? outcome : { ...outcome, from: ids[res.from / ENTRY] as bigint };
}

/** PvD of the source, whether it was selected, bound or taken from the route. */
function pvdOf(ctx: Context, source: Candidate | undefined): PvdId | undefined {
  if (source !== undefined) return source.pvd;
  const addr: Addr6 = ctx.flow.saddr;
  if (addr === ANY6) return undefined;
  for (const device of ctx.state.devices.values()) {
    const owned = device.addrs.find((c) => c.address.addr === addr);
    if (owned !== undefined) return owned.pvd;
  }
  return undefined;
}
