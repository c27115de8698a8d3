/** Change: what one event did to a replica, for whoever follows it by deltas. */

import type { Devconf } from '../decode/event.ts';
import type { Address, Label, Link, Neighbour, Nexthop, Pvd, Route, Rule } from './snapshot.ts';

/** A value of each table. */
export interface ChangeValues {
  readonly netns: { readonly name: string; readonly inum: number; readonly seeded: boolean };
  readonly link: Link;
  readonly devconf: { readonly ifindex: number; readonly conf: Devconf };
  readonly address: Address;
  readonly route: Route;
  readonly rule: Rule;
  readonly label: Label;
  readonly neighbour: Neighbour;
  readonly nexthop: Nexthop;
  readonly pvd: Pvd;
  readonly sysctl: { readonly name: string; readonly value: number };
}

export type ChangeObject = keyof ChangeValues;
export type ChangeOp = 'new' | 'change' | 'del';

export type ChangeOf<O extends ChangeObject> = {
  readonly netnsCookie: bigint;
  readonly object: O;
  readonly op: ChangeOp;
  /** Names the value within its table; `''` for the netns itself. */
  readonly key: string;
  /** As it is now; as it was last when it is gone. */
  readonly value: ChangeValues[O];
  /** As it was before a `change`. */
  readonly old?: ChangeValues[O] | undefined;
  /** Of a new route that is not the last of its prefix and metric: the id of the one behind it. */
  readonly before?: bigint;
};

export type Change = { readonly [O in ChangeObject]: ChangeOf<O> }[ChangeObject];
