/**
 * Observes this kernel: attaches the probes, seeds what was there before by dumps, and hands out
 * everything as one sequence of records, the agent's own marks included.
 *
 * The order of start is what makes it free of races: attach, write the start record, read the
 * ring, and only then dump, so that no change falls between a dump and its follow-up.
 */

import { readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import type { AgentEvent, HookStatus, KernelEvent } from '../../src/decode/event.ts';
import { KIND, LAYOUT } from '../../src/decode/layout.gen.ts';
import { bareHeader } from '../../src/decode/record/header.ts';
import { decodeRecord, encodeRecord } from '../../src/decode/record.ts';
import { calibrate } from '../calibrate/calibrate.ts';
import { bootTimeNs, jiffiesHz, realtimeOffsetNs } from '../libbpf/libc.ts';
import type { NetnsRef } from '../netns/handle.ts';
import { isWanted } from '../netns/wanted.ts';
import { type NetnsChange, watchNetns } from '../netns/watch.ts';
import type { Degradation } from '../probe/degradation.ts';
import { openProbe, type Probe } from '../probe/probe.ts';
import { DumpQueue } from './dump-queue.ts';

export interface ObserveOptions {
  readonly version: string;
  /**
   * Names of the namespaces to watch, as `discoverNetns` gives them, or how they begin when it
   * ends with `*`; all when absent.
   */
  readonly netns?: readonly string[];
  /** Decisions of these processes only. */
  readonly tgids?: readonly number[];
  /** Decisions of these cgroups (ids) only. */
  readonly cgroups?: readonly bigint[];
  /** A power of two; 64 MiB unless given. */
  readonly ringBytes?: number;
  /** One whole record; its bytes are valid only during the call. */
  readonly onRecord: (record: Uint8Array) => void;
  /** What went wrong without ending the observation. */
  readonly onTrouble: (error: Error) => void;
}

export interface Observation {
  readonly hooks: readonly HookStatus[];
  /** What is not seen on this kernel, and why. */
  readonly degraded: readonly Degradation[];
  /** Milliseconds from the call until every probe was attached. */
  readonly attachedMs: number;
  /** Resolves when the namespaces found at the start are dumped. */
  readonly seeded: Promise<void>;
  /** Asks for a fresh dump of a netns, to compare the replica with; soon, and not too often. */
  reconcile(netnsCookie: bigint): void;
  /** The same of every netns that is followed. */
  reconcileAll(): void;
  /** Bytes of records that wait to be read. */
  backlogBytes(): number;
  /** How often each hook ran, by kernel function. */
  hookHits(): Readonly<Record<string, number>>;
  /** Records lost so far, by kind. */
  lossByKind(): Readonly<Record<string, number>>;
  /** Follows these namespaces no more: for readers they end here, whatever is done to them later. */
  forget(names: readonly string[]): void;
  /** Dumps `doubted` namespaces once more, reads what is left, writes the last marks, detaches. */
  stop(doubted?: readonly bigint[]): Promise<void>;
}

const TICK_MS = 1000;
const NETDEV_UP = 1;
const NETNS_KIND: number = KIND.NETNS;
const LINK_KIND: number = KIND.LINK;
const KIND_OFFSET = LAYOUT.pvd_hdr.kind;

export async function observe(options: ObserveOptions): Promise<Observation> {
  const observer = new Observer(options);
  await observer.start();
  return observer;
}

class Observer implements Observation {
  readonly #options: ObserveOptions;
  readonly #wanted: readonly string[] | undefined;
  readonly #watched = new Set<bigint>();
  #probe!: Probe;
  #netnsWatch!: ReturnType<typeof watchNetns>;
  #tick: NodeJS.Timeout | undefined;
  #dumps!: DumpQueue;
  #quirks: Readonly<Record<string, boolean>> = {};
  #lostTold = 0;
  seeded: Promise<void> = Promise.resolve();

  constructor(options: ObserveOptions) {
    this.#options = options;
    this.#wanted = options.netns;
  }

  get hooks(): readonly HookStatus[] {
    return this.#probe.hooks;
  }

  get degraded(): readonly Degradation[] {
    return this.#probe.degraded;
  }

  get attachedMs(): number {
    return this.#probe.times.totalMs;
  }

  async start(): Promise<void> {
    const { tgids, cgroups, ringBytes, onTrouble } = this.#options;
    // Before anything is attached: its namespaces are nobody's business.
    this.#quirks = await calibrate();
    this.#probe = await openProbe({
      ...(ringBytes === undefined ? {} : { ringBytes }),
      filters: {
        ...(this.#wanted ? { netns: [] } : {}),
        ...(tgids ? { tgids } : {}),
        ...(cgroups ? { cgroups } : {}),
      },
      onRecord: (bytes, offset, len) => this.#fromRing(bytes, offset, len),
      onError: onTrouble,
    });
    this.#dumps = new DumpQueue({
      probe: this.#probe,
      refOf: (cookie) =>
        this.#watched.has(cookie) ? this.#netnsWatch.known().get(cookie) : undefined,
      onRecord: this.#options.onRecord,
      tellLoss: () => this.#tellLoss(),
      onTrouble,
    });
    this.#mark({ kind: 'agent-start', ...bareHeader(bootTimeNs()), info: this.#startInfo() });
    this.#netnsWatch = watchNetns((change) => this.#netnsChanged(change));
    for (const ref of this.#netnsWatch.known().values()) this.#appeared(ref);
    this.#probe.start();
    this.seeded = this.#dumps.done;
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
  }

  reconcile(netnsCookie: bigint): void {
    this.#dumps.reconcile(netnsCookie);
  }

  reconcileAll(): void {
    for (const cookie of this.#watched) this.#dumps.reconcile(cookie);
  }

  backlogBytes(): number {
    return this.#probe.backlogBytes();
  }

  hookHits(): Readonly<Record<string, number>> {
    return this.#probe.hookHits();
  }

  lossByKind(): Readonly<Record<string, number>> {
    return this.#probe.lossByKind();
  }

  forget(names: readonly string[]): void {
    for (const ref of this.#netnsWatch.known().values()) {
      if (!names.includes(ref.name)) continue;
      if (this.#wanted) this.#probe.unwatch(ref.cookie);
      this.#forget(ref);
    }
  }

  async stop(doubted: readonly bigint[] = []): Promise<void> {
    for (const cookie of doubted) this.#dumps.add(cookie);
    if (doubted.length > 0) await this.#dumps.done;
    clearInterval(this.#tick);
    this.#netnsWatch.close();
    await this.#dumps.stop();
    this.#probe.stop();
    this.#tellLoss();
    this.#mark({ kind: 'tick', ...bareHeader(bootTimeNs()) });
    this.#probe.close();
  }

  #startInfo(): Extract<AgentEvent, { kind: 'agent-start' }>['info'] {
    return {
      version: this.#options.version,
      host: hostname(),
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      kernel: release(),
      hz: jiffiesHz(),
      realtimeOffsetNs: String(realtimeOffsetNs()),
      hooks: this.#probe.hooks,
      quirks: this.#quirks,
      profile: this.#probe.profile,
    };
  }

  #fromRing(bytes: Uint8Array, offset: number, len: number): void {
    const kind = bytes[offset + KIND_OFFSET];
    const record = bytes.subarray(offset, offset + len);
    if (kind === NETNS_KIND || kind === LINK_KIND) this.#heed(decodeRecord(record));
    this.#options.onRecord(record);
  }

  /** What a record gives us to do. */
  #heed(event: KernelEvent): void {
    const { netnsCookie } = event;
    if (event.kind === 'netns') {
      if (event.op === 'new') this.#netnsWatch.requestScan();
      else if (event.op === 'del' && this.#wanted) this.#probe.unwatch(netnsCookie);
    } else if (event.kind === 'link' && event.isL3Master) {
      // Once it is there, and once more in case that was too early.
      if (event.op === 'new' || event.event === NETDEV_UP) this.#dumps.addVrfs(netnsCookie);
    }
  }

  #mark(event: AgentEvent): void {
    this.#options.onRecord(encodeRecord(event));
  }

  #netnsChanged(change: NetnsChange): void {
    for (const ref of change.gone) this.#forget(ref);
    for (const ref of change.appeared) this.#appeared(ref);
    if (change.refused > 0) {
      this.#options.onTrouble(new Error(`${change.refused} namespaces beyond the limit`));
    }
  }

  #forget({ cookie, inum }: NetnsRef): void {
    if (!this.#watched.delete(cookie)) return;
    this.#dumps.forget(cookie);
    this.#mark({ kind: 'agent-netns', ...bareHeader(bootTimeNs(), cookie, 'del'), name: '', inum });
  }

  #appeared(ref: NetnsRef): void {
    if (!isWanted(ref.name, this.#wanted)) return;
    const known = this.#watched.has(ref.cookie);
    this.#watched.add(ref.cookie);
    if (this.#wanted && !known) this.#probe.watch(ref.cookie);
    this.#mark({
      kind: 'agent-netns',
      ...bareHeader(bootTimeNs(), ref.cookie, 'new'),
      name: ref.name,
      inum: ref.inum,
    });
    if (known) return; // only its name is new
    this.#dumps.add(ref.cookie);
  }

  #onTick(): void {
    this.#tellLoss();
    // While records wait they tell the time, and a tick would run ahead of them.
    if (this.#probe.backlogBytes() === 0) this.#mark({ kind: 'tick', ...bareHeader(bootTimeNs()) });
    this.#dumps.reconcileDue();
  }

  #tellLoss(): void {
    const byKind = this.#probe.lossByKind();
    const skipped = this.#probe.skippedRuns();
    const total = Object.values(byKind).reduce((sum, n) => sum + n, 0);
    const leftOut = this.#probe.leftOutByKind();
    const isAny = Object.keys(leftOut).length > 0;
    const told = Object.values(leftOut).reduce(
      (sum, n) => sum + n,
      total + skipped.decision + skipped.state,
    );
    if (told === this.#lostTold) return;
    this.#lostTold = told;
    const counts = { byKind, total, skipped, ...(isAny && { leftOut }) };
    this.#mark({ kind: 'lost', ...bareHeader(bootTimeNs()), ...counts });
  }
}
