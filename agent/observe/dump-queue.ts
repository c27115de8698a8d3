/**
 * Dumps of namespaces, one after the other: to seed a replica, to compare it with the kernel
 * when it is in doubt and from time to time, and for what hooks do not tell.
 */

import { LINUX_PVD } from '../../src/model/profile.ts';
import { bootTimeNs } from '../libbpf/libc.ts';
import { type DumpItem, type DumpOptions, dumpNetns, vrfsOf } from '../netlink/dump-netns.ts';
import { recordOf } from '../netlink/record.ts';
import { type NetnsRef, withNetns } from '../netns/handle.ts';
import type { Probe } from '../probe/probe.ts';

export interface DumpQueueOptions {
  readonly probe: Pick<Probe, 'dumpRoutes' | 'caughtUp' | 'profile'>;
  /** A netns that is there and watched. */
  readonly refOf: (netnsCookie: bigint) => NetnsRef | undefined;
  readonly onRecord: (record: Uint8Array) => void;
  /** Before a dump's end is told: what was lost by then. */
  readonly tellLoss: () => void;
  readonly onTrouble: (error: Error) => void;
}

type Items = (options: DumpOptions) => AsyncIterable<DumpItem>;

/** Between two dumps of one netns on demand. */
const RECONCILE_MIN_MS = 1000;
/** Every replica is compared with the kernel this often even when nothing is wrong. */
const RECONCILE_MS = 60_000;

export class DumpQueue {
  readonly #options: DumpQueueOptions;
  /** The end of the queue. */
  #last: Promise<void> = Promise.resolve();
  #stopping = false;
  /** Asked for and not begun: a whole dump, the tables of VRFs. */
  readonly #wanting = new Set<bigint>();
  readonly #vrfsAsked = new Set<bigint>();
  /** When a whole dump ended last. */
  readonly #dumpedMs = new Map<bigint, number>();

  constructor(options: DumpQueueOptions) {
    this.#options = options;
  }

  /** Resolves when all dumps asked for by now are done. */
  get done(): Promise<void> {
    return this.#last;
  }

  /** A whole dump, as soon as those before it are done. */
  add(netnsCookie: bigint): void {
    this.#push(async () => {
      this.#wanting.delete(netnsCookie);
      await this.#dump(netnsCookie, dumpNetns);
      if (this.#options.refOf(netnsCookie)) this.#dumpedMs.set(netnsCookie, performance.now());
    });
  }

  /** A whole dump soon, but not too soon after the last one. */
  reconcile(netnsCookie: bigint): void {
    if (this.#stopping || this.#wanting.has(netnsCookie)) return;
    if (this.#options.refOf(netnsCookie) === undefined) return;
    this.#wanting.add(netnsCookie);
    const dumpedMs = this.#dumpedMs.get(netnsCookie) ?? Number.NEGATIVE_INFINITY;
    const waitMs = Math.max(0, dumpedMs + RECONCILE_MIN_MS - performance.now());
    setTimeout(() => this.add(netnsCookie), waitMs).unref();
  }

  /** Asks for a dump of every netns whose last one was long ago. */
  reconcileDue(): void {
    const dueMs = performance.now() - RECONCILE_MS;
    for (const [cookie, dumpedMs] of this.#dumpedMs) if (dumpedMs < dueMs) this.reconcile(cookie);
  }

  /** Hooks see that a device is a VRF, but not its table: rtnetlink does. */
  addVrfs(netnsCookie: bigint): void {
    if (this.#vrfsAsked.has(netnsCookie)) return;
    this.#vrfsAsked.add(netnsCookie);
    this.#push(async () => {
      this.#vrfsAsked.delete(netnsCookie);
      await this.#dump(netnsCookie, vrfsOf);
    });
  }

  forget(netnsCookie: bigint): void {
    this.#dumpedMs.delete(netnsCookie);
  }

  /** Cuts short what is under way, skips the rest. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#last;
  }

  #push(run: () => Promise<void>): void {
    this.#last = this.#last.then(() => (this.#stopping ? undefined : run()));
  }

  async #dump(netnsCookie: bigint, items: Items): Promise<void> {
    const { probe, refOf, onRecord, tellLoss, onTrouble } = this.#options;
    const ref = refOf(netnsCookie);
    if (ref === undefined) return;
    try {
      await withNetns(ref, async (netns) => {
        const dumpRoutes = (fd: number): Uint8Array => probe.dumpRoutes(fd);
        const knowsPvds = probe.profile === LINUX_PVD.name;
        for await (const item of items({ netns, dumpRoutes, knowsPvds, now: bootTimeNs })) {
          // Replica and dump are compared as of this moment: what came before it comes first.
          if ('kind' in item && item.kind === 'dump-end') {
            await probe.caughtUp();
            tellLoss();
          }
          onRecord(recordOf(item));
          if (this.#stopping) return;
        }
      });
    } catch (error) {
      onTrouble(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
