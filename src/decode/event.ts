/**
 * KernelEvent: one decoded record of `bpf/event.h`, in the kernel's own words.
 *
 * Field names follow the C structs in camelCase with units last. `u64` values are
 * `bigint`, everything up to 32 bits is `number`. Addresses are {@link Addr6}
 * (`::` stands for "none", as in the kernel). Names taken from the kernel (`comm`,
 * interface names) are raw text: whoever shows them must escape them.
 */

import type { Addr6 } from '../net/addr6.ts';
import type { Instant } from '../net/instant.ts';

/** `enum pvd_op`. */
export type Op = 'none' | 'new' | 'del' | 'change' | 'dump' | 'fail' | 'begin' | 'end';

/** What every event carries (`struct pvd_hdr`). */
export interface EventHeader {
  readonly tsNs: Instant;
  /** `struct net.net_cookie`; 0 when the event is not about one netns. */
  readonly netnsCookie: bigint;
  readonly cpu: number;
  /** Per-CPU number of the record, lost ones counted. */
  readonly seq: number;
  /** Records this CPU had lost before this one. */
  readonly lost: number;
  /** Kernel function that reported, e.g. `fib6_add`. */
  readonly hook: string;
  readonly op: Op;
  /** The hook ran in softirq: the task is a bystander. */
  readonly softirq: boolean;
  /** A bounded array or byte string was cut. */
  readonly truncated: boolean;
}

export interface Task {
  readonly pid: number;
  readonly tgid: number;
  readonly comm: string;
  readonly cgroupId: bigint;
}

/** The socket a decision is for; `undefined` in an event when there was none. */
export interface SockRef {
  readonly cookie: bigint;
  readonly mark: number;
  readonly boundDevIf: number;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly state: number;
  /** `IPV6_PREFER_SRC_*`. */
  readonly srcprefs: number;
}

/** `struct flowi6` as the caller asked. */
export interface Flow6 {
  readonly daddr: Addr6;
  readonly saddr: Addr6;
  readonly oif: number;
  readonly iif: number;
  readonly l3mdev: number;
  readonly mark: number;
  readonly uid: number;
  /** Traffic class (bits 20-27) and flow label (bits 0-19). */
  readonly flowinfo: number;
  readonly sport: number;
  readonly dport: number;
  readonly proto: number;
  readonly flowFlags: number;
}

/** Counters of the netns that tell whether a replica missed something. */
export interface Stamps {
  readonly fib6Sernum: number;
  readonly addrGenid: number;
  readonly devBaseSeq: number;
  readonly rtEntries: number;
  readonly rtCache: number;
  readonly allForwarding: number;
}

/** `struct fib6_info` with its first nexthop. */
export interface Fib6Entry {
  /** Kernel address of the entry: its identity while it lives. */
  readonly id: bigint;
  readonly expiresNs: Instant | undefined;
  readonly dst: Addr6;
  readonly dstLen: number;
  readonly src: Addr6;
  readonly srcLen: number;
  readonly prefsrc: Addr6;
  readonly gateway: Addr6;
  readonly table: number;
  readonly metric: number;
  /** `RTF_*`. */
  readonly flags: number;
  readonly nhId: number;
  readonly oif: number;
  readonly weight: number;
  readonly upperBound: number;
  readonly siblings: number;
  /** `RTN_*`. */
  readonly type: number;
  /** `RTPROT_*`. */
  readonly protocol: number;
  /** `RTNH_F_*`. */
  readonly nhFlags: number;
}

export interface BeginEvent extends EventHeader {
  readonly kind: 'begin';
  readonly id: bigint;
  /** Kind of the event that will end it. */
  readonly of: string;
  readonly ifindex: number;
}

export interface NetnsEvent extends EventHeader {
  readonly kind: 'netns';
  readonly inum: number;
}

export interface LinkEvent extends EventHeader {
  readonly kind: 'link';
  readonly id: bigint;
  readonly name: string;
  readonly ifindex: number;
  readonly master: number;
  /** `IFF_*`. */
  readonly flags: number;
  readonly mtu: number;
  /** IPv6 MTU, 0 when IPv6 is off on it. */
  readonly mtu6: number;
  /** `ARPHRD_*`. */
  readonly type: number;
  /** Lower-case hex with colons, empty when there is none. */
  readonly lladdr: string;
  readonly operstate: number;
  readonly carrier: boolean;
  readonly isL3Master: boolean;
  readonly group: number;
  /** Routing table of a VRF; 0: none, or a hook told of it, which cannot see the table. */
  readonly l3mdevTable: number;
  /** `NETDEV_*`, 0 for a dump. */
  readonly event: number;
}

