/** World: the replicas of all namespaces that records have told of. */

import type { Instant } from '../net/instant.ts';
import { LIMITS, type Limits } from './limits.ts';
import type { NetnsState } from './netns-state.ts';
import type { PendingRas } from './ra-intake.ts';
import type { Snapshot } from './snapshot.ts';

export interface World {
  readonly limits: Limits;
  readonly netns: Map<bigint, NetnsState>;
  /** Cookies of namespaces that are gone: a straggling record must not revive one. */
  readonly dead: Set<bigint>;
  readonly pendingRas: PendingRas;
  /** When the hooks began to report; undefined before the first event. */
  startNs: Instant | undefined;
  /** Jiffies a second; undefined until the agent tells. */
  hz: number | undefined;
  /** Records each CPU had lost when it last reported. */
  readonly lostByCpu: Map<number, number>;
  /** Records of state lost and programs on state skipped, as the counters last said. */
  lostState: number;
  /** Events about namespaces that there was no room for. */
  refusedNetns: number;
  /** The kernel has PvDs of its own: profile `linux-pvd`. */
  knowsPvds: boolean;
}

export function createWorld(limits: Limits = LIMITS): World {
  return {
    limits,
    netns: new Map(),
    dead: new Set(),
    pendingRas: new Map(),
    startNs: undefined,
    hz: undefined,
    lostByCpu: new Map(),
    lostState: 0,
    refusedNetns: 0,
    knowsPvds: false,
  };
}

/** The replica of a netns, live: it changes with the next event. Undefined when unknown. */
export function snapshotOf(world: World, netnsCookie: bigint): Snapshot | undefined {
  return world.netns.get(netnsCookie);
}

/** All replicas, live, in the order they were first heard of. */
export function snapshots(world: World): Iterable<Snapshot> {
  return world.netns.values();
}
