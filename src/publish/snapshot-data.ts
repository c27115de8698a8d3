/**
 * The state of a netns as readers get it: whole (`snapshot`) or by what changed (`change`).
 *
 * Both are made of the same values, and {@link keyOf} says which value of a table a change
 * replaces, so that a reader follows the state by applying changes to a snapshot.
 */

import type { Json } from '../net/json.ts';
import type { ChangeObject, ChangeValues } from '../state/change.ts';
import type { SnapshotJson, SnapshotTables } from '../state/present.ts';
import type { Attribution } from '../state/snapshot.ts';

export type SnapshotData = SnapshotJson;
export type StateTables = SnapshotTables;
export type AttributionData = Json<Attribution>;

/** Tables of a netns, by the object they hold. */
export type StateObject = Exclude<ChangeObject, 'netns'>;

/** A value of each table. */
export type StateValue = { readonly [O in StateObject]: Json<ChangeValues[O]> };

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
