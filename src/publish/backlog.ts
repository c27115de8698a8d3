/**
 * The newest envelopes of a run, bounded by number and by size, found by `seq`.
 *
 * One backlog serves all readers: each only keeps the `seq` it wants next, so a slow
 * reader costs nothing, and what it missed is what has left the backlog.
 */

import type { Envelope } from './envelope.ts';

export interface BacklogEntry {
  readonly envelope: Envelope;
  /** The envelope as JSON, made once for all readers. */
  readonly text: string;
}

export interface BacklogLimits {
  /** At most so many envelopes. */
  readonly count: number;
  /** And so many UTF-16 units of text, though always the newest envelope. */
  readonly chars: number;
}

export const BACKLOG_LIMITS: BacklogLimits = { count: 1 << 14, chars: 16 << 20 };

export interface Backlog {
  /** Appends; `seq` must be one more than the newest. */
  push(entry: BacklogEntry): void;
  /** Entries with `seq` from `from` on, oldest first, at most `max`. */
  slice(from: number, max: number): BacklogEntry[];
  /** `seq` of the oldest entry, or what the next one will have when it is empty. */
  readonly oldest: number;
  /** `seq` that the next entry will have. */
  readonly next: number;
}

/** An empty backlog whose first entry will be number `first`. */
export function createBacklog(limits: BacklogLimits = BACKLOG_LIMITS, first = 1): Backlog {
  const ring = new Array<BacklogEntry | undefined>(limits.count);
  let oldest = first;
  let next = first;
  let chars = 0;
  const drop = (): void => {
    chars -= ring[oldest % limits.count]?.text.length ?? 0;
    ring[oldest % limits.count] = undefined;
    oldest++;
  };
  return {
    push(entry: BacklogEntry): void {
      if (entry.envelope.seq !== next) {
        throw new RangeError(`envelope ${entry.envelope.seq} where ${next} is due`);
      }
      if (next - oldest === limits.count) drop();
      ring[next % limits.count] = entry;
      chars += entry.text.length;
      next++;
      while (chars > limits.chars && next - oldest > 1) drop();
    },
    slice(from: number, max: number): BacklogEntry[] {
      const out: BacklogEntry[] = [];
      for (let seq = Math.max(from, oldest); seq < next && out.length < max; seq++) {
        const entry = ring[seq % limits.count];
        if (entry) out.push(entry);
      }
      return out;
    },
    get oldest(): number {
      return oldest;
    },
    get next(): number {
      return next;
    },
  };
}
