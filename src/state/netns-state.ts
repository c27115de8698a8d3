/** NetnsState: the maps behind a {@link Snapshot}, and what is needed to keep them. */

import type { Devconf } from '../decode/event.ts';
import type { Instant } from '../net/instant.ts';
import type { PvdId } from '../net/pvd-id.ts';
import { type AttributionIndex, createAttributionIndex } from './attribution-index.ts';
import type { Dump } from './dump.ts';
import type { PvdRecord } from './pvd-record.ts';
import { noRoutePlaces, type RoutePlaces } from './route-place.ts';
import type {
  Address,
  Label,
  Link,
  Missing,
  Neighbour,
  NetPvd,
  Nexthop,
  Pvd,
  Route,
  Rule,
  Snapshot,
} from './snapshot.ts';

/** Mutable where a Snapshot is readonly; handed out as a Snapshot only. */
export interface NetnsState extends Snapshot {
  name: string;
  inum: number;
  tsNs: Instant;
  seeded: boolean;
  missing: readonly Missing[];
  lostNs: Instant | undefined;
  version: number;
  readonly links: Map<number, Link>;
  readonly devconf: Map<number, Devconf>;
  readonly addresses: Map<string, Address>;
  readonly routes: Map<bigint, Route>;
  rules: readonly Rule[];
  labels: readonly Label[];
  readonly neighbours: Map<string, Neighbour>;
  readonly nexthops: Map<number, Nexthop>;
  readonly pvds: Map<PvdId, Pvd>;
  readonly netPvds: Map<number, NetPvd>;
  readonly sysctls: Map<string, number>;
  readonly refused: Record<string, number>;
  readonly own: Own;
}

/** What readers do not see. */
export interface Own {
  /** The lists of the snapshot are made of these. */
  readonly rules: Map<string, Rule>;
  readonly labels: Map<string, Label>;
  readonly pvds: Map<PvdId, PvdRecord>;
  readonly index: AttributionIndex;
  /** Routes by content, while some cannot be found by id. */
  contents: Map<string, bigint> | undefined;
  readonly places: RoutePlaces;
  /** The records lost were of state for sure; else they may have been of decisions only. */
  lossIsSure: boolean;
  /** The dump that is under way. */
  dump: Dump | undefined;
  /** Next instant at which a PvD loses a member; undefined when none does. */
  nextExpiryNs: Instant | undefined;
  /** Next id for an object whose own is not known. */
  nextId: bigint;
}

export function createNetnsState(netnsCookie: bigint, tsNs: Instant): NetnsState {
  return {
    netnsCookie,
    name: '',
    inum: 0,
    tsNs,
    seeded: false,
    missing: [],
    lostNs: undefined,
    version: 0,
    links: new Map(),
    devconf: new Map(),
    addresses: new Map(),
    routes: new Map(),
    rules: [],
    labels: [],
    neighbours: new Map(),
    nexthops: new Map(),
    pvds: new Map(),
    netPvds: new Map(),
    sysctls: new Map(),
    refused: {},
    own: {
      rules: new Map(),
      labels: new Map(),
      pvds: new Map(),
      index: createAttributionIndex(),
      contents: undefined,
      places: noRoutePlaces(),
      lossIsSure: false,
      dump: undefined,
      nextExpiryNs: undefined,
      nextId: 1n,
    },
  };
}
