/**
 * A ModelState that follows its netns change by change, forward and back: whoever judges a
 * decision that raced with changes asks every state that was valid meanwhile.
 *
 * Routes and neighbours change at once. What is derived from whole tables (devices with
 * their addresses, rules, nexthop objects) is made anew when it is next asked for.
 */

import type { Devconf } from '../decode/event.ts';
import type { Change, ChangeOf } from '../state/change.ts';
import { labelRows } from '../state/labels.ts';
import {
  type Address,
  addressKey,
  type Label,
  type Link,
  type Neighbour,
  type Nexthop,
  type Route,
  type Rule,
  type Snapshot,
} from '../state/snapshot.ts';
import { leafRoutes } from './fib6-leaf.ts';
import {
  addRoute,
  changeRoute,
  createModelState,
  deleteRoute,
  type ModelState,
  updateDevices,
  updateNexthops,
  updateRules,
} from './model-state.ts';
import { updateNeighbour } from './neighbours.ts';
import { hashSettings } from './rt6-multipath-hash.ts';

/** The tables that are derived from as a whole, in the kernel's order. */
interface Tables {
  readonly links: Map<number, Link>;
  readonly devconf: Map<number, Devconf>;
  readonly addresses: Map<string, Address>;
  readonly rules: Map<string, Rule>;
  readonly labels: Map<string, Label>;
  readonly nexthops: Map<number, Nexthop>;
  readonly neighbours: Map<string, Neighbour>;
  readonly sysctls: Map<string, number>;
}

export interface EditableModel {
  readonly state: ModelState;
  readonly tables: Tables;
  /** What must be derived again before the state is read. */
  readonly stale: { devices: boolean; rules: boolean; nexthops: boolean; settings: boolean };
}

/** Takes back one change. */
export type Undo = () => void;

/** Arranges a copy of the snapshot; cost: linear in its size. */
export function createEditableModel(snapshot: Snapshot): EditableModel {
  return {
    state: createModelState(snapshot),
    tables: {
      links: new Map(snapshot.links),
      devconf: new Map(snapshot.devconf),
      addresses: new Map(snapshot.addresses),
      rules: new Map(snapshot.rules.map((rule) => [`${rule.id}`, rule])),
      labels: labelRows(snapshot.labels),
      nexthops: new Map(snapshot.nexthops),
      neighbours: new Map(snapshot.neighbours),
      sysctls: new Map(snapshot.sysctls),
    },
    stale: { devices: false, rules: false, nexthops: false, settings: false },
  };
}

/** A copy of the state as it is now, as a snapshot; what the model does not read is `like`'s. */
export function snapshotOfModel({ state, tables }: EditableModel, like: Snapshot): Snapshot {
  const routes = new Map<bigint, Route>();
  for (const route of state.fib.routes) {
    if (route === undefined || routes.has(route.id)) continue;
    for (const one of leafRoutes(state.fib, route)) routes.set(one.id, one);
  }
  return {
    ...like,
    links: new Map(tables.links),
    devconf: new Map(tables.devconf),
    addresses: new Map(tables.addresses),
    rules: [...tables.rules.values()],
    labels: [...tables.labels.values()],
    neighbours: new Map(tables.neighbours),
    nexthops: new Map(tables.nexthops),
    sysctls: new Map(tables.sysctls),
    routes,
  };
}

/** The state as the changes made so far leave it. */
export function currentState({ state, tables, stale }: EditableModel): ModelState {
  if (stale.devices) updateDevices(state, { ...tables, labels: [...tables.labels.values()] });
  if (stale.rules) updateRules(state, [...tables.rules.values()]);
  if (stale.settings) state.hashSettings = hashSettings(tables.sysctls);
  if (stale.nexthops) updateNexthops(state, tables.nexthops);
  stale.devices = false;
  stale.rules = false;
  stale.nexthops = false;
  stale.settings = false;
  return state;
}

