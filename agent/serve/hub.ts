/**
 * Fans the envelopes of one run out to readers.
 *
 * A reader is a cursor into the shared backlog: one that cannot keep up is not sent to
 * until it has drained, goes on from the backlog if that still has what it wants, else is
 * told what it missed (`dropped`) and gets fresh snapshots. It costs nothing meanwhile.
 */

import {
  BACKLOG_LIMITS,
  type Backlog,
  type BacklogLimits,
  createBacklog,
} from '../../src/publish/backlog.ts';
import type { Envelope } from '../../src/publish/envelope.ts';
import { type Filter, matchesFilter } from '../../src/publish/filter.ts';

/** What the hub asks of the pipeline; answers are as of the last envelope published. */
export interface HubSource {
  hello(resumed: boolean): Envelope<'hello'>;
  stats(): Envelope<'stats'>;
  snapshots(): readonly Envelope<'snapshot'>[];
  dropped(from: number, to: number): Envelope<'dropped'>;
}

export interface HubReader {
  /** Sends one frame: a JSON array of envelopes. */
  send(frame: string): void;
  /** Bytes accepted by `send` but not yet by the network. */
  bufferedBytes(): number;
}

export interface JoinOptions {
  /** Go on after this `seq`… */
  readonly since?: number;
  /** …of this run. */
  readonly run?: string;
  /** Else begin with so many of the newest RAs and decisions each, if the backlog has them. */
  readonly recent?: number;
  readonly filter?: Filter;
}

export interface EnvelopeHub {
  /** Adds envelopes, in the order of `seq`. */
  publish(envelopes: readonly Envelope[]): void;
  /** Greets a reader and feeds it until the returned function is called. */
  join(reader: HubReader, options: JoinOptions): () => void;
  /** The current state, for readers that come without a stream. */
  readonly source: HubSource;
  readonly counts: {
    readonly published: number;
    readonly readers: number;
    readonly dropped: number;
  };
  /** Sends what waits and stops the clock. */
  close(): void;
}

export interface HubOptions {
  readonly backlog?: BacklogLimits;
  /** Longest time an envelope waits to share a frame. */
  readonly batchMs?: number;
  /** Most envelopes of one frame. */
  readonly batchMax?: number;
  /** A reader with more bytes in its socket than this is slow; it is fed again below a quarter. */
  readonly slowBytes?: number;
}

interface Member {
  readonly reader: HubReader;
  readonly filter: Filter | undefined;
  next: number;
  slow: boolean;
}

export function createHub(source: HubSource, options: HubOptions = {}): EnvelopeHub {
  return new Hub(source, options);
}

class Hub implements EnvelopeHub {
  readonly source: HubSource;
  readonly counts: { published: number; readers: number; dropped: number } = {
    published: 0,
    readers: 0,
    dropped: 0,
  };
  readonly #backlog: Backlog;
  readonly #batchMs: number;
  readonly #batchMax: number;
  readonly #slowBytes: number;
  readonly #members = new Set<Member>();
  #timer: NodeJS.Timeout | undefined;
  #unsent = 0;
  #cached: { from: number; to: number; frame: string } = { from: 0, to: 0, frame: '' };

  constructor(source: HubSource, options: HubOptions) {
    this.source = source;
    this.#backlog = createBacklog(options.backlog ?? BACKLOG_LIMITS);
    this.#batchMs = options.batchMs ?? 20;
    this.#batchMax = options.batchMax ?? 100;
    this.#slowBytes = options.slowBytes ?? 1 << 20;
  }

