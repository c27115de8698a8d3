/**
 * What invariants are checked on, by subject. Optional fields are those that only some kernels
 * or some hooks tell: leaving one out makes a check that needs it `unobservable`.
 */

import type { RaDecoded } from '../decode/nd/ra.ts';
import type { FlowQuery, LookupQuery, Outcome } from '../model/query.ts';
import type { Addr6 } from '../net/addr6.ts';
import type { Instant } from '../net/instant.ts';
import type { PvdId } from '../net/pvd-id.ts';
import type { Change } from '../state/change.ts';
import type { RaContent } from '../state/ra-content.ts';
import type { Snapshot } from '../state/snapshot.ts';

/** A decision: question, answer (observed or predicted), and the state at that time. */
export interface DecisionObservation {
  readonly subject: 'decision';
  /** `binding` is the effective one of the flow. */
  readonly query: LookupQuery | FlowQuery;
  readonly outcome: Outcome;
  readonly snapshot: Snapshot;
  /** Answers allowed to a kernel that knows no binding: those of profile `linux`. */
  readonly withoutBinding?: readonly Outcome[] | undefined;
  /** What the flow was routed for: to begin it, to answer on a server, or once established. */
  readonly phase?: 'open' | 'reply' | 'established' | undefined;
  /** Packets the flow sent by this decision. */
  readonly packetsSent?: number | undefined;
}

/** An RA, and what the kernel did on its account. */
export interface RaObservation {
  readonly subject: 'ra';
  readonly decoded: RaDecoded;
  readonly content: RaContent;
  /** The kernel processed it. */
  readonly accepted: boolean;
  /** The state afterwards. */
  readonly snapshot: Snapshot;
  /** What it changed in the state, and nothing else. */
  readonly changes?: readonly Change[] | undefined;
  /** The RA of the same router before it. */
  readonly previous?: RaContent | undefined;
  /** From entry to exit of `ndisc_rcv()`. */
  readonly durationNs?: bigint | undefined;
  /** `net.ipv6.conf.*.parse_pvd` of a kernel that knows PvD. */
  readonly parsePvd?: boolean | undefined;
  /** PvDs that the kernel created or changed, as it names them. */
  readonly kernelPvds?: readonly string[] | undefined;
  /** PvD of each new route at the moment it became visible, by key; null for none. */
  readonly kernelTags?: ReadonlyMap<string, PvdId | null> | undefined;
}

/** A PvD as the kernel's own registry has it. */
export interface KernelPvd {
  readonly id: PvdId;
  /** As the kernel spells it. */
  readonly name: string;
  readonly index: number;
  readonly netnsCookie: bigint;
  readonly http: boolean;
  readonly legacy: boolean;
  readonly sequence: number;
  /** Keys of `Snapshot.addresses` and `Snapshot.routes`. */
  readonly addresses: readonly string[];
  readonly routes: readonly bigint[];
  readonly rdnss: readonly string[];
  readonly dnssl: readonly string[];
}

/** The registry of a kernel that knows PvD, and the PvD it keeps with each object. */
export interface KernelPvds {
  /** In the order they were created. */
  readonly pvds: readonly KernelPvd[];
  readonly addressPvd: ReadonlyMap<string, PvdId>;
  readonly routePvd: ReadonlyMap<bigint, PvdId>;
}

/** The state of a netns at rest: no RA and no request is being processed. */
export interface StateObservation {
  readonly subject: 'state';
  readonly snapshot: Snapshot;
  readonly kernel?: KernelPvds | undefined;
}

/** A binding at one scope; `[]`: to no PvD. */
export type Bound = 'inherit' | readonly PvdId[];

/** What became of the binding of a socket, a thread or a process. */
export type BindingObservation = { readonly subject: 'binding' } & (
  | {
      /** `setsockopt(SO_BINDTOPVD)`. */
      readonly op: 'set';
      readonly scope: 'socket' | 'thread' | 'process';
      readonly asked: Bound;
      readonly error: number;
      /** PvDs of the caller's netns. */
      readonly known?: readonly PvdId[] | undefined;
      readonly before?: Bound | undefined;
      readonly after?: Bound | undefined;
      /** Bindings of the other threads of the process. */
      readonly threads?: readonly Bound[] | undefined;
    }
  | {
      /** `fork()`, `clone()`; `before` is the parent's, `after` the child's. Or `execve()`. */
      readonly op: 'fork' | 'exec';
      readonly before?: Bound | undefined;
      readonly after?: Bound | undefined;
    }
  | {
      /** A flow asks for its effective binding; `recreated`: its PvD was deleted and made anew. */
      readonly op: 'resolve';
      readonly socket?: Bound | undefined;
      readonly task?: Bound | undefined;
      readonly resolved?: readonly PvdId[] | 'unreachable' | undefined;
      readonly recreated?: boolean;
    }
);

