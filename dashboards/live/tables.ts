/** The tables of the namespaces, as they are and as they were. */

import type { Envelope } from '../../src/publish/envelope.ts';
import {
  type ChangeData,
  keyOf,
  type SnapshotData,
  type StateObject,
  type StateValue,
} from '../../src/publish/snapshot-data.ts';
import { compareNs } from './time.ts';

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

export type NetnsViews = Map<string, NetnsView>;

/** What undoes one change; changes to undo in a row, newest first, give the state of before. */
type Undo =
  | { readonly tsNs: string; readonly cookie: string; readonly whole: NetnsView | undefined }
  | {
      readonly tsNs: string;
      readonly cookie: string;
      readonly object: StateObject;
      readonly key: string;
      readonly before: StateValue[StateObject] | undefined;
    };

/** The present state and how it came about, as far back as the journal goes. */
export interface History {
  readonly now: NetnsViews;
  /** Oldest first. */
  readonly journal: Undo[];
  /** How far back the state is known; before it {@link stateAt} gives the oldest that is. */
  knownNs: string | undefined;
}

export const JOURNAL_MAX = 20_000;

export function createHistory(): History {
  return { now: new Map(), journal: [], knownNs: undefined };
}

export function forget(history: History): void {
  history.now.clear();
  history.journal.length = 0;
  history.knownNs = undefined;
}

function note(history: History, undo: Undo): void {
  const { journal } = history;
  journal.push(undo);
  if (journal.length <= JOURNAL_MAX) return;
  journal.splice(0, JOURNAL_MAX / 8);
  history.knownNs = journal[0]?.tsNs;
}

export function replaceNetns(history: History, envelope: Envelope<'snapshot'>): void {
  const { data, netns, tsNs } = envelope;
  if (netns === null) return;
  const { cookie } = netns;
  const before = history.now.get(cookie);
  const view = createNetns(cookie);
  view.name = netns.name;
  view.inum = data.inum;
  view.seeded = data.seeded;
  view.lostNs = data.lostNs;
  for (const object of Object.keys(view.tables) as StateObject[]) fill(view, object, data);
  view.version = (before?.version ?? 0) + 1;
  // The first one tells nothing of what was before.
  if (before !== undefined) note(history, { tsNs, cookie, whole: before });
  history.knownNs ??= tsNs;
  history.now.set(cookie, view);
}

function fill<O extends StateObject>(view: NetnsView, object: O, data: SnapshotData): void {
  const table = view.tables[object] as Map<string, StateValue[O]>;
  const values = data.tables[object] as readonly StateValue[O][];
  for (const value of values) table.set(keyOf(object, value), value);
}

export function applyChanges(history: History, envelope: Envelope<'change'>): void {
  const { netns, data, tsNs } = envelope;
  if (netns === null) return;
  const view = netnsOf(history, netns.cookie, tsNs);
  view.name = netns.name;
  view.version++;
  for (const change of data.changes) applyChange(history, view, change, tsNs);
}

function applyChange(history: History, view: NetnsView, change: ChangeData, tsNs: string): void {
  const { object, op, value } = change;
  const table = view.tables[object] as Map<string, typeof value>;
  const key = keyOf(object, value);
  note(history, { tsNs, cookie: view.cookie, object, key, before: table.get(key) });
  if (op === 'del') table.delete(key);
  else table.set(key, value);
}

export function applyNetns(history: History, { netns, data, tsNs }: Envelope<'netns'>): void {
  if (netns === null) return;
  if (data.op === 'del') {
    note(history, { tsNs, cookie: netns.cookie, whole: history.now.get(netns.cookie) });
    history.now.delete(netns.cookie);
    return;
  }
  const view = netnsOf(history, netns.cookie, tsNs);
  view.name = data.name;
  view.inum = data.inum;
  view.seeded = data.seeded;
  view.version++;
}

function netnsOf(history: History, cookie: string, tsNs: string): NetnsView {
  let view = history.now.get(cookie);
  if (view === undefined) {
    view = createNetns(cookie);
    note(history, { tsNs, cookie, whole: undefined });
    history.now.set(cookie, view);
  }
  return view;
}

/** The state at `tsNs`, or the oldest that the journal leads back to; `history` stays as it is. */
export function stateAt({ now, journal }: History, tsNs: string): NetnsViews {
  const then: NetnsViews = new Map(now);
  const own = new Set<string>();
  for (let i = journal.length - 1; i >= 0; i--) {
    const undo = journal[i] as Undo;
    if (compareNs(undo.tsNs, tsNs) <= 0) continue;
    const { cookie } = undo;
    if ('whole' in undo) {
      own.delete(cookie);
      if (undo.whole === undefined) then.delete(cookie);
      else then.set(cookie, undo.whole);
      continue;
    }
    const view = then.get(cookie);
    if (view === undefined) continue;
    const mine = own.has(cookie) ? view : copyNetns(view);
    own.add(cookie);
    then.set(cookie, mine);
    const table = mine.tables[undo.object] as Map<string, typeof undo.before>;
    if (undo.before === undefined) table.delete(undo.key);
    else table.set(undo.key, undo.before);
  }
  return then;
}

export function copyNetns(view: NetnsView): NetnsView {
  const copies = Object.entries(view.tables).map(([name, table]) => [
    name,
    new Map<string, unknown>(table),
  ]);
  return { ...view, tables: Object.fromEntries(copies) as unknown as Tables };
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