  publish(envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) {
      this.#backlog.push({ envelope, text: JSON.stringify(envelope) });
      this.counts.published++;
      if (++this.#unsent >= this.#batchMax) this.#flush();
    }
    if (this.#unsent > 0) this.#arm();
  }

  join(reader: HubReader, options: JoinOptions): () => void {
    const member: Member = {
      reader,
      filter: options.filter,
      next: this.#backlog.next,
      slow: false,
    };
    const hello = this.source.hello(false);
    const since = options.run === hello.data.run ? options.since : undefined;
    const within = since !== undefined && since < this.#backlog.next;
    if (within && since + 1 >= this.#backlog.oldest) {
      member.next = since + 1;
      reader.send(frameOf([this.source.hello(true)]));
      this.#arm();
    } else {
      reader.send(frameOf([hello, this.source.stats()]));
      if (within) this.#drop(member, since + 1);
      else this.#greet(member, options.recent ?? 0);
    }
    this.#members.add(member);
    this.counts.readers = this.#members.size;
    return () => {
      this.#members.delete(member);
      this.counts.readers = this.#members.size;
    };
  }

  close(): void {
    this.#flush();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#members.clear();
    this.counts.readers = 0;
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, this.#batchMs);
  }

  #flush(): void {
    this.#unsent = 0;
    let behind = false;
    for (const member of this.#members) {
      this.#feed(member);
      behind ||= member.next < this.#backlog.next;
    }
    if (behind) this.#arm();
  }

  /** Sends a member what it has not seen, as far as its socket takes it. */
  #feed(member: Member): void {
    const limit = member.slow ? this.#slowBytes / 4 : this.#slowBytes;
    member.slow = member.next < this.#backlog.next && member.reader.bufferedBytes() > limit;
    while (!member.slow && member.next < this.#backlog.next) {
      if (member.next < this.#backlog.oldest) this.#drop(member, member.next);
      else this.#sendBatch(member);
      member.slow = member.reader.bufferedBytes() > this.#slowBytes;
    }
  }

  #sendBatch(member: Member): void {
    const from = member.next;
    const to = Math.min(from + this.#batchMax, this.#backlog.next);
    member.next = to;
    if (member.filter === undefined) {
      if (this.#cached.from !== from || this.#cached.to !== to) {
        const texts = this.#backlog.slice(from, to - from).map((entry) => entry.text);
        this.#cached = { from, to, frame: `[${texts.join(',')}]` };
      }
      member.reader.send(this.#cached.frame);
      return;
    }
    const { filter } = member;
    const texts = this.#backlog
      .slice(from, to - from)
      .filter((entry) => matchesFilter(filter, entry.envelope))
      .map((entry) => entry.text);
    if (texts.length > 0) member.reader.send(`[${texts.join(',')}]`);
  }

  /** Tells a member that everything from `from` on was dropped, and starts it anew. */
  #drop(member: Member, from: number): void {
    const to = this.#backlog.next - 1;
    this.counts.dropped += to - from + 1;
    member.reader.send(frameOf([this.source.dropped(from, to)]));
    this.#greet(member, 0);
  }

  #greet(member: Member, recent: number): void {
    this.#sendRecent(member, recent);
    for (const snapshot of this.source.snapshots()) {
      if (!member.filter || matchesFilter(member.filter, snapshot)) {
        member.reader.send(frameOf([snapshot]));
      }
    }
    member.next = this.#backlog.next;
  }

  /** What happened before the state that follows: it changes nothing in it. */
  #sendRecent(member: Member, recent: number): void {
    const { filter, reader } = member;
    const left = { ra: recent, decision: recent };
    const texts: string[] = [];
    const entries = recent === 0 ? [] : this.#backlog.slice(this.#backlog.oldest, Infinity);
    for (const { envelope, text } of entries.reverse()) {
      const { kind } = envelope;
      if (kind !== 'ra' && kind !== 'decision') continue;
      if (left[kind] === 0 || (filter && !matchesFilter(filter, envelope))) continue;
      left[kind]--;
      texts.push(text);
    }
    texts.reverse();
    for (let i = 0; i < texts.length; i += this.#batchMax) {
      reader.send(`[${texts.slice(i, i + this.#batchMax).join(',')}]`);
    }
  }
}

function frameOf(envelopes: readonly Envelope[]): string {
  return JSON.stringify(envelopes);
}
