/**
 * A snapshot as JSON and back: what the verb `state` prints, `predict` reads and the stream
 * begins with.
 *
 * Tables are arrays in the replica's order, which is the kernel's where it matters: links by
 * registration, addresses oldest first, routes of one metric in leaf order. 64-bit integers
 * and instants (ns of CLOCK_BOOTTIME) are decimal strings; `null` is "none" or "never".
 */

import type { Devconf } from '../decode/event.ts';
import { type Json, toJson } from '../net/json.ts';
import {
  type Address,
  addressKey,
  type Label,
  type Link,
  type Missing,
  type Neighbour,
  type Nexthop,
  neighbourKey,
  type Pvd,
  type Route,
  type Rule,
  type Snapshot,
} from './snapshot.ts';

/** The tables of a netns. */
export interface SnapshotTables {
  readonly link: readonly Json<Link>[];
  readonly devconf: readonly { readonly ifindex: number; readonly conf: Json<Devconf> }[];
  readonly address: readonly Json<Address>[];
  readonly route: readonly Json<Route>[];
  readonly rule: readonly Json<Rule>[];
  readonly label: readonly Json<Label>[];
  readonly neighbour: readonly Json<Neighbour>[];
  readonly nexthop: readonly Json<Nexthop>[];
  readonly pvd: readonly Json<Pvd>[];
  readonly sysctl: readonly { readonly name: string; readonly value: number }[];
}

export interface SnapshotJson {
  readonly netnsCookie: string;
  /** `''` while it is not known. */
  readonly name: string;
  readonly inum: number;
  readonly tsNs: string;
  readonly seeded: boolean;
  readonly missing: readonly Missing[];
  readonly lostNs: string | null;
  readonly version: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly tables: SnapshotTables;
}

export function presentSnapshot(snapshot: Snapshot): SnapshotJson {
  const { netnsCookie, name, inum, tsNs, seeded, missing = [], lostNs, version } = snapshot;
  return {
    netnsCookie: netnsCookie.toString(),
    name,
    inum,
    tsNs: tsNs.toString(),
    seeded,
    missing,
    lostNs: lostNs?.toString() ?? null,
    version,
    refused: { ...snapshot.refused },
    tables: {
      link: [...snapshot.links.values()].map(toJson),
      devconf: [...snapshot.devconf].map(([ifindex, conf]) => ({ ifindex, conf: toJson(conf) })),
      address: [...snapshot.addresses.values()].map(toJson),
      route: [...snapshot.routes.values()].map(toJson),
      rule: snapshot.rules.map(toJson),
      label: snapshot.labels.map(toJson),
      neighbour: [...snapshot.neighbours.values()].map(toJson),
      nexthop: [...snapshot.nexthops.values()].map(toJson),
      pvd: [...snapshot.pvds.values()].map(toJson),
      sysctl: [...snapshot.sysctls].map(([name, value]) => ({ name, value })),
    },
  };
}

/** Inverse of {@link presentSnapshot}. @throws SyntaxError when a 64-bit integer is none. */
export function parseSnapshot(json: SnapshotJson): Snapshot {
  const { tables } = json;
  const devconf = new Map(tables.devconf.map(({ ifindex, conf }) => [ifindex, conf]));
  return {
    netnsCookie: BigInt(json.netnsCookie),
    name: json.name,
    inum: json.inum,
    tsNs: BigInt(json.tsNs),
    seeded: json.seeded,
    missing: json.missing,
    lostNs: json.lostNs === null ? undefined : BigInt(json.lostNs),
    version: json.version,
    refused: json.refused,
    links: keyed(revive<Link>(tables.link), (link) => link.ifindex),
    devconf,
    addresses: keyed(revive<Address>(tables.address), (a) => addressKey(a.ifindex, a.addr)),
    routes: keyed(revive<Route>(tables.route.map(withId)), (route) => route.id),
    rules: revive<Rule>(tables.rule.map(withId)),
    labels: revive<Label>(tables.label),
    neighbours: keyed(revive<Neighbour>(tables.neighbour), (n) => neighbourKey(n.ifindex, n.addr)),
    nexthops: keyed(revive<Nexthop>(tables.nexthop), (nexthop) => nexthop.id),
    pvds: keyed(revive<Pvd>(tables.pvd), (pvd) => pvd.id),
    sysctls: new Map(tables.sysctl.map(({ name, value }) => [name, value])),
  };
}

function keyed<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V> {
  return new Map(values.map((value) => [keyOf(value), value]));
}

function withId(row: { readonly id: string }): object {
  return { ...row, id: BigInt(row.id) };
}

/** Fields that are instants or 64-bit names, in whatever table. */
const WIDE: ReadonlySet<string> = new Set([
  'tsNs',
  'raId',
  'expiresNs',
  'validUntil',
  'preferredUntil',
  'routerUntil',
  'until',
  'firstSeenNs',
  'lastSeenNs',
]);

function revive<T>(rows: readonly unknown[]): T[] {
  return rows.map((row) => reviveValue(row) as T);
}

function reviveValue(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(reviveValue);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      WIDE.has(key) && typeof field === 'string' ? BigInt(field) : reviveValue(field),
    ]),
  );
}
