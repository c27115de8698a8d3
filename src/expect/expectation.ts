/**
 * Expectations: what must be true of what the agent observes.
 *
 * A row of state (PvD, address, route) is expected to have been there at some time, or to be
 * there at the end, or to have gone, or never to come. A decision is picked by its flow, and all
 * that are picked must have the answer; at least one must come. A finding must be told of some
 * decision, or of none.
 */

import type { Prefix6 } from '../net/prefix6.ts';
import type { KernelRange } from './kernel-range.ts';

/** When a row must be there: at some time, when it ends, no more, never. */
export type When = 'ever' | 'end' | 'gone' | 'never';

export interface ExpectationBase {
  /** Unique within a file; what reports, baselines and dashboards know it by. */
  readonly name: string;
  /** `file:line:column` where it stands. */
  readonly place?: string | undefined;
  /** Name of the netns, as `ip netns` or the scenario has it; any when absent. */
  readonly in?: string | undefined;
  /** Why it is known not to be so. */
  readonly xfail?: string | undefined;
  /** On other kernels it is skipped. */
  readonly kernel?: KernelRange | undefined;
  /** On kernels judged by another profile it is skipped. */
  readonly profile?: readonly string[] | undefined;
}

/**
 * An explicit PvD by name; `none`; `implicit`, which may go on with `:INTERFACE` and
 * `:ROUTER`. Several are alternatives.
 */
export type PvdWanted = readonly string[];

export interface ExpectPvd {
  readonly pvd: {
    readonly id?: PvdWanted | undefined;
    /** Interfaces on which it has a router, in any order, and no others. */
    readonly interfaces?: readonly string[] | undefined;
    /** How many routers it has. */
    readonly routers?: number | undefined;
    /** Members it has, among others. */
    readonly prefixes?: readonly string[] | undefined;
    readonly routes?: readonly string[] | undefined;
    readonly rdnss?: readonly string[] | undefined;
    readonly dnssl?: readonly string[] | undefined;
    /** The prefixes stand inside the PvD option (RFC 8801, section 3.1). */
    readonly nested?: boolean | undefined;
    readonly sequence?: number | undefined;
    readonly http?: boolean | undefined;
  };
  readonly when: When;
}

export interface ExpectAddress {
  readonly address: {
    /** It lies within. */
    readonly prefix: Prefix6;
    readonly dev?: string | undefined;
    readonly pvd?: PvdWanted | undefined;
    readonly reason?: string | undefined;
    readonly deprecated?: boolean | undefined;
    readonly temporary?: boolean | undefined;
  };
  readonly when: When;
}

export interface ExpectRoute {
  readonly route: {
    readonly dst: Prefix6;
    readonly dev?: string | undefined;
    /** Gateway. */
    readonly via?: string | undefined;
    readonly from?: Prefix6 | undefined;
    readonly table?: number | undefined;
    readonly metric?: number | undefined;
    readonly pvd?: PvdWanted | undefined;
    readonly reason?: string | undefined;
  };
  readonly when: When;
}

/** What a decision was asked; each given field must match. */
export interface DecisionSelector {
  readonly daddr?: Prefix6 | undefined;
  readonly comm?: string | undefined;
  readonly what?: 'flow' | 'lookup' | 'saddr' | undefined;
  /** Source address given by the caller. */
  readonly saddr?: Prefix6 | undefined;
  /** Interface given by the caller. */
  readonly oif?: string | undefined;
  readonly proto?: string | undefined;
  readonly sport?: number | undefined;
  readonly dport?: number | undefined;
  readonly mark?: number | undefined;
  readonly uid?: number | undefined;
}

/** What it was answered; values of one field are alternatives. */
export interface DecisionAnswer {
  /** Destination prefixes of the route, `none` for no route. */
  readonly route?: readonly string[] | undefined;
  readonly dev?: readonly string[] | undefined;
  readonly via?: readonly string[] | undefined;
  readonly table?: readonly number[] | undefined;
  /** Prefixes in which the source lies; `none`. */
  readonly source?: readonly string[] | undefined;
  /** Of the route. */
  readonly pvd?: PvdWanted | undefined;
  readonly sourcePvd?: PvdWanted | undefined;
  /** As `ENETUNREACH`; `none`. */
  readonly error?: readonly string[] | undefined;
  readonly verdict?: readonly string[] | undefined;
  /** Codes of findings it must have; `none`: it must have no finding. */
  readonly finding?: readonly string[] | undefined;
}

export interface ExpectDecision {
  readonly decision: DecisionSelector;
  readonly gives: DecisionAnswer;
  /** Of those picked: all must have the answer, at least one, or none (then none need come). */
  readonly which: 'every' | 'some' | 'no';
  /** Least number of decisions that must be picked. */
  readonly count: number;
}

export interface ExpectFinding {
  readonly finding: string;
  readonly never: boolean;
}

export type Expectation = ExpectationBase &
  (ExpectPvd | ExpectAddress | ExpectRoute | ExpectDecision | ExpectFinding);

/** Expectations of one file; the kernel is always also expected to agree with the model. */
export interface ExpectationSet {
  readonly name: string;
  readonly file: string;
  readonly expect: readonly Expectation[];
}

export type State = ExpectationBase & (ExpectPvd | ExpectAddress | ExpectRoute);

export function isState(e: Expectation): e is State {
  return 'when' in e;
}
