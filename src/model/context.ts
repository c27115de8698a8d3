/** What one decision carries along: the flow as it changes, the result so far, and the oracle. */

import { type Addr6, ANY6 } from '../net/addr6.ts';
import type { Instant } from '../net/instant.ts';
import type { PvdId } from '../net/pvd-id.ts';
import { PATH_MAX } from './fib6-trie.ts';
import type { Step } from './ladder.ts';
import type { ModelState, NexthopIndex } from './model-state.ts';
import type { Oracle } from './oracle.ts';
import type { Profile, Quirks } from './profile.ts';
import type { Exception, QuerySock } from './query.ts';
import { type SaddrScore, saddrScores } from './rfc6724-saddr.ts';

/** `struct flowi6` while it is worked on; lookups do change it. */
export interface Flow {
  /** daddr in words 0-3, saddr in 4-7. */
  readonly words: Uint32Array;
  /** Whose words there are: that of the query before, which often is the next one's, too. */
  daddr: Addr6;
  saddr: Addr6;
  oif: number;
  iif: number;
  l3mdev: number;
  mark: number;
  uid: number;
  flowinfo: number;
  sport: number;
  dport: number;
  proto: number;
  /** 31 bits; 0 until it is needed, then kept for later lookups of the flow. */
  mpHash: number;
  /** `FLOWI_FLAG_L3MDEV_OIF` (7.2). */
  l3mdevByOif: boolean;
  /** It came from outside: `ip6_route_input()`. */
  isInput: boolean;
}

/** `struct fib6_result` and the dst made of it. */
export interface Fib6Result {
  /** Offset of the entry; 0 is `fib6_null_entry`. */
  entry: number;
  /** Nexthop object member, when the entry uses one. */
  nh: NexthopIndex | undefined;
  /** Of the entry chosen before multipath. */
  flags: number;
  type: number;
  exception: Exception | undefined;
  /** `rt6_info.from`: the entry the dst was made for. */
  from: number;
  /** `fib6_info.fib6_table`. */
  table: number;
  /** Of the dst, positive. */
  error: number;
}

export interface Context {
  readonly state: ModelState;
  readonly profile: Profile;
  readonly flow: Flow;
  sock: QuerySock | undefined;
  exceptions: readonly Exception[] | undefined;
  fromNs: Instant;
  toNs: Instant;
  /** Slots of the PvDs the flow is bound to; undefined when unbound. */
  binding: ReadonlySet<number> | undefined;
  bindingIds: ReadonlySet<PvdId> | undefined;
  readonly saddrScores: readonly SaddrScore[];
  readonly res: Fib6Result;
  readonly oracle: Oracle;
  /** What was taken for the quirks nobody knows, in the run at hand. */
  readonly chosenQuirks: Map<keyof Quirks, boolean>;
  /** Best score of the node at hand, `mpri` of `find_rr_leaf()`. */
  mpri: number;
  readonly path: Int32Array;
  readonly subPath: Int32Array;
  trace: Step[] | undefined;
}

export function createContext(state: ModelState, profile: Profile): Context {
  return {
    state,
    profile,
    flow: {
      words: new Uint32Array(8),
      daddr: ANY6,
      saddr: ANY6,
      oif: 0,
      iif: 0,
      l3mdev: 0,
      mark: 0,
      uid: 0,
      flowinfo: 0,
      sport: 0,
      dport: 0,
      proto: 0,
      mpHash: 0,
      l3mdevByOif: false,
      isInput: false,
    },
    sock: undefined,
    exceptions: undefined,
    fromNs: 0n,
    toNs: 0n,
    binding: undefined,
    bindingIds: undefined,
    saddrScores: saddrScores(profile.saddrRules),
    res: {
      entry: 0,
      nh: undefined,
      flags: 0,
      type: 0,
      exception: undefined,
      from: 0,
      table: 0,
      error: 0,
    },
    oracle: { hash: 1, isExact: false, bounds: new Set(), picks: [], fans: [], used: 0 },
    chosenQuirks: new Map(),
    mpri: -1,
    path: new Int32Array(PATH_MAX),
    subPath: new Int32Array(PATH_MAX),
    trace: undefined,
  };
}
