/**
 * What the page knows: the state of each netns, and the newest RAs, changes and decisions.
 *
 * Pure: envelopes go in, views read. Every list is bounded; Maps and not objects hold what is
 * keyed by names from outside.
 */

import type { Envelope, HelloData, LostData, StatsData } from '../../src/publish/envelope.ts';
import { countRate, type Rates } from './rates.ts';
import {
  applyChanges,
  applyNetns,
  copyNetns,
  createHistory,
  forget,
  type History,
  replaceNetns,
} from './tables.ts';

export const DECISIONS_MAX = 5000;
export const RAS_MAX = 500;
export const CHANGES_MAX = 2000;
const LOSSES_MAX = 100;

export interface Store {
  hello: HelloData | undefined;
  host: string;
  bootId: string;
  /** To resume with; undefined before the first envelope of a run. */
  seq: number | undefined;
  /** Newest time of the traced host, and the page's clock then, in ms. */
  clock: { readonly tsNs: string; readonly atMs: number } | undefined;
  /** Smallest delay from the traced host's clock to the page's ever seen, and the newest, in ms. */
  delay: { readonly leastMs: number; readonly nowMs: number } | undefined;
  readonly history: History;
  /** Oldest first, as all lists here. */
  readonly decisions: Envelope<'decision'>[];
  readonly ras: Envelope<'ra'>[];
  readonly changes: Envelope<'change'>[];
  readonly losses: Envelope<'lost'>[];
  readonly rates: Rates;
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
    delay: undefined,
    history: createHistory(),
    decisions: [],
    ras: [],
    changes: [],
    losses: [],
    rates: new Map(),
    decisionsSeen: 0,
    stats: undefined,
    lost: undefined,
    dropped: 0,
    version: 0,
  };
}

/** The store as it is now, for a reader that pauses while the original goes on. */
export function freeze(store: Store): Store {
  const { history, decisions, ras, changes, losses, rates } = store;
  const now = new Map([...history.now].map(([cookie, view]) => [cookie, copyNetns(view)]));
  return {
    ...store,
    history: { ...history, now, journal: [...history.journal] },
    decisions: [...decisions],
    ras: [...ras],
    changes: [...changes],
    losses: [...losses],
    rates: new Map([...rates].map(([sec, rate]) => [sec, { ...rate }])),
  };
}

/** Takes one frame of the stream, received at `nowMs` of any steady clock. */
export function applyFrame(store: Store, frame: readonly Envelope[], nowMs: number): void {
  for (const envelope of frame) applyEnvelope(store, envelope);
  const last = frame.at(-1);
  if (last === undefined) return;
  // CPUs finish out of order: the clock must not run back.
  const known = store.clock;
  if (known !== undefined && BigInt(last.tsNs) < BigInt(known.tsNs)) return;
  store.clock = { tsNs: last.tsNs, atMs: nowMs };
  if (last.kind === 'snapshot' || last.kind === 'hello') return;
  const delayMs = nowMs - Number(BigInt(last.tsNs) / 1000n) / 1000;
  const leastMs = Math.min(store.delay?.leastMs ?? delayMs, delayMs);
  store.delay = { leastMs, nowMs: delayMs };
}

/** Time of the traced host now. */
export function nowNs(store: Store, nowMs: number): string {
  if (store.clock === undefined) return '0';
  const passedNs = BigInt(Math.max(0, Math.round((nowMs - store.clock.atMs) * 1e6)));
  return (BigInt(store.clock.tsNs) + passedNs).toString();
}

/** How much later than at best envelopes come now, in ms; whatever the two clocks say. */
export function lagMs({ delay }: Store): number {
  return delay === undefined ? 0 : delay.nowMs - delay.leastMs;
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
      replaceNetns(store.history, envelope);
      break;
    case 'change':
      applyChanges(store.history, envelope);
      keepNewest(store.changes, envelope, CHANGES_MAX);
      break;
    case 'netns':
      applyNetns(store.history, envelope);
      break;
    case 'ra':
      keepNewest(store.ras, envelope, RAS_MAX);
      break;
    case 'decision':
      store.decisionsSeen++;
      countRate(store.rates, envelope);
      keepNewest(store.decisions, envelope, DECISIONS_MAX);
      break;
    case 'lost':
      store.lost = envelope.data;
      keepNewest(store.losses, envelope, LOSSES_MAX);
      break;
    case 'stats':
      store.stats = envelope.data;
      break;
    case 'dropped':
      store.dropped += envelope.data.count;
      // Snapshots of all there is follow; what they do not have is gone.
      forget(store.history);
      break;
  }
  store.seq = envelope.seq;
}

/** Another run, or one that starts anew: what is on the page is no longer true. */
function greet(store: Store, hello: HelloData): void {
  const sameRun = store.hello?.run === hello.run;
  if (!hello.resumed) forget(store.history);
  if (!sameRun) {
    for (const list of [store.decisions, store.ras, store.changes, store.losses]) list.length = 0;
    store.rates.clear();
    store.decisionsSeen = 0;
    store.stats = undefined;
    store.lost = undefined;
    store.dropped = 0;
    store.clock = undefined;
    store.delay = undefined;
  }
  store.hello = hello;
}

/** Trims by an eighth, so that it costs next to nothing per item. */
function keepNewest<T>(list: T[], item: T, max: number): void {
  list.push(item);
  if (list.length > max) list.splice(0, list.length - Math.floor((max * 7) / 8));
}
