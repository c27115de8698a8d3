/** Envelopes as what expectations and comparisons speak about: names instead of numbers. */

import { type Checker, forgetRows, seeDecision, seeRa, seeRow } from './expect/check.ts';
import { NONE, type SeenDecision, type SeenPvd, type SeenRow } from './expect/seen.ts';
import type { Envelope, HelloData } from './publish/envelope.ts';
import {
  type AttributionData,
  type ChangeData,
  keyOf,
  type StateObject,
  type StateValue,
} from './publish/snapshot-data.ts';
import { errorName, ipProtocol } from './publish/words.ts';
import type { Verdict } from './verify/verdict.ts';

const IPPROTO_ICMPV6 = 58;
const IFA_F_TEMPORARY = 0x01;
const IFA_F_DEPRECATED = 0x20;
const IFA_F_TENTATIVE = 0x40;

/** Names learned from a run so far. */
export interface Names {
  /** By cookie of the netns: interface names by index. */
  readonly interfaces: Map<string, Map<number, string>>;
  /** Of each netns, by cookie. */
  readonly netns: Map<string, string>;
  kernel: string;
  /** Of the start; RFC 3339 is made of it by whoever may read a clock. */
  realtimeNs: bigint | undefined;
  startNs: bigint | undefined;
  nowNs: bigint;
  lost: number;
  /** Runs of hooks that the kernel skipped. */
  skipped: number;
}

export function noNames(): Names {
  return {
    interfaces: new Map(),
    netns: new Map(),
    kernel: '',
    realtimeNs: undefined,
    startNs: undefined,
    nowNs: 0n,
    lost: 0,
    skipped: 0,
  };
}

/** Rows of a netns that expectations can be about. */
const ROWS: ReadonlySet<string> = new Set(['pvd', 'address', 'route']);

/** Learns names from an envelope; a decision comes back in names. */
export function nameEnvelope(names: Names, envelope: Envelope): SeenDecision | undefined {
  const cookie = envelope.netns?.cookie ?? '';
  names.nowNs = BigInt(envelope.tsNs);
  switch (envelope.kind) {
    case 'hello':
      names.kernel = envelope.data.kernel;
      names.startNs ??= names.nowNs;
      names.realtimeNs ??= names.nowNs + BigInt(envelope.data.realtimeOffsetNs);
      break;
    case 'netns':
      names.netns.set(cookie, envelope.data.name);
      if (envelope.data.op === 'del') names.interfaces.delete(cookie);
      break;
    case 'snapshot':
      names.interfaces.set(cookie, new Map());
      for (const link of envelope.data.tables.link) nameLink(names, cookie, link);
      break;
    case 'change':
      for (const change of envelope.data.changes) {
        if (change.object === 'link') nameLink(names, cookie, change.value);
      }
      break;
    case 'stats':
      names.lost = envelope.data.lost;
      break;
    case 'lost':
      if (envelope.data.source === 'skipped') names.skipped = envelope.data.total;
      break;
    case 'decision':
      return seenDecision(names, envelope);
  }
  return undefined;
}

/** The kernel that is observed, and what it is held against. */
export function learnRun(checker: Checker, { kernel, profile }: HelloData): void {
  checker.kernel = kernel;
  checker.profile = profile ?? checker.profile;
}

/** Lets a checker see what an envelope tells, in names learned before. */
export function showChecker(checker: Checker, names: Names, envelope: Envelope): void {
  const decision = nameEnvelope(names, envelope);
  if (decision !== undefined) seeDecision(checker, decision);
  const netns = envelope.netns;
  if (envelope.kind === 'hello') learnRun(checker, envelope.data);
  if (netns === null) return;
  if (envelope.kind === 'ra') {
    const { verdict, differences } = envelope.data;
    const told = differences.map(({ code, evidence }) => `${code}: ${evidence}`);
    if (verdict !== null) seeRa(checker, netns.name, verdictName(verdict), told);
  } else if (envelope.kind === 'change') {
    for (const change of envelope.data.changes) showChange(checker, names, netns, change);
  } else if (envelope.kind === 'snapshot') {
    forgetRows(checker, netns.name);
    const { pvd, address, route } = envelope.data.tables;
    for (const value of pvd) show(checker, names, netns, 'pvd', value);
    for (const value of address) show(checker, names, netns, 'address', value);
    for (const value of route) show(checker, names, netns, 'route', value);
  }
}

type Ref = { readonly cookie: string; readonly name: string };

function showChange(checker: Checker, names: Names, netns: Ref, change: ChangeData): void {
  const { object, op, value } = change;
  if (!ROWS.has(object)) return;
  if (op !== 'del') show(checker, names, netns, object, value);
  else seeRow(checker, netns.name, keyOf(object, value), undefined, object as SeenRow['object']);
}

function show<O extends StateObject>(
  checker: Checker,
  names: Names,
  netns: Ref,
  object: O,
  value: StateValue[O],
): void {
  const row = rowOf(names, netns.cookie, object, value);
  if (row) seeRow(checker, netns.name, keyOf(object, value), row, row.object);
}

