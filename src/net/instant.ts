/** Instants are nanoseconds of CLOCK_BOOTTIME as `bigint`; lifetimes are seconds as `number`. */

export type Instant = bigint;

export const NS_PER_SEC = 1_000_000_000n;

/** A lifetime of all ones means "infinity" (RFC 4861, section 4.6.2). */
export const INFINITY_SEC = 0xffffffff;

/** When a lifetime that started at `from` ends; undefined when it never does. */
export function endOf(from: Instant, lifetimeSec: number): Instant | undefined {
  return lifetimeSec === INFINITY_SEC ? undefined : from + BigInt(lifetimeSec) * NS_PER_SEC;
}

/** Whole seconds left until `end`, never negative; infinite when there is no end. */
export function secondsLeft(end: Instant | undefined, now: Instant): number {
  if (end === undefined) return INFINITY_SEC;
  return end <= now ? 0 : Number((end - now) / NS_PER_SEC);
}
