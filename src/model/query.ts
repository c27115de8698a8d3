/** What a kernel can be asked, and what the model allows it to answer. */

import type { Addr6 } from '../net/addr6.ts';
import type { Instant } from '../net/instant.ts';
import type { PvdId } from '../net/pvd-id.ts';
import type { BindingScopes } from './binding.ts';
import type { Step } from './ladder.ts';

/** The socket a flow belongs to, as far as lookups read it. */
export interface QuerySock {
  readonly boundDevIf: number;
  /** `IPV6_PREFER_SRC_*`. */
  readonly srcprefs: number;
}

/**
 * What a flow is bound to. `undefined`: to nothing; `[]`: to no PvD at all (NOPVD, which
 * masks a wider binding and routes as if there were none); else to these, the most wanted first.
 */
export type Binding = readonly PvdId[] | undefined;

/** A PMTU or redirect exception in force for the destination (`rt6_find_cached_rt()`). */
export interface Exception {
  /** Nexthop it hangs off. */
  readonly oif: number;
  readonly gateway: Addr6;
  /** What replaces it: the same for PMTU, the target for a redirect. */
  readonly via: Addr6;
}

/** Inputs that change too fast to replicate; captured with the decision where the answer needs them. */
export interface Volatile {
  /** `flowi6.mp_hash` after the decision; 0 or undefined when it is not known. */
  readonly mpHash?: number | undefined;
  readonly exceptions?: readonly Exception[] | undefined;
}

interface QueryBase {
  readonly daddr: Addr6;
  /** When: from the entry of the function to its return. */
  readonly fromNs: Instant;
  readonly toNs: Instant;
  readonly binding?: Binding;
  /** Where the binding comes from, instead of `binding`. */
  readonly scopes?: BindingScopes | undefined;
}

/** `struct flowi6` and its context. Missing numbers are 0, a missing source is `::`. */
export interface FlowFields {
  readonly saddr?: Addr6;
  readonly oif?: number;
  readonly iif?: number;
  readonly l3mdev?: number;
  readonly mark?: number;
  readonly uid?: number;
  readonly flowinfo?: number;
  readonly sport?: number;
  readonly dport?: number;
  readonly proto?: number;
  readonly sock?: QuerySock | undefined;
  readonly volatile?: Volatile | undefined;
}

/** One route lookup: `ip6_route_output_flags()`, or with `input` `ip6_route_input_lookup()`. */
export interface LookupQuery extends QueryBase, FlowFields {
  readonly kind: 'lookup';
  /** `RT6_LOOKUP_F_*` as passed in. */
  readonly flags?: number;
  readonly input?: boolean;
}

/** One source address selection: `ipv6_dev_get_saddr()`. */
export interface SaddrQuery extends QueryBase {
  readonly kind: 'saddr';
  /** Outgoing device, 0 for none. */
  readonly oif: number;
  /** `IPV6_PREFER_SRC_*`. */
  readonly prefs: number;
  /** Next hop the route leads to, for rule 5.5; undefined when it is not known. */
  readonly nextHop?: Addr6 | undefined;
  /** PvD of the route, for rule 5.5 of a kernel that knows PvDs. */
  readonly routePvd?: PvdId | undefined;
}

/** A whole decision: `ip6_dst_lookup_flow()`. */
export interface FlowQuery extends QueryBase, FlowFields {
  readonly kind: 'flow';
}

export type Query = LookupQuery | SaddrQuery | FlowQuery;

/** One answer. Fields that do not apply are 0, `::` or undefined. */
export interface Outcome {
  /** errno as a positive number; 0 when there is a route (and a source). */
  readonly error: number;
  /** `fib6_info` id of the entry used; undefined when none was. */
  readonly entry: bigint | undefined;
  /** `rt6_info.from`, where it is not the entry: routes that share a nexthop object share a dst. */
  readonly from?: bigint;
  readonly table: number;
  /** `RTN_*`. */
  readonly type: number;
  /** Device of the nexthop. */
  readonly nhOif: number;
  /** Device of the dst: `lo` or the VRF for local destinations. */
  readonly oif: number;
  readonly gateway: Addr6;
  readonly saddr: Addr6;
  /** Routed by a PMTU or redirect exception. */
  readonly exception: boolean;
  /** PvD of the entry, and of the source address. */
  readonly routePvd: PvdId | undefined;
  readonly saddrPvd: PvdId | undefined;
}

export interface Prediction {
  /** Every answer the algorithm allows; never empty unless `undecided` is set. */
  readonly outcomes: readonly Outcome[];
  /** Why the model does not commit itself; undefined when it does. */
  readonly undecided: string | undefined;
  /** How the first outcome came about; only when asked for. */
  readonly ladder: readonly Step[] | undefined;
}