/** Fields of `struct ipv6_devconf` that RA processing and decisions read; see `struct pvd_devconf`. */
export interface Devconf {
  readonly forwarding: number;
  readonly acceptRa: number;
  readonly acceptRaDefrtr: number;
  readonly raDefrtrMetric: number;
  readonly acceptRaMinHopLimit: number;
  readonly acceptRaMinLft: number;
  readonly acceptRaPinfo: number;
  readonly acceptRaFromLocal: number;
  readonly acceptRaRtrPref: number;
  readonly rtrProbeIntervalMs: number;
  readonly acceptRaRtInfoMinPlen: number;
  readonly acceptRaRtInfoMaxPlen: number;
  readonly acceptRaMtu: number;
  readonly autoconf: number;
  readonly addrGenMode: number;
  readonly maxAddresses: number;
  readonly useTempaddr: number;
  readonly tempValidLft: number;
  readonly tempPreferedLft: number;
  readonly dadTransmits: number;
  readonly acceptDad: number;
  readonly optimisticDad: number;
  readonly useOptimistic: number;
  readonly useOifAddrsOnly: number;
  readonly ignoreRoutesWithLinkdown: number;
  readonly keepAddrOnDown: number;
  readonly disableIpv6: number;
  readonly hopLimit: number;
  readonly mtu6: number;
}

export interface DevconfEvent extends EventHeader {
  readonly kind: 'devconf';
  /** 0: `all`, -1: `default`. */
  readonly ifindex: number;
  readonly conf: Devconf;
}

export interface AddrEvent extends EventHeader {
  readonly kind: 'addr';
  /** Kernel address of the `inet6_ifaddr`; 0 when dumped over netlink. */
  readonly id: bigint;
  readonly addr: Addr6;
  readonly peer: Addr6;
  readonly prefixLen: number;
  readonly ifindex: number;
  /** `IFA_F_*`. */
  readonly flags: number;
  readonly scope: number;
  /** `IFAPROT_*`, 0 when this kernel does not know it. */
  readonly proto: number;
  readonly validLftSec: number;
  readonly preferredLftSec: number;
  readonly cstampNs: Instant;
  /** Both lifetimes count from here. */
  readonly tstampNs: Instant;
  readonly rtPriority: number;
  readonly rtId: bigint;
  readonly state: number;
  readonly event: number;
  /** Ids of the PvDs it belongs to; absent where the kernel knows none, or did not tell. */
  readonly pvds?: readonly number[];
}

export interface RouteEvent extends EventHeader {
  readonly kind: 'route';
  readonly entry: Fib6Entry;
  readonly nlmsgFlags: number;
  readonly error: number;
  readonly portid: number;
  /** Id of the PvD it belongs to; absent: of none, or the kernel knows none. */
  readonly pvd?: number;
}

export interface RuleEvent extends EventHeader {
  readonly kind: 'rule';
  readonly id: bigint;
  readonly pref: number;
  readonly src: Addr6;
  readonly srcLen: number;
  readonly dst: Addr6;
  readonly dstLen: number;
  readonly iifname: string;
  readonly oifname: string;
  readonly iif: number;
  readonly oif: number;
  readonly table: number;
  readonly mark: number;
  readonly markMask: number;
  readonly gotoTarget: number;
  /** `FIB_RULE_*`. */
  readonly frFlags: number;
  readonly suppressPrefixlen: number;
  readonly suppressIfgroup: number;
  readonly uidRange: { readonly start: number; readonly end: number } | undefined;
  readonly sportStart: number;
  readonly sportEnd: number;
  readonly dportStart: number;
  readonly dportEnd: number;
  /** `FR_ACT_*`. */
  readonly action: number;
  readonly ipProto: number;
  readonly dscp: number;
  readonly l3mdev: boolean;
  readonly protocol: number;
}

export interface LabelEvent extends EventHeader {
  readonly kind: 'label';
  readonly prefix: Addr6;
  readonly prefixLen: number;
  readonly ifindex: number;
  readonly label: number;
}

export interface NeighEvent extends EventHeader {
  readonly kind: 'neigh';
  readonly id: bigint;
  readonly addr: Addr6;
  readonly ifindex: number;
  /** `NUD_*`. */
  readonly nudState: number;
  /** `NTF_*`. */
  readonly ntfFlags: number;
  readonly type: number;
  readonly lladdr: string;
}

