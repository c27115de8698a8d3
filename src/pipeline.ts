/**
 * The stages folded: one record in, envelopes out.
 *
 * Time comes from the records only, so the same records give the same envelopes, live and
 * on replay. The pipeline is changed in place; nothing throws, whatever a record holds.
 */

import { type Court, createCourt, type Judged } from './court.ts';
import type { DecisionJoin } from './decision-join.ts';
import { showDecision, takeChanges, takeDecision, takeRest, takeTime } from './decision-stage.ts';
import type { AgentStartEvent, KernelEvent, RaEvent } from './decode/event.ts';
import { decodeRecord } from './decode/record.ts';
import { helloData, NO_HELLO } from './hello.ts';
import { countLeftOut, countLoss, findGap, type Loss, noLoss } from './loss.ts';
import type { Instant } from './net/instant.ts';
import { presentChanges } from './present-change.ts';
import { awaitRa, overdueRas, presentRa, type RaJoin } from './present-ra.ts';
import {
  ENVELOPE_VERSION,
  type Envelope,
  type EnvelopeData,
  type EnvelopeKind,
  type HelloData,
  type NetnsRef,
  type StatsData,
} from './publish/envelope.ts';
import { beginTrial, endTrial, noteChanges, type RaTrials } from './ra-trial.ts';
import { createRecent, keepRecent, type RecentDecisions } from './recent.ts';
import { noteSkips, totalSkipped } from './skipped.ts';
import { applyEvent } from './state/apply.ts';
import { LIMITS, type Limits } from './state/limits.ts';
import { presentSnapshot } from './state/present.ts';
import { createWorld, snapshotOf, snapshots, type World } from './state/world.ts';
import { countEvent, noStats, presentStats, type Stats } from './stats.ts';
import { calibrate } from './verify/judge.ts';
import { countVerdict } from './verify/verdict.ts';

export interface PipelineOptions {
  readonly limits?: Limits;
  /** Decisions kept with their records, to be explained while the run goes on; none unless given. */
  readonly recentMax?: number;
}

export interface Pipeline {
  readonly world: World;
  readonly decisions: DecisionJoin;
  readonly court: Court;
  readonly ras: RaJoin;
  readonly trials: RaTrials;
  readonly loss: Loss;
  readonly stats: Stats;
  readonly recent: RecentDecisions;
  /** Namespaces whose state readers have got whole. */
  readonly shown: Set<bigint>;
  /** `seq` of the last envelope. */
  seq: number;
  /** Newest time of any record. */
  nowNs: Instant;
  /** When statistics were last emitted. */
  statsNs: Instant;
  host: string;
  bootId: string;
  hello: HelloData;
}

/** Statistics come at least this often while there are records. */
const STATS_NS = 1_000_000_000n;
/** A dump that changed more than this is shown as a whole. */
const CHANGES_MAX = 256;

export function createPipeline(options: PipelineOptions = {}): Pipeline {
  return {
    world: createWorld(options.limits ?? LIMITS),
    decisions: new Map(),
    court: createCourt(),
    ras: new Map(),
    trials: new Map(),
    loss: noLoss(),
    stats: noStats(),
    recent: createRecent(options.recentMax ?? 0),
    shown: new Set(),
    seq: 0,
    nowNs: 0n,
    statsNs: 0n,
    host: '',
    bootId: '',
    hello: NO_HELLO,
  };
}

/** Takes the next record; returns what it gives readers, in order. */
export function step(pipeline: Pipeline, record: Uint8Array): Envelope[] {
  const out: Envelope[] = [];
  const event = decodeRecord(record);
  countEvent(pipeline.stats, event);
  if (event.kind === 'unknown' && event.reason === 'short') return out;
  if (event.tsNs > pipeline.nowNs && tellsTime(event)) pipeline.nowNs = event.tsNs;
  if (pipeline.statsNs === 0n) pipeline.statsNs = pipeline.nowNs;
  if (event.kind === 'agent-start') start(pipeline, event);
  const gap = findGap(pipeline.loss, event);
  if (gap) emit(pipeline, out, 'lost', event.tsNs, 0n, gap);
  const skipped = noteSkips(pipeline.court.skips, event);
  if (skipped) emit(pipeline, out, 'lost', event.tsNs, 0n, skipped);
  emitOverdue(pipeline, out);
  handle(pipeline, out, event);
  if (gap || event.kind === 'lost') {
    for (const ns of snapshots(pipeline.world)) {
      if (ns.lostNs !== undefined) pipeline.court.doubted.add(ns.netnsCookie);
    }
  }
  if (pipeline.nowNs - pipeline.statsNs >= STATS_NS) emitStats(pipeline, out);
  return out;
}

