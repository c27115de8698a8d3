/** When a router sends (RFC 4861, section 6.2.4 and 6.2.6). Times are ms of any clock. */

/** MAX_INITIAL_RTR_ADVERTISEMENTS (RFC 4861, section 10). */
const INITIAL_MAX = 3;
/** MAX_RA_DELAY_TIME */
const RA_DELAY_MS_MAX = 500;

export interface Timing {
  readonly intervalMs: number;
  /** Part of the interval that is random, 0..1. */
  readonly jitter: number;
  readonly initialIntervalMs: number;
  readonly minDelayMs: number;
}

export interface Schedule {
  /** When the next RA is due. */
  readonly dueMs: number;
  readonly sent: number;
  readonly lastMs: number;
}

/** The first RA is due at once. */
export function firstDue(nowMs: number): Schedule {
  return { dueMs: nowMs, sent: 0, lastMs: Number.NEGATIVE_INFINITY };
}

/** After an RA was sent; `random` is in [0, 1). */
export function afterSending(
  schedule: Schedule,
  timing: Timing,
  nowMs: number,
  random: number,
): Schedule {
  const sent = schedule.sent + 1;
  const drawn = timing.intervalMs * (1 - timing.jitter * random);
  const waitMs = sent < INITIAL_MAX ? Math.min(drawn, timing.initialIntervalMs) : drawn;
  return { dueMs: nowMs + waitMs, sent, lastMs: nowMs };
}

/**
 * After a Router Solicitation: an RA within half a second, but no sooner after the last than
 * `minDelayMs`; what is due before that stays. `random` is in [0, 1).
 */
export function afterSolicitation(
  schedule: Schedule,
  timing: Timing,
  nowMs: number,
  random: number,
): Schedule {
  const delayMs = RA_DELAY_MS_MAX * random;
  const dueMs = Math.max(nowMs + delayMs, schedule.lastMs + timing.minDelayMs + delayMs);
  return { ...schedule, dueMs: Math.min(schedule.dueMs, dueMs) };
}