export type Notice = 'PVD_NEW' | 'PVD_UPDATE' | 'PVD_DEL';

/** What became of a PvD in the kernel's registry. */
export type RegistryObservation = { readonly subject: 'registry' } & (
  | {
      /** `setsockopt(SO_CREATEPVD)`. */
      readonly op: 'create';
      /** CAP_NET_ADMIN in the user namespace of the netns. */
      readonly privileged: boolean;
      readonly error: number;
      readonly before?: readonly PvdId[] | undefined;
      readonly after?: readonly PvdId[] | undefined;
    }
  | {
      readonly op: 'delete';
      readonly pvd: PvdId;
      /** What it changed in the state. */
      readonly changes?: readonly Change[] | undefined;
    }
  | {
      readonly op: 'device-gone';
      readonly ifindex: number;
      readonly durationNs?: bigint | undefined;
      /** PvDs that are left. */
      readonly left?: readonly PvdId[] | undefined;
    }
  | {
      /** An RDNSS or DNSSL entry came to its end. */
      readonly op: 'dns-end';
      readonly pvd: PvdId;
      readonly value: string;
      readonly untilNs: Instant;
      readonly goneNs?: Instant | undefined;
      /** `RTM_RDNSS` or `RTM_DNSSL` messages that took it back. */
      readonly notices?: number | undefined;
    }
  | {
      /** An explicit PvD changed in flags, sequence or members, or went. */
      readonly op: 'changed' | 'removed';
      readonly pvd: PvdId;
      readonly notices?: readonly Notice[] | undefined;
    }
);

/** What rtnetlink did with, or said of, PvDs. */
export type NetlinkObservation = { readonly subject: 'netlink' } & (
  | {
      /** RTM_NEWADDR or RTM_NEWROUTE with the name of a PvD. */
      readonly op: 'add';
      readonly pvdName: string;
      readonly exists: boolean;
      readonly error: number;
      readonly created?: boolean | undefined;
    }
  | {
      /** RTM_NEWADDR with NLM_F_REPLACE and no PvD. PvDs of the address; null for none. */
      readonly op: 'replace';
      readonly addr: Addr6;
      readonly before?: PvdId | null | undefined;
      readonly after?: PvdId | null | undefined;
    }
  | {
      /** A name attribute as sent. */
      readonly op: 'name';
      readonly octets: Uint8Array;
    }
);

/** What programs did on behalf of a PvD. */
export type ProgramObservation = { readonly subject: 'program'; readonly snapshot: Snapshot } & (
  | {
      /** A bound process asked a DNS server. PvD of the query's source; null for none. */
      readonly op: 'dns-query';
      readonly binding: readonly PvdId[];
      readonly server: Addr6;
      readonly sourcePvd?: PvdId | null | undefined;
    }
  | {
      /** Additional information was fetched (RFC 8801, section 4.1). */
      readonly op: 'fetch';
      readonly pvd: PvdId;
      /** PvD of the connection's route; null for none. */
      readonly routePvd?: PvdId | null | undefined;
      readonly startNs: Instant;
      /** When the sequence number changed, and the delay drawn then. */
      readonly sequenceNs?: Instant | undefined;
      readonly drawnMs?: number | undefined;
    }
);

/** Observations by subject. */
export interface Observations {
  readonly decision: DecisionObservation;
  readonly ra: RaObservation;
  readonly state: StateObservation;
  readonly binding: BindingObservation;
  readonly registry: RegistryObservation;
  readonly netlink: NetlinkObservation;
  readonly program: ProgramObservation;
}

export type Subject = keyof Observations;
export type Observation<S extends Subject = Subject> = Observations[S];
