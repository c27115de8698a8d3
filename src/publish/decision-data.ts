/**
 * Decisions as envelopes carry them. 64-bit values are decimal strings, `null` stands for "none";
 * text from processes is raw: whoever shows it must escape it.
 */

import type { Finding, Verdict } from '../verify/verdict.ts';
import type { AttributionData } from './snapshot-data.ts';

export interface TaskData {
  readonly pid: number;
  readonly tgid: number;
  readonly comm: string;
  readonly cgroupId: string;
}

export interface SockData {
  readonly cookie: string;
  readonly mark: number;
  readonly boundDevIf: number;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly state: number;
  readonly srcprefs: number;
}

/** What the kernel was asked (`struct flowi6`; for a source selection what it has of it). */
export interface QueryData {
  readonly daddr: string;
  readonly saddr: string;
  readonly oif: number;
  readonly iif: number;
  readonly l3mdev: number;
  readonly mark: number;
  readonly uid: number | null;
  readonly flowinfo: number;
  readonly sport: number;
  readonly dport: number;
  readonly proto: number;
  readonly flowFlags: number;
  /** PvDs it is bound to, the most wanted first; absent: to none. */
  readonly binding?: readonly string[];
}

/** A route as a lookup found it, with the PvD it belongs to. */
export interface ChosenRoute {
  readonly id: string;
  /** `addr/len` */
  readonly dst: string;
  readonly gateway: string;
  readonly oif: number;
  readonly table: number;
  readonly metric: number;
  readonly flags: number;
  readonly protocol: number;
  readonly type: number;
  /** Null when the replica does not know this entry. */
  readonly attribution: AttributionData | null;
}

/** The source address, with the PvD it belongs to. */
export interface ChosenSource {
  readonly addr: string;
  /** Interface that has it, 0: none the replica knows. */
  readonly ifindex: number;
  readonly attribution: AttributionData | null;
}

/** One `ip6_route_output_flags()` within a decision. */
export interface LookupData {
  readonly beginNs: string;
  readonly endNs: string;
  readonly saddr: string;
  readonly oif: number;
  readonly lookupFlags: number;
  readonly tries: readonly {
    readonly table: number;
    readonly id: string;
    readonly rulePref: number | null;
  }[];
  readonly triesCount: number;
  readonly exception: boolean;
  readonly mpHash: number;
  readonly error: number;
  readonly dstOif: number;
  readonly gateway: string;
  readonly rtFlags: number;
  readonly route: ChosenRoute | null;
}

/** One `ipv6_dev_get_saddr()` within a decision. */
export interface SaddrData {
  readonly beginNs: string;
  readonly endNs: string;
  readonly oif: number;
  readonly prefs: number;
  readonly error: number;
  readonly source: ChosenSource;
}

/** One decision of the kernel: a flow's, with its lookups and selections, or a single one. */
export interface DecisionData {
  readonly what: 'flow' | 'lookup' | 'saddr';
  readonly id: string;
  readonly hook: string;
  readonly beginNs: string;
  /** Null when it ran in softirq: the task at hand was a bystander. */
  readonly task: TaskData | null;
  readonly sock: SockData | null;
  readonly query: QueryData;
  readonly outcome: {
    readonly error: number;
    readonly oif: number;
    readonly gateway: string;
    readonly route: ChosenRoute | null;
    readonly source: ChosenSource | null;
  };
  readonly lookups: readonly LookupData[];
  readonly saddrs: readonly SaddrData[];
  /** Why parts of it are missing, null when none is. */
  readonly incomplete: IncompleteReason | null;
  readonly verdict: Verdict;
  /** Of a divergence: which of its records shows it, and what the model allows there. */
  readonly blame: BlameData | null;
  readonly findings: readonly Finding[];
}

export interface BlameData {
  readonly part: 'lookup' | 'saddr' | 'flow';
  /** Its place in `lookups` or `saddrs`. */
  readonly index: number;
  /** The step of the model that speaks against the kernel's answer, as `explain` words it. */
  readonly because?: string;
  /** How many outcomes are allowed; `expected` holds the first of them. */
  readonly expectedCount: number;
  readonly expected: readonly {
    /** errno, positive. */
    readonly error: number;
    /** Id of the route, null for none. */
    readonly route: string | null;
    readonly table: number;
    readonly oif: number;
    readonly gateway: string;
    readonly source: string;
  }[];
}

/**
 * `parts-missing`: fewer lookups or selections than the flow counted; `no-flow-record`: the flow's
 * own record never came; `table-full`: it had to make room; `end`: the run ended first.
 */
export type IncompleteReason = 'parts-missing' | 'no-flow-record' | 'table-full' | 'end';