/** Makes one change; undefined when it is of nothing a decision reads. */
export function applyChange(model: EditableModel, change: Change): Undo | undefined {
  const { tables, stale } = model;
  const { op } = change;
  switch (change.object) {
    case 'route':
      return applyRoute(model.state, change);
    case 'neighbour':
      return applyNeighbour(model, change);
    case 'link': {
      const undo = edit(tables.links, change.value.ifindex, op, change.value);
      return staling(() => (stale.devices = true), undo);
    }
    case 'devconf': {
      const undo = edit(tables.devconf, change.value.ifindex, op, change.value.conf);
      return staling(() => (stale.devices = true), undo);
    }
    case 'address': {
      const key = addressKey(change.value.ifindex, change.value.addr);
      return staling(() => (stale.devices = true), edit(tables.addresses, key, op, change.value));
    }
    case 'label': {
      const undo = edit(tables.labels, change.key, op, change.value);
      return staling(() => (stale.devices = true), undo);
    }
    case 'sysctl': {
      const undo = edit(tables.sysctls, change.value.name, op, change.value.value);
      return staling(() => (stale.settings = true), undo);
    }
    case 'rule':
      return staling(() => (stale.rules = true), edit(tables.rules, change.key, op, change.value));
    case 'nexthop': {
      const undo = edit(tables.nexthops, change.value.id, op, change.value);
      return staling(() => (stale.nexthops = true), undo);
    }
    default:
      return undefined;
  }
}

function staling(mark: () => void, undo: Undo): Undo {
  mark();
  return () => {
    undo();
    mark();
  };
}

/** One row of a table; its undo puts the row back where it stood. */
function edit<K, V>(table: Map<K, V>, key: K, op: Change['op'], value: V): Undo {
  const old = table.get(key);
  if (op !== 'del') {
    table.set(key, value);
    return old === undefined ? () => void table.delete(key) : () => void table.set(key, old);
  }
  if (old === undefined) return () => {};
  const at = [...table.keys()].indexOf(key);
  table.delete(key);
  return () => {
    const rows = [...table];
    rows.splice(at, 0, [key, old]);
    table.clear();
    for (const [k, v] of rows) table.set(k, v);
  };
}

function applyNeighbour(model: EditableModel, change: ChangeOf<'neighbour'>): Undo {
  const { tables, state } = model;
  const { value, op, key } = change;
  const undo = edit(tables.neighbours, key, op, value);
  updateNeighbour(state, value, op === 'del');
  return () => {
    undo();
    const old = tables.neighbours.get(key);
    updateNeighbour(state, old ?? value, old === undefined);
  };
}

function applyRoute(state: ModelState, { value, op, before }: ChangeOf<'route'>): Undo {
  if (op === 'new') {
    addRoute(state, value);
    if (before !== undefined) moveBehind(state, value, before);
    return () => void deleteRoute(state, value);
  }
  if (op === 'change') {
    const old = changeRoute(state, value);
    return () => old && void changeRoute(state, old);
  }
  const leaf = leafRoutes(state.fib, value);
  deleteRoute(state, value);
  return () => setLeaf(state, leaf);
}

/** Moves the route `first` and those of its metric that follow it behind `route`. */
function moveBehind(state: ModelState, route: Route, first: bigint): void {
  const leaf = leafRoutes(state.fib, route).filter(({ metric }) => metric === route.metric);
  const at = leaf.findIndex(({ id }) => id === first);
  if (at < 0) return;
  for (const one of leaf.slice(at)) {
    if (one.id === route.id) continue;
    deleteRoute(state, one);
    addRoute(state, one);
  }
}

/** Makes `routes`, which share one node, all that stands there, in this order within a metric. */
function setLeaf(state: ModelState, routes: readonly Route[]): void {
  const [first] = routes;
  if (first === undefined) return;
  for (const route of leafRoutes(state.fib, first)) deleteRoute(state, route);
  for (const route of routes) addRoute(state, route);
}