/** Dumps and marks are made while older records may still wait in the ring; a tick is not. */
function tellsTime({ kind, op }: KernelEvent): boolean {
  if (op === 'dump') return false;
  return kind !== 'dump-begin' && kind !== 'dump-end' && kind !== 'agent-netns' && kind !== 'lost';
}

/** Ends the run: what is still under way comes out incomplete, then the last statistics. */
export function finish(pipeline: Pipeline): Envelope[] {
  const out: Envelope[] = [];
  for (const ra of pipeline.ras.values()) emitRa(pipeline, out, ra);
  pipeline.ras.clear();
  emitJudged(pipeline, out, takeRest(pipeline));
  emitStats(pipeline, out);
  return out;
}

/** The greeting of a reader that joins now. */
export function helloOf(pipeline: Pipeline, resumed: boolean): Envelope<'hello'> {
  return envelope(pipeline, 'hello', pipeline.nowNs, null, { ...pipeline.hello, resumed });
}

/** The state of every netns now. */
export function snapshotsOf(pipeline: Pipeline): Envelope<'snapshot'>[] {
  return [...snapshots(pipeline.world)].map((snapshot) => {
    const netns = netnsRef(pipeline, snapshot.netnsCookie);
    return envelope(pipeline, 'snapshot', pipeline.nowNs, netns, presentSnapshot(snapshot));
  });
}

/** What a reader is told that missed the envelopes `from` to `to`. */
export function droppedOf(pipeline: Pipeline, from: number, to: number): Envelope<'dropped'> {
  const data = { count: to - from + 1, from, to };
  return envelope(pipeline, 'dropped', pipeline.nowNs, null, data);
}

/** The totals so far, for a reader that joins now. */
export function statsEnvelopeOf(pipeline: Pipeline): Envelope<'stats'> {
  return envelope(pipeline, 'stats', pipeline.nowNs, null, statsOf(pipeline));
}

export function statsOf({ stats, loss, court, world }: Pipeline): StatsData {
  return presentStats(stats, loss, totalSkipped(court.skips), world);
}

function start(pipeline: Pipeline, { info, tsNs }: AgentStartEvent): void {
  pipeline.host = info.host;
  pipeline.bootId = info.bootId;
  pipeline.hello = helloData(info, tsNs);
}

function handle(pipeline: Pipeline, out: Envelope[], event: KernelEvent): void {
  switch (event.kind) {
    case 'agent-start':
      applyEvent(pipeline.world, event);
      calibrate(pipeline.court.judge, event.info.quirks ?? {}, event.info.profile);
      pipeline.world.knowsPvds = pipeline.court.judge.profile.pvd !== 'none';
      emit(pipeline, out, 'hello', event.tsNs, 0n, pipeline.hello);
      break;
    case 'lookup':
    case 'saddr':
    case 'flow':
      emitChanges(pipeline, out, event);
      emitJudged(pipeline, out, takeDecision(pipeline, event));
      break;
    case 'ra':
      for (const ra of awaitRa(pipeline.ras, event)) emitRa(pipeline, out, ra);
      beginTrial(pipeline.trials, pipeline.world, event, pipeline.court.judge.profile);
      emitChanges(pipeline, out, event);
      break;
    case 'ra-done': {
      const ra = pipeline.ras.get(event.raId);
      pipeline.ras.delete(event.raId);
      const judged = endTrial(pipeline.trials, pipeline.world, event);
      if (judged) countVerdict(pipeline.stats.raVerdicts, judged.verdict);
      if (ra) emit(pipeline, out, 'ra', event.tsNs, ra.netnsCookie, presentRa(ra, event, judged));
      emitChanges(pipeline, out, event);
      break;
    }
    case 'lost': {
      applyEvent(pipeline.world, event);
      for (const data of [countLoss(pipeline.loss, event), countLeftOut(pipeline.loss, event)])
        if (data) emit(pipeline, out, 'lost', event.tsNs, 0n, data);
      break;
    }
    default:
      emitChanges(pipeline, out, event);
  }
}

