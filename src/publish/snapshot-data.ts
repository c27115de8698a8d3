/**
 * The state of a netns as readers get it: whole (`snapshot`) or by what changed (`change`).
 *
 * Both are made of the same values, and {@link keyOf} says which value of a table a change
 * replaces, so that a reader follows the state by applying changes to a snapshot.
 */

import type { ChangeObject, ChangeValues } from '../state/change.ts';
import type { Attribution, Snapshot } from '../state/snapshot.ts';
import { type Json, toJson } from './json.ts';

export type AttributionData = Json<Attribution>;

/** Tables of a netns, by the object they hold. */
export type StateObject = Exclude<ChangeObject, 'netns'>;

/** A value of each table. */
export type StateValue = { readonly [O in StateObject]: Json<ChangeValues[O]> };

/** The tables of a netns; the order within one is the replica's. */
export type StateTables = { readonly [O in StateObject]: readonly StateValue[O][] };

export interface SnapshotData {
  readonly inum: number;
  /** Whether the state at the start is known. */
  readonly seeded: boolean;
  /** Why not, although it was dumped. */
  readonly missing: readonly { readonly part: string; readonly reason: string }[];
  /** When records were last lost that may have changed this state, until a dump heals it. */
  readonly lostNs: string | null;
  readonly version: number;
  /** What the bounds of the replica refused, by what. */
  readonly refused: Readonly<Record<string, number>>;
  readonly tables: StateTables;
}

export type ChangeData = {
  readonly [O in StateObject]: {
    readonly object: O;
    readonly op: 'new' | 'change' | 'del';
    /** As it is now; as it was last when it is gone. */
    readonly value: StateValue[O];
  };
}[StateObject];

/** What names a value within its table. */
export function keyOf<O extends StateObject>(object: O, value: StateValue[O]): string {
  return (KEYS[object] as (value: StateValue[O]) => string)(value);
}

const KEYS: { readonly [O in StateObject]: (value: StateValue[O]) => string } = {
  link: (v) => `${v.ifindex}`,
  devconf: (v) => `${v.ifindex}`,
  address: (v) => `${v.ifindex} ${v.addr}`,
  route: (v) => v.id,
  rule: (v) => v.id,
  label: (v) => `${v.prefix} ${v.ifindex}`,
  neighbour: (v) => `${v.ifindex} ${v.addr}`,
  nexthop: (v) => `${v.id}`,
  pvd: (v) => v.id,
  sysctl: (v) => v.name,
};

/** The whole replica. */
export function presentSnapshot(snapshot: Snapshot): SnapshotData {
  return {
    inum: snapshot.inum,
    seeded: snapshot.seeded,
    missing: toJson(snapshot.missing ?? []),
    lostNs: toJson(snapshot.lostNs) ?? null,
    version: snapshot.version,
    refused: { ...snapshot.refused },
    tables: {
      link: [...snapshot.links.values()].map(toJson),
      devconf: [...snapshot.devconf].map(([ifindex, conf]) => toJson({ ifindex, conf })),
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
