/** Whether something seen is what is expected. */

import { type Addr6, parseAddr6 } from '../net/addr6.ts';
import { type Prefix6, parsePrefix6, prefixContains } from '../net/prefix6.ts';
import type {
  DecisionAnswer,
  DecisionSelector,
  ExpectAddress,
  ExpectPvd,
  ExpectRoute,
  PvdWanted,
  State,
} from './expectation.ts';
import {
  NONE,
  type SeenAddress,
  type SeenAnswer,
  type SeenDecision,
  type SeenPvd,
  type SeenRoute,
  type SeenRow,
} from './seen.ts';

export function isRowOf(expectation: State, row: SeenRow): boolean {
  if ('pvd' in expectation) return row.object === 'pvd' && isPvd(expectation.pvd, row);
  if ('address' in expectation) {
    return row.object === 'address' && isAddress(expectation.address, row);
  }
  return row.object === 'route' && isRoute(expectation.route, row);
}

function isPvd(wanted: ExpectPvd['pvd'], row: SeenPvd): boolean {
  const has = (all: readonly string[] | undefined, seen: readonly string[]) =>
    all === undefined || all.every((value) => seen.includes(value));
  const values = (members: SeenPvd['prefixes']) => members.map(({ value }) => value);
  const { interfaces, nested } = wanted;
  return (
    pvdIs(wanted.id, row.id) &&
    (interfaces === undefined ||
      (interfaces.length === row.interfaces.length && has(interfaces, row.interfaces))) &&
    same(wanted.routers, row.routers) &&
    same(wanted.sequence, row.sequence) &&
    same(wanted.http, row.http) &&
    has(wanted.prefixes, values(row.prefixes)) &&
    has(wanted.routes, values(row.routes)) &&
    has(wanted.rdnss, row.rdnss) &&
    has(wanted.dnssl, row.dnssl) &&
    (nested === undefined || row.prefixes.every((prefix) => prefix.nested === nested))
  );
}

function isAddress(wanted: ExpectAddress['address'], row: SeenAddress): boolean {
  return (
    !row.tentative &&
    within(wanted.prefix, row.addr) &&
    same(wanted.dev, row.dev) &&
    pvdIs(wanted.pvd, row.pvd) &&
    same(wanted.reason, row.reason) &&
    same(wanted.deprecated, row.deprecated) &&
    same(wanted.temporary, row.temporary)
  );
}

function isRoute(wanted: ExpectRoute['route'], row: SeenRoute): boolean {
  return (
    wanted.dst === row.dst &&
    same(wanted.dev, row.dev) &&
    same(wanted.via, row.via) &&
    same(wanted.from, row.from) &&
    same(wanted.table, row.table) &&
    same(wanted.metric, row.metric) &&
    pvdIs(wanted.pvd, row.pvd) &&
    same(wanted.reason, row.reason)
  );
}

export function isPicked(selector: DecisionSelector, seen: SeenDecision): boolean {
  const { asked } = seen;
  return (
    same(selector.comm, seen.comm) &&
    same(selector.what, seen.what) &&
    (selector.daddr === undefined || within(selector.daddr, asked.daddr)) &&
    (selector.saddr === undefined || within(selector.saddr, asked.saddr)) &&
    same(selector.oif, asked.oif) &&
    same(selector.proto, asked.proto) &&
    same(selector.sport, asked.sport) &&
    same(selector.dport, asked.dport) &&
    same(selector.mark, asked.mark) &&
    (selector.uid === undefined || selector.uid === asked.uid)
  );
}

/** The fields in which the answer is not the expected one. */
export function unlike(wanted: DecisionAnswer, answer: SeenAnswer): (keyof DecisionAnswer)[] {
  const ok: { readonly [K in keyof Required<DecisionAnswer>]: boolean } = {
    route: among(wanted.route, answer.route),
    dev: among(wanted.dev, answer.dev),
    via: among(wanted.via, answer.via),
    table: among(wanted.table, answer.table),
    source: wanted.source === undefined || wanted.source.some((s) => sourceIs(s, answer.source)),
    pvd: pvdIs(wanted.pvd, answer.pvd),
    sourcePvd: pvdIs(wanted.sourcePvd, answer.sourcePvd),
    error: among(wanted.error, answer.error),
    verdict: among(wanted.verdict, answer.verdict),
    finding: wanted.finding === undefined || hasFindings(wanted.finding, answer.findings),
  };
  return (Object.keys(ok) as (keyof DecisionAnswer)[]).filter((field) => !ok[field]);
}

function hasFindings(wanted: readonly string[], findings: readonly string[]): boolean {
  if (wanted.includes(NONE)) return findings.length === 0;
  return wanted.every((code) => findings.includes(code));
}

function sourceIs(wanted: string, source: string): boolean {
  if (wanted === NONE || source === NONE) return wanted === source;
  const prefix = parsePrefix6(wanted);
  return prefix === undefined ? wanted === source : within(prefix, source);
}

/** `implicit:eth0` is any PvD of one router on that interface. */
export function pvdIs(wanted: PvdWanted | undefined, seen: string): boolean {
  if (wanted === undefined) return true;
  return wanted.some((pvd) => pvd === seen || (isImplicit(pvd) && seen.startsWith(`${pvd}:`)));
}

function isImplicit(pvd: string): boolean {
  return pvd === 'implicit' || pvd.startsWith('implicit:');
}

function within(prefix: Prefix6, addr: string): boolean {
  const parsed = parseAddr6(addr);
  return parsed !== undefined && prefixContains(prefix, parsed as Addr6);
}

function same<T>(wanted: T | undefined, seen: T): boolean {
  return wanted === undefined || wanted === seen;
}

function among<T>(wanted: readonly T[] | undefined, seen: T): boolean {
  return wanted === undefined || wanted.includes(seen);
}
