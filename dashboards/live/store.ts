/**
 * What the page knows: the tables of each netns, and the newest RAs and decisions.
 *
 * Pure: envelopes go in, views read. Every list is bounded; Maps and not objects hold what is
 * keyed by names from outside.
 */

import type { Envelope, HelloData, LostData, StatsData } from '../../src/publish/envelope.ts';
import {
  type ChangeData,
  keyOf,
  type SnapshotData,
  type StateObject,
  type StateValue,
} from '../../src/publish/snapshot-data.ts';

export const DECISIONS_MAX = 1000;
export const RAS_MAX = 100;

export type Tables = { readonly [O in StateObject]: Map<string, StateValue[O]> };

export interface NetnsView {
  readonly cookie: string;
  name: string;
  inum: number;
  seeded: boolean;
  lostNs: string | null;
  readonly tables: Tables;
  /** Grows with every change. */
  version: number;
}

export interface Store {
  hello: HelloData | undefined;
  host: string;
  bootId: string;
  /** To resume with; undefined before the first envelope of a run. */
  seq: number | undefined;
  /** Newest time of the traced host, and the page's clock then, in ms. */
  clock: { readonly tsNs: string; readonly atMs: number } | undefined;
  readonly netns: Map<string, NetnsView>;
  /** Newest first. */
  readonly decisions: Envelope<'decision'>[];
  readonly ras: Envelope<'ra'>[];
  /** Decisions seen by this page. */
  decisionsSeen: number;
  stats: StatsData | undefined;
  lost: LostData | undefined;
  /** Envelopes this page missed. */
  dropped: number;
  /** Grows with every envelope. */
  version: number;
}

export function createStore(): Store {
  return {
    hello: undefined,
    host: '',
    bootId: '',
    seq: undefined,
    clock: undefined,
    netns: new Map(),
    decisions: [],
    ras: [],
    decisionsSeen: 0,
    stats: undefined,
    lost: undefined,
    dropped: 0,
    version: 0,
  };
}

/** Takes one frame of the stream, received at `nowMs` of any steady clock. */
export function applyFrame(store: Store, frame: readonly Envelope[], nowMs: number): void {
  for (const envelope of frame) applyEnvelope(store, envelope);
  const last = frame.at(-1);
  if (last === undefined) return;
  // CPUs finish out of order: the clock must not run back.
  const known = store.clock;
  if (known === undefined || BigInt(last.tsNs) >= BigInt(known.tsNs)) {
    store.clock = { tsNs: last.tsNs, atMs: nowMs };
  }
}

/** Time of the traced host now. */
export function nowNs(store: Store, nowMs: number): string {
  if (store.clock === undefined) return '0';
  const passedNs = BigInt(Math.max(0, Math.round((nowMs - store.clock.atMs) * 1e6)));
  return (BigInt(store.clock.tsNs) + passedNs).toString();
}

function applyEnvelope(store: Store, envelope: Envelope): void {
  store.version++;
  store.host = envelope.host;
  store.bootId = envelope.bootId;
  switch (envelope.kind) {
    case 'hello':
      greet(store, envelope.data);
      break;
    case 'snapshot':
      replaceNetns(store, envelope);
      break;
    case 'change':
      applyChanges(store, envelope);
      break;
    case 'netns':
      applyNetns(store, envelope);
      break;
    case 'ra':
      keepNewest(store.ras, envelope, RAS_MAX);
      break;
    case 'decision':
      store.decisionsSeen++;
      keepNewest(store.decisions, envelope, DECISIONS_MAX);
      break;
    case 'lost':
      store.lost = envelope.data;
      break;
    case 'stats':
      store.stats = envelope.data;
      break;
    case 'dropped':
      store.dropped += envelope.data.count;
      // Snapshots of all there is follow; what they do not have is gone.
      store.netns.clear();
      break;
  }
  store.seq = envelope.seq;
}

/** Another run, or one that starts anew: what is on the page is no longer true. */
function greet(store: Store, hello: HelloData): void {
  const sameRun = store.hello?.run === hello.run;
  if (!hello.resumed) store.netns.clear();
  if (!sameRun) {
    store.decisions.length = 0;
    store.ras.length = 0;
    store.decisionsSeen = 0;
    store.stats = undefined;
    store.lost = undefined;
    store.dropped = 0;
  }
  store.hello = hello;
}

function replaceNetns(store: Store, envelope: Envelope<'snapshot'>): void {
  const { data, netns } = envelope;
  if (netns === null) return;
  const view = createNetns(netns.cookie);
  view.name = netns.name;
  view.inum = data.inum;
  view.seeded = data.seeded;
  view.lostNs = data.lostNs;
  for (const object of Object.keys(view.tables) as StateObject[]) fill(view, object, data);
  view.version = (store.netns.get(netns.cookie)?.version ?? 0) + 1;
  store.netns.set(netns.cookie, view);
}

function fill<O extends StateObject>(view: NetnsView, object: O, data: SnapshotData): void {
  const table = view.tables[object] as Map<string, StateValue[O]>;
  const values = data.tables[object] as readonly StateValue[O][];
  for (const value of values) table.set(keyOf(object, value), value);
}

function applyChanges(store: Store, envelope: Envelope<'change'>): void {
  const { netns, data } = envelope;
  if (netns === null) return;
  const view = netnsOf(store, netns.cookie);
  view.name = netns.name;
  view.version++;
  for (const change of data.changes) applyChange(view, change);
}

function applyChange({ tables }: NetnsView, { object, op, value }: ChangeData): void {
  const table = tables[object] as Map<string, typeof value>;
  const key = keyOf(object, value);
  if (op === 'del') table.delete(key);
  else table.set(key, value);
}

function applyNetns(store: Store, { netns, data }: Envelope<'netns'>): void {
  if (netns === null) return;
  if (data.op === 'del') {
    store.netns.delete(netns.cookie);
    return;
  }
  const view = netnsOf(store, netns.cookie);
  view.name = data.name;
  view.inum = data.inum;
  view.seeded = data.seeded;
  view.version++;
}

function netnsOf(store: Store, cookie: string): NetnsView {
  let view = store.netns.get(cookie);
  if (view === undefined) {
    view = createNetns(cookie);
    store.netns.set(cookie, view);
  }
  return view;
}

function createNetns(cookie: string): NetnsView {
  const tables: Tables = {
    link: new Map(),
    devconf: new Map(),
    address: new Map(),
    route: new Map(),
    rule: new Map(),
    label: new Map(),
    neighbour: new Map(),
    nexthop: new Map(),
    pvd: new Map(),
    sysctl: new Map(),
  };
  return { cookie, name: '', inum: 0, seeded: false, lostNs: null, tables, version: 0 };
}

function keepNewest<T>(list: T[], item: T, max: number): void {
  list.unshift(item);
  if (list.length > max) list.length = max;
}
