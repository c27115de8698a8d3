/**
 * When to read the ring. While records come: every `tickMs`, by a timer, so nobody
 * sleeps in epoll and the traced CPU never pays for a wakeup. After `idleMs` of silence:
 * parked in uv_poll on the map's fd at no cost, until the first record.
 */

import { koffi } from './abi.ts';
import type { RecordHandler, RingBuffer } from './ring-buffer.ts';

export interface ConsumerOptions {
  readonly tickMs?: number;
  readonly idleMs?: number;
  /** Time one turn of the event loop may take before timers and sockets get theirs. */
  readonly budgetMs?: number;
  /** After each turn that had records, with their number. */
  readonly onBatch?: (count: number) => void;
  /** An exception of the handler; the record is skipped, reading goes on. */
  readonly onError: (error: unknown) => void;
}

/** Records between two looks at the clock. */
const CHUNK = 1024;

interface PollHandle {
  start(options: { readable: boolean }, callback: () => void): void;
  stop(): void;
  close(): void;
}
type Poll = (fd: number, options: { readable: boolean }, callback: () => void) => PollHandle;

export class RingConsumer {
  /** Turns taken and wakes from idle: what reading costs. */
  readonly stats: { turns: number; wakes: number } = { turns: 0, wakes: 0 };
  readonly #ring: RingBuffer;
  readonly #handler: RecordHandler;
  readonly #options: Required<Omit<ConsumerOptions, 'onBatch'>>;
  readonly #onBatch: (count: number) => void;
  /** Kept here: koffi stops polling when the handle is collected. */
  #handle: PollHandle | undefined;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #lastRecordMs = 0;
  #running = false;
  /** Who waits until the ring is read up to a position. */
  #waiting: { end: bigint; resolve: () => void }[] = [];

  constructor(ring: RingBuffer, handler: RecordHandler, options: ConsumerOptions) {
    const { onBatch = () => {}, tickMs = 4, idleMs = 200, budgetMs = 4, onError } = options;
    this.#ring = ring;
    this.#handler = handler;
    this.#options = { tickMs, idleMs, budgetMs, onError };
    this.#onBatch = onBatch;
  }

  /** Starts reading, also after a stop. Idempotent. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#lastRecordMs = performance.now();
    this.#turn();
  }

  /** Stops, without reading what is left. Idempotent. */
  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
    // Before the fd is closed: a poll on a closed fd aborts the process.
    this.#handle?.close();
    this.#handle = undefined;
    this.#release(true);
  }

  /** Reads what the ring holds now; what is written meanwhile may be left. */
  drain(): void {
    const end = this.#ring.position() + BigInt(this.#ring.backlogBytes());
    while (this.#ring.position() < end && this.#chunk());
  }

  /** Resolves when what the ring holds now has been read, at the usual pace. */
  caughtUp(): Promise<void> {
    const end = this.#ring.position() + BigInt(this.#ring.backlogBytes());
    if (!this.#running || this.#ring.position() >= end) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ end, resolve }));
  }

  #release(all: boolean): void {
    if (this.#waiting.length === 0) return;
    const position = this.#ring.position();
    const isDone = ({ end }: { end: bigint }) => all || end <= position;
    const done = this.#waiting.filter(isDone);
    this.#waiting = this.#waiting.filter((one) => !isDone(one));
    for (const { resolve } of done) resolve();
  }

  /** One chunk. @returns whether there may be more. */
  #chunk(): boolean {
    try {
      return this.#ring.consume(this.#handler, CHUNK) >= CHUNK;
    } catch (error) {
      this.#options.onError(error);
      return true; // the chunk ended early: the rest is there still
    }
  }

  #turn = (): void => {
    if (!this.#running) return;
    this.#timer = undefined;
    this.#immediate = undefined;
    this.stats.turns++;
    const before = this.#ring.recordsRead();
    const startMs = performance.now();
    let more = true;
    while (more && performance.now() - startMs < this.#options.budgetMs) more = this.#chunk();
    const count = this.#ring.recordsRead() - before;
    if (count > 0) this.#onBatch(count);
    this.#release(false);
    if (this.#running) this.#schedule(count, more);
  };

  #schedule(count: number, more: boolean): void {
    if (more) {
      this.#immediate = setImmediate(this.#turn);
      return;
    }
    const nowMs = performance.now();
    if (count > 0) this.#lastRecordMs = nowMs;
    const poll = koffi().node?.poll as Poll | undefined;
    if (nowMs - this.#lastRecordMs < this.#options.idleMs || poll === undefined) {
      this.#timer = setTimeout(this.#turn, this.#options.tickMs);
      return;
    }
    if (this.#handle === undefined) {
      this.#handle = poll(this.#ring.fd, { readable: true }, this.#wake);
    } else {
      this.#handle.start({ readable: true }, this.#wake); // level-triggered: nothing is missed
    }
  }

  /** An exception here would stay pending inside koffi, and polling would stop. */
  #wake = (): void => {
    try {
      if (!this.#running) return;
      this.#handle?.stop();
      this.stats.wakes++;
      this.#lastRecordMs = performance.now();
      this.#turn();
    } catch (error) {
      this.#fatal(error);
    }
  };

  /** Thrown by onError or onBatch themselves: let it reach uncaughtException. */
  #fatal(error: unknown): void {
    setImmediate(() => {
      throw error;
    });
  }
}
