/**
 * Prints envelopes to a stream, usually stdout, as lines.
 *
 * A live run cannot wait for a stalled reader: past a bound it drops, and says so with a
 * `dropped` envelope as soon as the reader takes lines again. A replay waits instead
 * ({@link Sink.drained}), so that its output is whole.
 */

import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Envelope } from '../../src/publish/envelope.ts';
import { type Filter, matchesFilter } from '../../src/publish/filter.ts';

export interface Sink {
  write(envelopes: readonly Envelope[]): void;
  /** Whether the stream asks to wait. */
  readonly full: boolean;
  /** Resolves when it takes more, or when its reader went away. */
  drained(): Promise<void>;
  /** Envelopes dropped so far. */
  readonly dropped: number;
}

export interface SinkOptions {
  readonly filter?: Filter;
  /** Bytes that may wait for the reader before envelopes are dropped; infinite for a replay. */
  readonly waitingBytesMax?: number;
}

/** The line of an envelope without its end; undefined when the format has none for it. */
export type LineOf = (envelope: Envelope) => string | undefined;

export function createSink(out: Writable, lineOf: LineOf, options: SinkOptions = {}): Sink {
  const max = options.waitingBytesMax ?? Number.POSITIVE_INFINITY;
  let dropped = 0;
  /** First and last envelope of the gap that is not told yet. */
  let gap: { from: number; last: Envelope; count: number } | undefined;

  const print = (envelope: Envelope): string => {
    const line = lineOf(envelope);
    return line === undefined ? '' : `${line}\n`;
  };
  return {
    write(envelopes): void {
      if (out.destroyed || out.writableEnded) return;
      let text = '';
      for (const envelope of envelopes) {
        if (options.filter && !matchesFilter(options.filter, envelope)) continue;
        if (out.writableLength + text.length > max) {
          gap ??= { from: envelope.seq, last: envelope, count: 0 };
          gap = { ...gap, last: envelope, count: gap.count + 1 };
          dropped++;
          continue;
        }
        if (gap) text += print(droppedEnvelope(gap));
        gap = undefined;
        text += print(envelope);
      }
      if (text !== '') out.write(text);
    },
    get full(): boolean {
      return out.writableNeedDrain && !out.destroyed;
    },
    async drained(): Promise<void> {
      if (!this.full) return;
      const stop = new AbortController();
      const { signal } = stop;
      await Promise.race([once(out, 'drain', { signal }), once(out, 'close', { signal })]).catch(
        () => undefined,
      );
      stop.abort();
    },
    get dropped(): number {
      return dropped;
    },
  };
}

function droppedEnvelope(gap: { from: number; last: Envelope; count: number }): Envelope {
  const { v, seq, tsNs, host, bootId } = gap.last;
  const data = { count: gap.count, from: gap.from, to: seq };
  return { v, seq, tsNs, host, bootId, netns: null, kind: 'dropped', data };
}
