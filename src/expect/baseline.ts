/** Differences that are accepted for a while. */

import type { Cause, Difference } from './diff.ts';

/** Fields that are given must match; each entry has a reason and an end. */
export interface Accepted {
  readonly netns?: string | undefined;
  readonly comm?: string | undefined;
  readonly daddr?: string | undefined;
  readonly dport?: number | undefined;
  readonly cause?: Cause | undefined;
  readonly reason: string;
  /** `YYYY-MM-DD`: the last day on which it is accepted. */
  readonly expires: string;
  readonly place?: string | undefined;
}

export interface Sorted {
  readonly fresh: readonly Difference[];
  readonly accepted: readonly { readonly difference: Difference; readonly by: Accepted }[];
  /** They would accept something, but their time is over. */
  readonly expired: readonly Accepted[];
  /** They accept nothing that is there. */
  readonly unused: readonly Accepted[];
}

/** `today`: `YYYY-MM-DD`. */
export function sortByBaseline(
  differences: readonly Difference[],
  baseline: readonly Accepted[],
  today: string,
): Sorted {
  const fresh: Difference[] = [];
  const accepted: { difference: Difference; by: Accepted }[] = [];
  const matched = new Set<Accepted>();
  for (const difference of differences) {
    const all = baseline.filter((entry) => accepts(entry, difference));
    for (const entry of all) matched.add(entry);
    const by = all.find(({ expires }) => expires >= today);
    if (by) accepted.push({ difference, by });
    else fresh.push(difference);
  }
  return {
    fresh,
    accepted,
    expired: [...matched].filter(({ expires }) => expires < today),
    unused: baseline.filter((entry) => !matched.has(entry)),
  };
}

function accepts(entry: Accepted, { flow, cause }: Difference): boolean {
  const { netns, comm, daddr, dport } = entry;
  return (
    (netns === undefined || netns === flow.netns) &&
    (comm === undefined || comm === flow.comm) &&
    (daddr === undefined || daddr === flow.daddr) &&
    (dport === undefined || dport === flow.dport) &&
    (entry.cause === undefined || entry.cause === cause)
  );
}