function nameLink(names: Names, cookie: string, link: StateValue['link']): void {
  let byIndex = names.interfaces.get(cookie);
  if (byIndex === undefined) {
    byIndex = new Map();
    names.interfaces.set(cookie, byIndex);
  }
  byIndex.set(link.ifindex, link.name);
}

function interfaceName(names: Names, cookie: string, ifindex: number): string {
  if (ifindex === 0) return NONE;
  return names.interfaces.get(cookie)?.get(ifindex) ?? `if${ifindex}`;
}

/** `implicit:2:fe80::1` as `implicit:eth0:fe80::1`. */
function pvdName(names: Names, cookie: string, id: string | null | undefined): string {
  if (id === null || id === undefined) return NONE;
  const match = /^implicit:(\d+):(.*)$/.exec(id);
  if (!match) return id;
  return `implicit:${interfaceName(names, cookie, Number(match[1]))}:${match[2]}`;
}

function seenDecision(names: Names, envelope: Envelope<'decision'>): SeenDecision {
  const { data, seq } = envelope;
  const { cookie = '', name = '' } = envelope.netns ?? {};
  const { query, outcome } = data;
  // flowi6_uli is a union: of ICMPv6 the place of the ports holds type and code.
  const hasPorts = query.proto !== IPPROTO_ICMPV6;
  const pvdOf = (attribution: AttributionData | null | undefined) =>
    pvdName(names, cookie, attribution?.pvd);
  return {
    seq,
    netns: name,
    what: data.what,
    comm: data.task?.comm ?? '',
    asked: {
      daddr: query.daddr,
      saddr: query.saddr,
      oif: interfaceName(names, cookie, query.oif),
      proto: ipProtocol(query.proto) || NONE,
      sport: hasPorts ? query.sport : 0,
      dport: hasPorts ? query.dport : 0,
      mark: query.mark,
      uid: query.uid,
    },
    answer: {
      error: outcome.error === 0 ? NONE : errorName(outcome.error),
      route: outcome.route?.dst ?? NONE,
      table: outcome.route?.table ?? 0,
      dev: interfaceName(names, cookie, outcome.oif),
      via: outcome.gateway === '::' ? NONE : outcome.gateway,
      source: outcome.source?.addr ?? NONE,
      pvd: pvdOf(outcome.route?.attribution),
      sourcePvd: pvdOf(outcome.source?.attribution),
      verdict: verdictName(data.verdict),
      findings: [...new Set(data.findings.map(({ code }) => code))].sort(),
    },
    because: data.blame?.because,
  };
}

function verdictName(verdict: Verdict): string {
  return verdict.verdict === 'undecided' ? `undecided: ${verdict.reason}` : verdict.verdict;
}

function rowOf<O extends StateObject>(
  names: Names,
  cookie: string,
  object: O,
  value: StateValue[O],
): SeenRow | undefined {
  switch (object) {
    case 'pvd':
      return seenPvd(names, cookie, value as StateValue['pvd']);
    case 'address': {
      const { addr, ifindex, flags, attribution } = value as StateValue['address'];
      return {
        object: 'address',
        addr,
        dev: interfaceName(names, cookie, ifindex),
        pvd: pvdName(names, cookie, attribution.pvd),
        reason: attribution.reason,
        deprecated: (flags & IFA_F_DEPRECATED) !== 0,
        temporary: (flags & IFA_F_TEMPORARY) !== 0,
        tentative: (flags & IFA_F_TENTATIVE) !== 0,
      };
    }
    case 'route': {
      const route = value as StateValue['route'];
      return {
        object: 'route',
        dst: `${route.dst}/${route.dstLen}`,
        from: `${route.src}/${route.srcLen}`,
        dev: interfaceName(names, cookie, route.oif),
        via: route.gateway === '::' ? NONE : route.gateway,
        table: route.table,
        metric: route.metric,
        pvd: pvdName(names, cookie, route.attribution.pvd),
        reason: route.attribution.reason,
      };
    }
    default:
      return undefined;
  }
}

function seenPvd(names: Names, cookie: string, pvd: StateValue['pvd']): SeenPvd {
  const member = ({ prefix, nested }: { readonly prefix: string; readonly nested: boolean }) => ({
    value: prefix,
    nested,
  });
  const interfaces = pvd.routers.map(({ ifindex }) => interfaceName(names, cookie, ifindex));
  return {
    object: 'pvd',
    id: pvdName(names, cookie, pvd.id),
    interfaces: [...new Set(interfaces)],
    routers: pvd.routers.length,
    prefixes: pvd.prefixes.map(member),
    routes: pvd.routeInfos.map(member),
    rdnss: pvd.rdnss.map(({ value }) => value),
    dnssl: pvd.dnssl.map(({ value }) => value),
    sequence: pvd.sequence,
    http: pvd.http,
  };
}
