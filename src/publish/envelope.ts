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
import type { Finding, Verdict, VerdictCounts } from '../verify/verdict.ts';
import type { AttributionData, ChangeData, SnapshotData } from './snapshot-data.ts';

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
}

export type RaOptionData = Json<DecodedOption>;

/** The record that changed the state. */
export interface ChangeCause {
  readonly kind: string;
  readonly hook: string;
  readonly op: string;
}

export interface TaskData {
  readonly pid: number;
  readonly tgid: number;
  readonly comm: string;
  readonly cgroupId: string;
}

export interface SockData {
  readonly cookie: string;
  readonly mark: number;
  readonly boundDevIf: number;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly state: number;
  readonly srcprefs: number;
}

/** What the kernel was asked (`struct flowi6`; for a source selection what it has of it). */
export interface QueryData {
  readonly daddr: string;
  readonly saddr: string;
  readonly oif: number;
  readonly iif: number;
  readonly l3mdev: number;
  readonly mark: number;
  readonly uid: number | null;
  readonly flowinfo: number;
  readonly sport: number;
  readonly dport: number;
  readonly proto: number;
  readonly flowFlags: number;
}

/** A route as a lookup found it, with the PvD it belongs to. */
export interface ChosenRoute {
  readonly id: string;
  /** `addr/len` */
  readonly dst: string;
  readonly gateway: string;
  readonly oif: number;
  readonly table: number;
  readonly metric: number;
  readonly flags: number;
  readonly protocol: number;
  readonly type: number;
  /** Null when the replica does not know this entry. */
  readonly attribution: AttributionData | null;
}

/** The source address, with the PvD it belongs to. */
export interface ChosenSource {
  readonly addr: string;
  /** Interface that has it, 0: none the replica knows. */
  readonly ifindex: number;
  readonly attribution: AttributionData | null;
}

/** One `ip6_route_output_flags()` within a decision. */
export interface LookupData {
  readonly beginNs: string;
  readonly endNs: string;
  readonly saddr: string;
  readonly oif: number;
  readonly lookupFlags: number;
  readonly tries: readonly {
    readonly table: number;
    readonly id: string;
    readonly rulePref: number | null;
  }[];
  readonly triesCount: number;
  readonly exception: boolean;
  readonly mpHash: number;
  readonly error: number;
  readonly dstOif: number;
  readonly gateway: string;
  readonly rtFlags: number;
  readonly route: ChosenRoute | null;
}

/** One `ipv6_dev_get_saddr()` within a decision. */
export interface SaddrData {
  readonly beginNs: string;
  readonly endNs: string;
  readonly oif: number;
  readonly prefs: number;
  readonly error: number;
  readonly source: ChosenSource;
}

/** One decision of the kernel: a flow's, with its lookups and selections, or a single one. */
export interface DecisionData {
  readonly what: 'flow' | 'lookup' | 'saddr';
  readonly id: string;
  readonly hook: string;
  readonly beginNs: string;
  /** Null when it ran in softirq: the task at hand was a bystander. */
  readonly task: TaskData | null;
  readonly sock: SockData | null;
  readonly query: QueryData;
  readonly outcome: {
    readonly error: number;
    readonly oif: number;
    readonly gateway: string;
    readonly route: ChosenRoute | null;
    readonly source: ChosenSource | null;
  };
  readonly lookups: readonly LookupData[];
  readonly saddrs: readonly SaddrData[];
  /** Why parts of it are missing, null when none is. */
  readonly incomplete: IncompleteReason | null;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

/**
 * `parts-missing`: fewer lookups or selections than the flow counted; `no-flow-record`: the flow's
 * own record never came; `table-full`: it had to make room; `end`: the run ended first.
 */
export type IncompleteReason = 'parts-missing' | 'no-flow-record' | 'table-full' | 'end';

/** Records were lost. */
export interface LostData {
  /** `gap`: seen in the records of one CPU, here; `counters`: totals read from BPF. */
  readonly source: 'gap' | 'counters';
  /** Newly lost. */
  readonly count: number;
  readonly total: number;
  /** Gap: between the previous record of this CPU and the one numbered `seq`. */
  readonly cpu: number | null;
  readonly beforeSeq: number | null;
  /** Counters: totals by kind of record. */
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
  readonly lost: number;
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
