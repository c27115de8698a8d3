/** Waits until a live run has shown all there is to see, by looking, until a deadline. */

import { waitUntil } from '../lab/condition.ts';
import { bootTimeNs } from '../libbpf/libc.ts';
import type { Session } from '../observe/session.ts';

/** A dump that settles a doubt takes about a second. */
const SETTLE_MAX_MS = 10_000;

/** What happened until now has come through and is judged; false when it took too long. */
export async function settled(session: Session, signal?: AbortSignal): Promise<boolean> {
  const untilNs = bootTimeNs();
  const { pipeline } = session;
  const isThrough = () =>
    pipeline.nowNs >= untilNs && pipeline.court.held.size === 0 && pipeline.ras.size === 0;
  return waitUntil(async () => isThrough(), SETTLE_MAX_MS, signal);
}
