/**
 * The picture of a netns: four columns (interfaces, PvDs, routers, prefixes) and what joins
 * them. PvDs and interfaces are n:m. Each column is ordered by its neighbours, which keeps
 * lines short. What is too long to look at as a whole is drawn by topology-summary.ts.
 */

import type { StateValue } from '../../src/publish/snapshot-data.ts';
import type { NetnsView } from './tables.ts';

export const COLUMNS = ['interface', 'pvd', 'router', 'prefix'] as const;
export type Column = (typeof COLUMNS)[number];

export interface TopologyNode {
  readonly id: string;
  readonly column: Column;
  /** Raw text; whoever shows it escapes it. */
  readonly label: string;
  readonly note: string;
  readonly pvd: string | undefined;
  /** Stands for several; the picture of this PvD alone has them. */
  readonly isSummary?: boolean;
  /** From the top; not always whole. */
  row: number;
}

export interface Topology {
  readonly nodes: readonly TopologyNode[];
  readonly edges: readonly (readonly [from: string, to: string])[];
  readonly rows: number;
  /** Nodes that found no place. */
  readonly hidden: number;
}

/** Nodes of one column. */
export const COLUMN_MAX = 200;

export function layoutTopology(view: NetnsView): Topology {
  const nodes = new Map<string, TopologyNode>();
  const edges = new Map<string, readonly [string, string]>();
  const counts = new Map<Column, number>();
  let hidden = 0;
  const add = (column: Column, key: string, label: string, note = '', pvd?: string): string => {
    const id = `${column} ${key}`;
    if (nodes.has(id)) return id;
    const count = counts.get(column) ?? 0;
    if (count >= COLUMN_MAX) hidden++;
    else {
      counts.set(column, count + 1);
      nodes.set(id, { id, column, label, note, pvd, row: 0 });
    }
    return id;
  };
  const join = (from: string, to: string): void => {
    if (nodes.has(from) && nodes.has(to)) edges.set(`${from}\n${to}`, [from, to]);
  };
  const device = (ifindex: number): string =>
    add('interface', `${ifindex}`, view.tables.link.get(`${ifindex}`)?.name ?? `if${ifindex}`);
  for (const pvd of view.tables.pvd.values()) addPvd(pvd, { add, join, device });
  for (const { ifindex, flags } of view.tables.link.values()) {
    if ((flags & IFF_LOOPBACK) === 0) device(ifindex);
  }
  const list = [...nodes.values()];
  const joined = [...edges.values()];
  order(list, joined);
  return { nodes: list, edges: joined, rows: spread(list), hidden };
}

/** Interfaces are few: they stand spread over the height that the others need, which is returned. */
function spread(nodes: readonly TopologyNode[]): number {
  const rows = Math.max(0, ...nodes.map(({ row }) => row + 1));
  const interfaces = nodes.filter(({ column }) => column === 'interface');
  for (const node of interfaces) node.row = ((node.row + 0.5) * rows) / interfaces.length - 0.5;
  return rows;
}

/** Only what a node is joined with, closer together. */
export function focusOn(topology: Topology, id: string): Topology {
  const kept = connectedWith(topology, id);
  const nodes = COLUMNS.flatMap((column) =>
    topology.nodes
      .filter((node) => node.column === column && kept.has(node.id))
      .sort((a, b) => a.row - b.row)
      .map((node, row) => ({ ...node, row })),
  );
  const edges = topology.edges.filter(([from, to]) => kept.has(from) && kept.has(to));
  return { nodes, edges, rows: spread(nodes), hidden: 0 };
}

export const IFF_LOOPBACK = 8;

interface Drawing {
  add(column: Column, key: string, label: string, note?: string, pvd?: string): string;
  join(from: string, to: string): void;
  device(ifindex: number): string;
}

function addPvd(pvd: StateValue['pvd'], { add, join, device }: Drawing): void {
  const self = add('pvd', pvd.id, pvd.name, pvd.kind, pvd.id);
  for (const { router, ifindex, routerUntil } of pvd.routers) {
    const id = add(
      'router',
      `${ifindex} ${router}`,
      router,
      routerUntil === null ? 'not default' : '',
    );
    join(device(ifindex), self);
    join(self, id);
  }
  const prefixes = [
    ...pvd.prefixes.map((p) => ({ ...p, note: p.nested ? 'nested' : '' })),
    ...pvd.routeInfos.map((r) => ({ ...r, note: r.nested ? 'nested route' : 'route' })),
  ];
  for (const { prefix, ifindex, router, note } of prefixes) {
    join(device(ifindex), self);
    join(`router ${ifindex} ${router}`, add('prefix', prefix, prefix, note));
  }
}

/** Orders PvDs by name, then every column by the mean row of what it is joined with. */
function order(nodes: TopologyNode[], edges: Topology['edges']): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const near = new Map<string, TopologyNode[]>(nodes.map(({ id }) => [id, []]));
  for (const [a, b] of edges) {
    near.get(a)?.push(byId.get(b) as TopologyNode);
    near.get(b)?.push(byId.get(a) as TopologyNode);
  }
  const columns = new Map(
    COLUMNS.map((column) => [column, nodes.filter((node) => node.column === column)]),
  );
  for (const list of columns.values()) {
    list.sort((a, b) => (a.label < b.label ? -1 : 1));
    list.forEach((node, row) => {
      node.row = row;
    });
  }
  for (const column of ['router', 'prefix', 'interface', 'pvd', 'router', 'prefix'] as const) {
    const list = columns.get(column) ?? [];
    const mean = new Map(list.map((node) => [node, meanRow(near.get(node.id) ?? [], node.row)]));
    list.sort((a, b) => (mean.get(a) as number) - (mean.get(b) as number));
    list.forEach((node, row) => {
      node.row = row;
    });
  }
}

export function meanRow(near: readonly { readonly row: number }[], own: number): number {
  return near.length === 0 ? own : near.reduce((sum, { row }) => sum + row, 0) / near.length;
}

/** All that a node is part of: itself, and what lies to its left and right along the lines. */
export function connectedWith({ edges }: Topology, id: string): ReadonlySet<string> {
  const found = new Set([id]);
  for (const [from, to] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const side = new Set([id]);
    for (let grown = true; grown; ) {
      grown = false;
      for (const edge of edges) {
        if (!side.has(edge[from]) || side.has(edge[to])) continue;
        side.add(edge[to]);
        grown = true;
      }
    }
    for (const each of side) found.add(each);
  }
  return found;
}