export interface NexthopEvent extends EventHeader {
  readonly kind: 'nexthop';
  readonly id: number;
  readonly gateway: Addr6;
  readonly gatewayFamily: number;
  readonly oif: number;
  readonly nhFlags: number;
  readonly isGroup: boolean;
  readonly isBlackhole: boolean;
  readonly isFdb: boolean;
  readonly isResilient: boolean;
  readonly protocol: number;
  readonly members: readonly { readonly id: number; readonly weight: number }[];
}

export interface SysctlEvent extends EventHeader {
  readonly kind: 'sysctl';
  readonly name: string;
  readonly dir: string;
  readonly value: bigint | undefined;
  readonly error: number;
}

/** `struct net_pvd` of a kernel with CONFIG_NET_PVD. */
export interface NetpvdEvent extends EventHeader {
  readonly kind: 'netpvd';
  /** Unique in the netns. */
  readonly id: number;
  /** FQDN in lower case without final dot, or `<lla>%<ifindex>`. */
  readonly name: string;
  /** Where it was first heard of; 0: made by hand. */
  readonly ifindex: number;
  /** The first router that announced it. */
  readonly router: Addr6;
  /** `PVD_F_*` of linux/pvd.h. */
  readonly flags: number;
  readonly sequence: number;
  readonly delay: number;
}

/** A Router Advertisement as it entered `ndisc_rcv()`. */
export interface RaEvent extends EventHeader {
  readonly kind: 'ra';
  readonly raId: bigint;
  readonly ifindex: number;
  readonly ifname: string;
  readonly saddr: Addr6;
  readonly daddr: Addr6;
  readonly hopLimit: number;
  /** The IPv6 header as received, 40 bytes. */
  readonly ip6: Uint8Array;
  /** ICMPv6 length on the wire; more than `message` holds when truncated. */
  readonly msgLenBytes: number;
  /** The ICMPv6 message from its type byte on. */
  readonly message: Uint8Array;
}

/** What the kernel made of the RA with the same `raId`. */
export interface RaDoneEvent extends EventHeader {
  readonly kind: 'ra-done';
  readonly raId: bigint;
  readonly ifindex: number;
  /** `ndisc_router_discovery()` was entered: hop limit, code and length were fine. */
  readonly reachedDiscovery: boolean;
  /** The default-router code, a PIO or a RIO was processed: the RA was accepted. */
  readonly processed: boolean;
  /** `enum skb_drop_reason` where the kernel returns one (6.2 and later). */
  readonly dropReason: number | undefined;
  readonly acceptRa: number;
  readonly forwarding: number;
}

export interface LookupTry {
  readonly table: number;
  /** Entry found before multipath; 0 for a miss. */
  readonly id: bigint;
  /** Preference of the rule that led here; undefined while the netns has no rules of its own. */
  readonly rulePref: number | undefined;
}

/** One route lookup: `ip6_route_output_flags()`. */
export interface LookupEvent extends EventHeader {
  readonly kind: 'lookup';
  readonly decision: bigint;
  readonly beginNs: Instant;
  readonly task: Task;
  readonly sock: SockRef | undefined;
  readonly query: Flow6;
  /** `RT6_LOOKUP_F_*` as passed in. */
  readonly lookupFlags: number;
  readonly begin: Stamps;
  readonly end: Stamps;
  readonly tries: readonly LookupTry[];
  /** How many tables were tried; more than `tries` holds when truncated. */
  readonly triesCount: number;
  /** Final entry, after multipath; undefined when none was reached. */
  readonly entry: Fib6Entry | undefined;
  readonly exception: boolean;
  readonly inFlow: boolean;
  readonly mpHash: number;
  /** Of the resulting dst. */
  readonly error: number;
  readonly oif: number;
  readonly gateway: Addr6;
  readonly rtFlags: number;
  /** Ids of the PvDs it is bound to; absent: to none. */
  readonly bound?: readonly number[];
}

/** One source address selection: `ipv6_dev_get_saddr()`. */
export interface SaddrEvent extends EventHeader {
  readonly kind: 'saddr';
  /** 0 when it is not part of a flow decision. */
  readonly decision: bigint;
  readonly beginNs: Instant;
  readonly task: Task;
  readonly sock: SockRef | undefined;
  readonly begin: Stamps;
  readonly end: Stamps;
  readonly daddr: Addr6;
  readonly oif: number;
  readonly prefs: number;
  readonly saddr: Addr6;
  readonly error: number;
  /** As of a lookup. */
  readonly bound?: readonly number[];
  /** Id of the PvD of the route; absent: of none. */
  readonly routePvd?: number;
}

