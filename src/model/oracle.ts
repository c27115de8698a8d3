/** The oracle: what a state leaves open, made explicit so that it can be enumerated. */

/**
 * Decides what the state leaves open. The engine runs once for every combination that
 * can make a difference: `hash` stands for all hashes between two of the bounds met.
 */
export interface Oracle {
  hash: number;
  /** The hash is known, captured or computed: its bounds need no exploring. */
  isExact: boolean;
  /** Upper bounds the hash was compared with. */
  readonly bounds: Set<number>;
  readonly picks: number[];
  readonly fans: number[];
  used: number;
}

/** One of `fan` ways the state leaves open. */
export function choose(oracle: Oracle, fan: number): number {
  const at = oracle.used++;
  oracle.fans[at] = fan;
  if (at >= oracle.picks.length) oracle.picks[at] = 0;
  return oracle.picks[at] ?? 0;
}
