/**
 * Envelope: one message of the stream, the NDJSON output and the backlog.
 *
 * `seq` numbers the envelopes of a run from 1 without gaps. Those made for one reader
 * (`hello`, `snapshot` on joining, `dropped`) carry the number of the last envelope they
 * include, so a reader always resumes with the last `seq` it saw. 64-bit values are decimal
 * strings, times are nanoseconds of CLOCK_BOOTTIME, `null` stands for "none" or "never".
 * Text from the network and from processes is raw: whoever shows it must escape it.
 */

import type { DecodedOption } from '../decode/nd/option.ts';
import type { RaHeader } from '../decode/nd/ra-header.ts';
import type { Json } from '../net/json.ts';
import type { Verdict, VerdictCounts } from '../verify/verdict.ts';
import type { DecisionData } from './decision-data.ts';
import type { ChangeData, SnapshotData } from './snapshot-data.ts';

/** Version of the envelope: grows when a reader of the old one would misread the new. */
export const ENVELOPE_VERSION = 1;

export interface NetnsRef {
  readonly cookie: string;
  /** `''` while it is not known. */
  readonly name: string;
}

/** What each kind carries. */
export interface EnvelopeData {
  readonly hello: HelloData;
  readonly snapshot: SnapshotData;
  readonly ra: RaData;
  readonly change: { readonly cause: ChangeCause; readonly changes: readonly ChangeData[] };
  readonly decision: DecisionData;
  readonly lost: LostData;
  readonly stats: StatsData;
  readonly netns: NetnsData;
  readonly dropped: DroppedData;
}

export type EnvelopeKind = keyof EnvelopeData;

export const ENVELOPE_KINDS: readonly EnvelopeKind[] = [
  'hello',
  'snapshot',
  'ra',
  'change',
  'decision',
  'lost',
  'stats',
  'netns',
  'dropped',
];

export type Envelope<K extends EnvelopeKind = EnvelopeKind> = {
  readonly [P in K]: {
    readonly v: typeof ENVELOPE_VERSION;
    readonly seq: number;
    readonly tsNs: string;
    readonly host: string;
    readonly bootId: string;
    /** Null when it is not about one netns. */
    readonly netns: NetnsRef | null;
    readonly kind: P;
    readonly data: EnvelopeData[P];
  };
}[K];

/** Start of a run, and the first envelope every reader of the stream gets. */
export interface HelloData {
  /** Names the run: a reader resumes only within one. */
  readonly run: string;
  readonly version: string;
  readonly kernel: string;
  /** CLOCK_REALTIME minus CLOCK_BOOTTIME. */
  readonly realtimeOffsetNs: string;
  readonly hooks: readonly {
    readonly program: string;
    readonly target: string;
    readonly attached: boolean;
    readonly reason: string | null;
  }[];
  /** What the kernel is held against; absent: `linux`. */
  readonly profile?: string;
  /** On the stream: whether it goes on where the reader left off; else snapshots follow. */
  readonly resumed: boolean;
}

/** A Router Advertisement and what the kernel made of it. */
export interface RaData {
  readonly raId: string;
  readonly ifindex: number;
  readonly ifname: string;
  readonly router: string;
  readonly daddr: string;
  readonly hopLimit: number;
  readonly lenBytes: number;
  /** Null when it has none that can be read. */
  readonly header: Json<RaHeader> | null;
  /** In order of the message; a PvD option holds its own. */
  readonly options: readonly RaOptionData[];
  readonly problems: readonly {
    readonly code: string;
    readonly offset: number;
    readonly outcome: string;
    readonly message: string;
  }[];
  /** The PvD it configures on a host that knows PvD. */
  readonly pvds: readonly string[];
  /** What the kernel did; null when the record of it never came. */
  readonly done: {
    readonly accepted: boolean;
    readonly reachedDiscovery: boolean;
    readonly processed: boolean;
    readonly dropReason: number | null;
    readonly acceptRa: number;
    readonly forwarding: number;
  } | null;
  /** Whether the kernel made of it what the model says; null when its outcome never came. */
  readonly verdict: Verdict | null;
  /** What differs; none unless the verdict is `diverge`. */
  readonly differences: readonly { readonly code: string; readonly evidence: string }[];
}

export type RaOptionData = Json<DecodedOption>;

/** The record that changed the state. */
export interface ChangeCause {
  readonly kind: string;
  readonly hook: string;
  readonly op: string;
}

/** Records were lost, or decisions left out. */
export interface LostData {
  /**
   * `gap`: seen in the records of one CPU, here; `counters`: totals read from BPF; `skipped`:
   * not records, but runs of our programs that the kernel skipped; `left-out`: whole decisions
   * that were not told because the ring filled.
   */
  readonly source: 'gap' | 'counters' | 'skipped' | 'left-out';
  /** Newly lost. */
  readonly count: number;
  readonly total: number;
  /** Gap: between the previous record of this CPU and the one numbered `seq`. */
  readonly cpu: number | null;
  readonly beforeSeq: number | null;
  /**
   * Counters: totals by kind of record. Skipped: totals by `decision` and `state`. Left out:
   * totals by the kind of a decision's outermost record.
   */
  readonly byKind: Readonly<Record<string, number>> | null;
}

/** Totals of the run so far. */
export interface StatsData {
  readonly records: number;
  readonly byKind: Readonly<Record<string, number>>;
  /** Records of unknown kind or version. */
  readonly unknown: number;
  /** Records that could not be decoded, by error code. */
  readonly malformed: Readonly<Record<string, number>>;
  readonly decisions: number;
  readonly incomplete: number;
  readonly verdicts: Json<VerdictCounts>;
  /** Of RAs. */
  readonly raVerdicts: Json<VerdictCounts>;
  /** Findings so far, by code. */
  readonly findings: Readonly<Record<string, number>>;
  /** Rows that a reconciling dump found different from the replica, by table. */
  readonly drift: Readonly<Record<string, number>>;
  readonly lost: number;
  /** Runs of our programs that the kernel skipped; absent when there were none. */
  readonly skipped?: number;
  /** Decisions that were not told because the ring filled; not among `decisions`. */
  readonly leftOut: number;
  /** Of all decisions, told or left out, the share that agreed or diverged: 0 to 1. */
  readonly judgedShare: number;
  readonly netns: number;
}

/** A netns appeared, went, or is better known now. */
export interface NetnsData {
  readonly op: 'new' | 'change' | 'del';
  readonly inum: number;
  readonly name: string;
  readonly seeded: boolean;
}

/** This reader was too slow: `count` envelopes were not sent to it; snapshots follow. */
export interface DroppedData {
  readonly count: number;
  /** Sequence numbers of the first and the last one. */
  readonly from: number;
  readonly to: number;
}