/** The whole decision of one flow: `ip6_dst_lookup_flow()` or `ip6_dst_lookup()`. */
export interface FlowEvent extends EventHeader {
  readonly kind: 'flow';
  readonly decision: bigint;
  readonly beginNs: Instant;
  readonly task: Task;
  readonly sock: SockRef | undefined;
  readonly query: Flow6;
  readonly daddr: Addr6;
  readonly saddr: Addr6;
  readonly gateway: Addr6;
  readonly oif: number;
  readonly error: number;
  readonly mpHash: number;
  readonly lookups: number;
  readonly saddrs: number;
  /** As of a lookup. */
  readonly bound?: readonly number[];
}

/** Start of a run: what the agent found and set. The first record of every trace. */
export interface AgentStartEvent extends EventHeader {
  readonly kind: 'agent-start';
  readonly info: {
    readonly version: string;
    readonly host: string;
    readonly bootId: string;
    readonly kernel: string;
    /** Jiffies per second. */
    readonly hz: number;
    /** CLOCK_REALTIME minus CLOCK_BOOTTIME, in ns, as text. */
    readonly realtimeOffsetNs: string;
    readonly hooks: readonly HookStatus[];
    /**
     * How this kernel behaves where kernels differ, as calibration found it, by the names of
     * the model's quirks. A quirk that could not be determined is absent.
     */
    readonly quirks?: Readonly<Record<string, boolean>>;
    /** The model's profile for this kernel; absent: `linux`. */
    readonly profile?: string;
  };
}

export interface HookStatus {
  /** Program, e.g. `fib6_add_exit`. */
  readonly program: string;
  /** Kernel function or tracepoint. */
  readonly target: string;
  readonly attached: boolean;
  /** Why not, when not attached. */
  readonly reason?: string;
}

/** A netns got to be known by name, or lost its name. */
export interface AgentNetnsEvent extends EventHeader {
  readonly kind: 'agent-netns';
  /** Name under /run/netns, `self` for the agent's own, else `pid:N`; empty when it is gone. */
  readonly name: string;
  readonly inum: number;
}

export interface DumpEvent extends EventHeader {
  readonly kind: 'dump-begin' | 'dump-end';
  /** Parts that could not be dumped, with the reason; empty when complete. */
  readonly missing: readonly { readonly part: string; readonly reason: string }[];
}

export interface TickEvent extends EventHeader {
  readonly kind: 'tick';
}

/**
 * Runs of our programs that the kernel skipped, because the program was already running on that
 * CPU in what was preempted or interrupted (`__bpf_prog_enter_recur`): no record tells of them.
 */
export interface SkippedRuns {
  /** Of programs on lookups, selections and flows. */
  readonly decision: number;
  /** Of all others. */
  readonly state: number;
}

/** Loss counters of BPF, by kind of record, those of the kernel, and what BPF left out. */
export interface LostEvent extends EventHeader {
  readonly kind: 'lost';
  readonly byKind: Readonly<Record<string, number>>;
  readonly total: number;
  readonly skipped?: SkippedRuns;
  /** Decisions left out because the ring filled, by the kind of their outermost record. */
  readonly leftOut?: Readonly<Record<string, number>>;
}

/**
 * Why a record was not decoded: a kind or a version this build does not know, a length
 * that does not fit its kind or its surroundings, a body that contradicts itself.
 */
export type UnknownReason = 'kind' | 'version' | 'short' | 'malformed';

/** A record that could not be decoded: counted, kept raw, never fatal. */
export interface UnknownEvent extends EventHeader {
  readonly kind: 'unknown';
  readonly rawKind: number;
  readonly rawVersion: number;
  readonly reason: UnknownReason;
  /** For people; may be empty. */
  readonly detail: string;
}

/** Events that change the replica of a netns. */
export type StateEvent =
  | NetnsEvent
  | LinkEvent
  | DevconfEvent
  | AddrEvent
  | RouteEvent
  | RuleEvent
  | LabelEvent
  | NeighEvent
  | NexthopEvent
  | SysctlEvent
  | NetpvdEvent
  | RaEvent
  | RaDoneEvent;

/** Events that report a decision of the kernel. */
export type DecisionEvent = LookupEvent | SaddrEvent | FlowEvent;

/** Events the agent adds. */
export type AgentEvent = AgentStartEvent | AgentNetnsEvent | DumpEvent | TickEvent | LostEvent;

export type KernelEvent = StateEvent | DecisionEvent | AgentEvent | BeginEvent | UnknownEvent;
export type EventKind = KernelEvent['kind'];
