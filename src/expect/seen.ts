/**
 * What was observed, in names that mean the same on every run: interfaces by name, PvDs of one
 * router by interface and address, errors by their word.
 */

/** Text of the PvD of something that belongs to none. */
export const NONE = 'none';

/** A decision as far as expectations and comparisons speak about it. */
export interface SeenDecision {
  /** `seq` of its envelope. */
  readonly seq: number;
  /** Of the netns. */
  readonly netns: string;
  readonly what: 'flow' | 'lookup' | 'saddr';
  /** `''` when it ran in softirq. */
  readonly comm: string;
  readonly asked: {
    readonly daddr: string;
    readonly saddr: string;
    readonly oif: string;
    readonly proto: string;
    readonly sport: number;
    readonly dport: number;
    readonly mark: number;
    readonly uid: number | null;
  };
  readonly answer: SeenAnswer;
  /** When it diverges: what of the model speaks against it. */
  readonly because?: string | undefined;
}

export interface SeenAnswer {
  /** {@link NONE} when it succeeded. */
  readonly error: string;
  /** `addr/len`, or {@link NONE}. */
  readonly route: string;
  readonly table: number;
  readonly dev: string;
  readonly via: string;
  /** An address, or {@link NONE}. */
  readonly source: string;
  readonly pvd: string;
  readonly sourcePvd: string;
  readonly verdict: string;
  readonly findings: readonly string[];
}

export interface SeenPvd {
  readonly object: 'pvd';
  readonly id: string;
  readonly interfaces: readonly string[];
  readonly routers: number;
  readonly prefixes: readonly { readonly value: string; readonly nested: boolean }[];
  readonly routes: readonly { readonly value: string; readonly nested: boolean }[];
  readonly rdnss: readonly string[];
  readonly dnssl: readonly string[];
  readonly sequence: number;
  readonly http: boolean;
}

export interface SeenAddress {
  readonly object: 'address';
  readonly addr: string;
  readonly dev: string;
  readonly pvd: string;
  readonly reason: string;
  readonly deprecated: boolean;
  readonly temporary: boolean;
  readonly tentative: boolean;
}

export interface SeenRoute {
  readonly object: 'route';
  readonly dst: string;
  readonly from: string;
  readonly dev: string;
  readonly via: string;
  readonly table: number;
  readonly metric: number;
  readonly pvd: string;
  readonly reason: string;
}

export type SeenRow = SeenPvd | SeenAddress | SeenRoute;
