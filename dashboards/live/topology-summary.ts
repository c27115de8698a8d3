/**
 * The picture of a netns with many PvDs: one row each, its routers and its prefixes a box each, so
 * that no line crosses another behind the PvDs. These are ordered by their interfaces.
 */

import type { StateValue } from '../../src/publish/snapshot-data.ts';
import type { NetnsView } from './tables.ts';
import { COLUMN_MAX, IFF_LOOPBACK, meanRow, type Topology, type TopologyNode } from './topology.ts';

/** Rows of a picture that one can still look at as a whole. */
export const DETAIL_ROWS_MAX = 40;

const BY_NAME = new Intl.Collator('en', { numeric: true });

type Pvd = StateValue['pvd'];
type Edge = Topology['edges'][number];

export function summarizeTopology(view: NetnsView): Topology {
  const pvds = [...view.tables.pvd.values()].map((pvd) => ({ pvd, devices: devicesOf(pvd) }));
  const mean = new Map(pvds.map(({ pvd, devices }) => [pvd, meanOf(devices)]));
  pvds.sort(({ pvd: a }, { pvd: b }) => {
    const byDevice = (mean.get(a) ?? 0) - (mean.get(b) ?? 0);
    return byDevice || BY_NAME.compare(a.name, b.name);
  });
  const interfaces = interfacesOf(
    view,
    pvds.flatMap(({ devices }) => devices),
  );
  const nodes = interfaces.slice(0, COLUMN_MAX);
  const edges: Edge[] = [];
  for (const [row, { pvd, devices }] of pvds.slice(0, COLUMN_MAX).entries()) {
    const [self, ...boxes] = rowOf(pvd, row);
    nodes.push(self, ...boxes);
    edges.push(...devices.map((ifindex): Edge => [`interface ${ifindex}`, self.id]));
    edges.push(...boxes.map(({ id }, i): Edge => [boxes[i - 1]?.id ?? self.id, id]));
  }
  const over = ({ length }: readonly unknown[]) => Math.max(0, length - COLUMN_MAX);
  const known = new Set(nodes.map(({ id }) => id));
  const drawn = edges.filter(([from]) => known.has(from));
  return { nodes, edges: drawn, rows: centre(nodes, drawn), hidden: over(pvds) + over(interfaces) };
}

function devicesOf({ routers, prefixes, routeInfos }: Pvd): number[] {
  const all = [...routers, ...prefixes, ...routeInfos].map(({ ifindex }) => ifindex);
  return [...new Set(all)].sort((a, b) => a - b);
}

const meanOf = (numbers: readonly number[]): number =>
  numbers.reduce((sum, n) => sum + n, 0) / Math.max(1, numbers.length);

function interfacesOf({ tables }: NetnsView, used: readonly number[]): TopologyNode[] {
  const names = new Map(used.map((ifindex) => [ifindex, `if${ifindex}`]));
  for (const { ifindex, name, flags } of tables.link.values()) {
    if ((flags & IFF_LOOPBACK) === 0 || names.has(ifindex)) names.set(ifindex, name);
  }
  const rest = { column: 'interface', note: '', pvd: undefined, row: 0 } as const;
  return [...names]
    .sort(([a], [b]) => a - b)
    .map(([ifindex, label]) => ({ ...rest, id: `interface ${ifindex}`, label }));
}

/** A PvD, then what it has. */
function rowOf(pvd: Pvd, row: number): [TopologyNode, ...TopologyNode[]] {
  const { id, name, kind } = pvd;
  const self = `pvd ${id}`;
  const box = { pvd: id, note: '', row, isSummary: true } as const;
  const routers = pvd.routers.map(({ router }) => router);
  const prefixes = [...pvd.prefixes, ...pvd.routeInfos].map(({ prefix }) => prefix);
  const boxes: TopologyNode[] = [
    { ...box, id: `router of ${self}`, column: 'router', label: several(routers, 'routers') },
    { ...box, id: `prefix of ${self}`, column: 'prefix', label: several(prefixes, 'prefixes') },
  ];
  return [
    { id: self, column: 'pvd', label: name, note: kind, pvd: id, row },
    ...boxes.filter(({ label }) => label !== ''),
  ];
}

/** The one there is, or how many. */
function several(all: readonly string[], word: string): string {
  const distinct = new Set(all);
  const [only = ''] = distinct;
  return distinct.size > 1 ? `${distinct.size} ${word}` : only;
}

/** Interfaces stand beside the middle of their PvDs, each in a row of its own; returns the rows. */
function centre(nodes: readonly TopologyNode[], edges: readonly Edge[]): number {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const interfaces = nodes.filter(({ column }) => column === 'interface');
  const last = Math.max(0, ...nodes.map(({ row }) => row));
  for (const node of interfaces) {
    const pvds = edges.flatMap(([from, to]) => (from === node.id ? (byId.get(to) ?? []) : []));
    node.row = meanRow(pvds, last);
  }
  interfaces.sort((a, b) => a.row - b.row);
  let free = 0;
  for (const node of interfaces) {
    node.row = Math.max(node.row, free);
    free = node.row + 1;
  }
  return Math.ceil(Math.max(0, ...nodes.map(({ row }) => row + 1)));
}
