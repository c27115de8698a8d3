/** What an overview of a running agent needs of its stream: tables to count, newest trouble, totals. */

import type { Envelope, HelloData, StatsData } from './envelope.ts';
import { keyOf, type StateObject, type StateValue } from './snapshot-data.ts';

/** Tables whose rows are counted. */
const COUNTED = ['link', 'address', 'route'] as const;
type Counted = (typeof COUNTED)[number];

export interface TopNetns {
  name: string;
  seeded: boolean;
  readonly rows: { readonly [O in Counted]: Set<string> };
  readonly pvds: Map<string, StateValue['pvd']>;
}

export interface TopState {
  host: string;
  hello: HelloData | undefined;
  stats: StatsData | undefined;
  /** Decisions a second, between the two newest totals. */
  perSec: number;
  /** Of the newest totals. */
  statsNs: string;
  /** Newest time of the traced host. */
  tsNs: string;
  readonly netns: Map<string, TopNetns>;
  /** Divergences, RAs and losses, oldest first. */
  readonly news: Envelope<'decision' | 'ra' | 'lost'>[];
}

const NEWS_MAX = 100;

export function createTop(): TopState {
  return {
    host: '',
    hello: undefined,
    stats: undefined,
    perSec: 0,
    statsNs: '0',
    tsNs: '0',
    netns: new Map(),
    news: [],
  };
}

export function takeFrame(top: TopState, frame: readonly Envelope[]): void {
  for (const envelope of frame) take(top, envelope);
}

function take(top: TopState, envelope: Envelope): void {
  const { netns, kind } = envelope;
  top.host = envelope.host;
  switch (kind) {
    case 'hello':
      if (top.hello?.run !== envelope.data.run) top.news.length = 0;
      if (!envelope.data.resumed) top.netns.clear();
      top.hello = envelope.data;
      top.stats = undefined;
      top.perSec = 0;
      break;
    case 'dropped':
      top.netns.clear();
      break;
    case 'snapshot':
      if (netns !== null) top.netns.set(netns.cookie, netnsOf(netns.name, envelope));
      break;
    case 'netns':
      if (netns !== null) renamed(top, netns.cookie, envelope);
      break;
    case 'change':
      if (netns !== null) change(known(top, netns.cookie, netns.name), envelope);
      break;
    case 'stats':
      count(top, envelope);
      break;
    default:
      top.news.push(envelope);
      if (top.news.length > NEWS_MAX) top.news.shift();
  }
  if (BigInt(envelope.tsNs) > BigInt(top.tsNs)) top.tsNs = envelope.tsNs;
}

function count(top: TopState, { data, tsNs }: Envelope<'stats'>): void {
  const passedMs = Number((BigInt(tsNs) - BigInt(top.statsNs)) / 1_000_000n);
  const made = data.decisions - (top.stats?.decisions ?? data.decisions);
  if (top.stats !== undefined && passedMs > 0) top.perSec = (made * 1000) / passedMs;
  top.stats = data;
  top.statsNs = tsNs;
}

function empty(name: string, seeded: boolean): TopNetns {
  const rows = { link: new Set<string>(), address: new Set<string>(), route: new Set<string>() };
  return { name, seeded, rows, pvds: new Map() };
}

function netnsOf(name: string, { data }: Envelope<'snapshot'>): TopNetns {
  const view = empty(name, data.seeded);
  for (const object of COUNTED) {
    const values: readonly StateValue[Counted][] = data.tables[object];
    for (const value of values) view.rows[object].add(keyOf(object as StateObject, value as never));
  }
  for (const pvd of data.tables.pvd) view.pvds.set(pvd.id, pvd);
  return view;
}

function known(top: TopState, cookie: string, name: string): TopNetns {
  const view = top.netns.get(cookie) ?? empty(name, false);
  top.netns.set(cookie, view);
  return view;
}

function renamed(top: TopState, cookie: string, { data }: Envelope<'netns'>): void {
  if (data.op === 'del') {
    top.netns.delete(cookie);
    return;
  }
  const view = known(top, cookie, data.name);
  view.name = data.name;
  view.seeded = data.seeded;
}

function change(view: TopNetns, { data }: Envelope<'change'>): void {
  for (const one of data.changes) {
    if (one.object === 'pvd') {
      if (one.op === 'del') view.pvds.delete(one.value.id);
      else view.pvds.set(one.value.id, one.value);
      continue;
    }
    const rows = (view.rows as Readonly<Record<string, Set<string>>>)[one.object];
    const key = keyOf(one.object, one.value as never);
    if (one.op === 'del') rows?.delete(key);
    else rows?.add(key);
  }
}
