/** Compares what two agents know of one namespace at one instant; returns what differs. */

import type { SnapshotJson } from '../../src/state/present.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * Two conversions of one jiffy: each anchor may be late by a reading's time, and rtnetlink
 * cuts its stamps to hundredths of a second.
 */
const TOLERANCE_NS = 20_000_000n;

const INSTANTS = new Set(['validUntil', 'preferredUntil', 'expiresNs', 'routerUntil', 'until']);

/**
 * What no two agents share: names of their own, and how long each has looked. `siblings` and
 * `upperBound` follow from the other members of a multipath route, which the model reads.
 */
const OWN = new Set(['attribution', 'lastRa', 'firstSeenNs', 'lastSeenNs', 'raCount']);
const DERIVED = new Set(['siblings', 'upperBound']);

/** Key of a row, and of the rows among which its place counts; without that no place does. */
const TABLES: Readonly<
  Record<string, { key: (row: Row) => string; place?: (row: Row) => string; skip?: string[] }>
> = {
  link: { key: ({ ifindex }) => `${ifindex}`, place: () => '' },
  devconf: { key: ({ ifindex }) => `${ifindex}` },
  address: {
    key: ({ ifindex, addr }) => `${ifindex} ${addr}`,
    place: ({ ifindex }) => `${ifindex}`,
  },
  route: {
    key: ({ id }) => `${id}`,
    place: ({ table, dst, dstLen, metric }) => `${table} ${dst}/${dstLen} ${metric}`,
  },
  // A rule made before the start has no id that a dump could tell: it is known by all the rest.
  rule: {
    key: (row) => JSON.stringify(without(row, ['id'])),
    place: () => '',
    skip: ['id'],
  },
  label: { key: ({ prefix, ifindex }) => `${prefix} ${ifindex}` },
  neighbour: { key: ({ ifindex, addr }) => `${ifindex} ${addr}` },
  nexthop: { key: ({ id }) => `${id}` },
  sysctl: { key: ({ name }) => `${name}` },
  pvd: { key: ({ id }) => `${id}` },
};

export function differences(a: SnapshotJson, b: SnapshotJson): string[] {
  const found: string[] = [];
  for (const [table, { key, place, skip = [] }] of Object.entries(TABLES)) {
    const rowsOf = ({ tables }: SnapshotJson): Row[] => [
      ...((tables as unknown as Record<string, Row[]>)[table] ?? []),
    ];
    const others = new Map(rowsOf(b).map((row) => [key(row), row]));
    for (const row of rowsOf(a)) {
      const other = others.get(key(row));
      if (other === undefined) found.push(`${table} ${key(row)}: only the first has it`);
      else compare(`${table} ${key(row)}`, without(row, skip), without(other, skip), found);
      others.delete(key(row));
    }
    for (const name of others.keys()) found.push(`${table} ${name}: only the second has it`);
    if (place === undefined) continue;
    const order = (rows: Row[]): string =>
      JSON.stringify(Object.entries(grouped(rows, place, key)));
    if (sorted(order(rowsOf(a))) !== sorted(order(rowsOf(b)))) found.push(`${table}: other order`);
  }
  return found;
}

function sorted(entries: string): string {
  return JSON.stringify((JSON.parse(entries) as unknown[]).map((e) => JSON.stringify(e)).sort());
}

function grouped(rows: Row[], place: (row: Row) => string, key: (row: Row) => string): object {
  const groups: Record<string, string[]> = {};
  for (const row of rows) {
    groups[place(row)] ??= [];
    groups[place(row)]?.push(key(row));
  }
  return groups;
}

function without(row: Row, fields: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([field]) => !fields.includes(field)));
}

function compare(at: string, a: unknown, b: unknown, found: string[]): void {
  if (Array.isArray(a) && Array.isArray(b)) {
    // Members of a PvD stand in the order in which their routers were first heard.
    const [left, right] = [a.toSorted(byText), b.toSorted(byText)];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      compare(`${at}[${i}]`, left[i], right[i], found);
    }
  } else if (isRow(a) && isRow(b)) {
    for (const field of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (OWN.has(field) || DERIVED.has(field)) continue;
      if (INSTANTS.has(field) && isNear(a[field], b[field])) continue;
      compare(`${at} ${field}`, a[field], b[field], found);
    }
  } else if (a !== b) found.push(`${at}: ${String(a)}, but ${String(b)}`);
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}

/** By what does not depend on time. */
function byText(a: unknown, b: unknown): number {
  const text = (value: unknown): string =>
    JSON.stringify(value, (field, v) => (INSTANTS.has(field) || OWN.has(field) ? '' : v));
  return text(a) < text(b) ? -1 : 1;
}

function isNear(a: unknown, b: unknown): boolean {
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  const apart = BigInt(a) - BigInt(b);
  return apart <= TOLERANCE_NS && apart >= -TOLERANCE_NS;
}