function emitOverdue(pipeline: Pipeline, out: Envelope[]): void {
  for (const ra of overdueRas(pipeline.ras, pipeline.nowNs)) emitRa(pipeline, out, ra);
  emitJudged(pipeline, out, takeTime(pipeline));
}

function emitRa(pipeline: Pipeline, out: Envelope[], ra: RaEvent): void {
  emit(pipeline, out, 'ra', ra.tsNs, ra.netnsCookie, presentRa(ra, undefined));
}

function emitJudged(pipeline: Pipeline, out: Envelope[], all: readonly Judged[]): void {
  for (const judged of all) {
    const { tsNs, netnsCookie } = judged.joined.head;
    emit(pipeline, out, 'decision', tsNs, netnsCookie, showDecision(pipeline, judged));
    keepRecent(pipeline.recent, out.at(-1) as Envelope<'decision'>, judged.joined);
  }
}

function emitStats(pipeline: Pipeline, out: Envelope[]): void {
  pipeline.statsNs = pipeline.nowNs;
  emit(pipeline, out, 'stats', pipeline.nowNs, 0n, statsOf(pipeline));
}

/** Applies an event; readers get what it changed, or all after a dump that seeds or heals. */
function emitChanges(pipeline: Pipeline, out: Envelope[], event: KernelEvent): void {
  const { netnsCookie, tsNs } = event;
  const isDump = event.kind === 'dump-end';
  const before = isDump ? snapshotOf(pipeline.world, netnsCookie) : undefined;
  const wasDoubted = before?.lostNs !== undefined;
  const wasTrusted = before?.seeded === true && !wasDoubted;
  const changes = applyEvent(pipeline.world, event);
  if (changes.length === 0 && isDecision(event)) return;
  noteChanges(pipeline.trials, changes);
  emitJudged(pipeline, out, takeChanges(pipeline, event, changes, wasTrusted));
  if (changes.length === 0 && !isDump) return;
  const isWhole =
    wasDoubted || (isDump && (changes.length > CHANGES_MAX || !pipeline.shown.has(netnsCookie)));
  for (const { cookie, netns, tables } of presentChanges(changes)) {
    for (const data of netns) {
      emit(pipeline, out, 'netns', tsNs, cookie, data, data.name);
      if (data.op === 'del') pipeline.shown.delete(cookie);
    }
    const hidden = isWhole && cookie === netnsCookie;
    const cause = { kind: event.kind, hook: event.hook, op: event.op };
    if (tables.length > 0 && !hidden) {
      emit(pipeline, out, 'change', tsNs, cookie, { cause, changes: tables });
    }
  }
  const snapshot = isWhole ? snapshotOf(pipeline.world, netnsCookie) : undefined;
  if (snapshot === undefined) return;
  pipeline.shown.add(netnsCookie);
  emit(pipeline, out, 'snapshot', tsNs, netnsCookie, presentSnapshot(snapshot));
}

/** It changes nothing itself, but PvDs may lose members by then. */
function isDecision({ kind }: KernelEvent): boolean {
  return kind === 'lookup' || kind === 'saddr' || kind === 'flow';
}

function emit<K extends EnvelopeKind>(
  pipeline: Pipeline,
  out: Envelope[],
  kind: K,
  tsNs: Instant,
  netnsCookie: bigint,
  data: EnvelopeData[K],
  name?: string,
): void {
  pipeline.seq++;
  const netns = netnsCookie === 0n ? null : netnsRef(pipeline, netnsCookie, name);
  out.push(envelope(pipeline, kind, tsNs, netns, data) as Envelope);
}

function netnsRef(pipeline: Pipeline, netnsCookie: bigint, name?: string): NetnsRef {
  const known = name ?? snapshotOf(pipeline.world, netnsCookie)?.name;
  return { cookie: netnsCookie.toString(), name: known ?? '' };
}

function envelope<K extends EnvelopeKind>(
  { seq, host, bootId }: Pipeline,
  kind: K,
  tsNs: Instant,
  netns: NetnsRef | null,
  data: EnvelopeData[K],
): Envelope<K> {
  const v = ENVELOPE_VERSION;
  const made = { v, seq, tsNs: tsNs.toString(), host, bootId, netns, kind, data };
  return made as unknown as Envelope<K>;
}
