/**
 * A decision as something that can be tried on any kernel: the commands that make its state in
 * a fresh namespace, one lookup, and the answers that are allowed to it.
 */

import { shownRoutes } from './model/get-route.ts';
import { deviceName } from './model/ip-command.ts';
import { createModelState } from './model/model-state.ts';
import { createModel } from './model/predict.ts';
import type { Profile } from './model/profile.ts';
import type { LookupQuery, Query } from './model/query.ts';
import { type SetupStep, stateCommands } from './model/state-commands.ts';
import { type Addr6, ANY6 } from './net/addr6.ts';
import { prefix6From, prefixContains } from './net/prefix6.ts';
import type { Route, Snapshot } from './state/snapshot.ts';

export interface Reproducer {
  readonly steps: readonly SetupStep[];
  /** Words of ip(8) that ask. */
  readonly question: readonly string[];
  /** What the kernel may answer; empty: the model does not commit itself. */
  readonly allowed: readonly AllowedAnswer[];
  /** What differs from the decision it was made of, one sentence each. */
  readonly gaps: readonly string[];
}

export type AllowedAnswer =
  | { readonly error: number }
  /** `via` and `src` are `::` for none; an undefined `src` is not compared. */
  | { readonly dev: string; readonly via: Addr6; readonly src: Addr6 | undefined };

/** What a reproducer is made of: a question, and the state it was asked on. */
export interface Reproducible {
  readonly query: Query;
  readonly state: Snapshot;
  readonly profile: Profile;
  readonly removed: readonly Route[];
}

const IFA_F_TEMPORARY = 1;
/** `rtm_getroute_parse_ip_proto()` refuses others. */
const PROTOCOLS: readonly number[] = [6, 17, 58];

export function reproducerOf({ query, state, profile, removed }: Reproducible): Reproducer {
  const asked = asLookup(query);
  const model = createModel(createModelState(state), profile);
  const hasTemporary = [...state.addresses.values()].some((a) => a.flags & IFA_F_TEMPORARY);
  const shown = shownRoutes(model, state, asked.query);
  const allowed = shown.map(({ error, ifindex, gateway, src }): AllowedAnswer => {
    if (error !== 0) return { error };
    const dev = deviceName(state, ifindex);
    return { dev, via: gateway, src: hasTemporary ? undefined : src };
  });
  const { steps, gaps } = stateCommands(state, query.fromNs, lately(state, query, removed));
  const question = questionWords(state, asked.query);
  return { steps, question, allowed: distinct(allowed), gaps: [...asked.gaps, ...gaps] };
}

function distinct(answers: readonly AllowedAnswer[]): AllowedAnswer[] {
  return [...new Map(answers.map((answer) => [JSON.stringify(answer), answer])).values()];
}

/** RTM_GETROUTE has no socket and passes no flags (`inet6_rtm_getroute()`). */
function asLookup(query: Query): { query: LookupQuery; gaps: string[] } {
  const { daddr, fromNs, toNs } = query;
  if (query.kind === 'saddr') {
    const { oif, prefs } = query;
    const gaps = ['the source is that of the route the kernel finds'];
    if (prefs !== 0) gaps.push(`asked without the preferences 0x${prefs.toString(16)}`);
    return { query: { kind: 'lookup', daddr, oif, fromNs, toNs }, gaps };
  }
  const { saddr = ANY6, oif = 0, mark = 0, uid = 0, sport = 0, dport = 0, sock } = query;
  const { proto = 0, flowinfo = 0, l3mdev = 0 } = query;
  const flags = query.kind === 'lookup' ? (query.flags ?? 0) : 0;
  const isProtocol = PROTOCOLS.includes(proto);
  const given: [boolean, string][] = [
    [flags !== 0, `the flags 0x${flags.toString(16)}`],
    [(sock?.boundDevIf ?? 0) !== 0, 'a socket that is bound to a device'],
    [(sock?.srcprefs ?? 0) !== 0, `the preferences 0x${sock?.srcprefs.toString(16)}`],
    [proto !== 0 && !isProtocol, `protocol ${proto}`],
    [(flowinfo & 0xf_ffff) !== 0, 'a flow label'],
    [l3mdev !== 0, `the VRF ${l3mdev}`],
    [query.volatile?.exceptions !== undefined, 'the exception that was in force'],
    [query.binding !== undefined || query.scopes !== undefined, 'a binding to a PvD'],
  ];
  const fields = { saddr, oif, mark, uid, sport, dport, proto: isProtocol ? proto : 0 };
  return {
    query: { kind: 'lookup', daddr, ...fields, flowinfo: flowinfo & ~0xf_ffff, fromNs, toNs },
    gaps: given.filter(([is]) => is).map(([, what]) => `asked without ${what}`),
  };
}

function questionWords(state: Snapshot, query: LookupQuery): string[] {
  const { daddr, saddr = ANY6, oif = 0, mark = 0, uid = 0, proto = 0 } = query;
  const { sport = 0, dport = 0, flowinfo = 0 } = query;
  const tos = (flowinfo >>> 20) & 0xff;
  const words = ['ip', '-6', '-N', 'route', 'get', daddr];
  if (saddr !== ANY6) words.push('from', saddr);
  if (oif !== 0) words.push('oif', deviceName(state, oif));
  if (mark !== 0) words.push('mark', `${mark}`);
  if (tos !== 0) words.push('tos', `0x${tos.toString(16)}`);
  words.push('uid', `${uid}`);
  if (proto !== 0) words.push('ipproto', `${proto}`);
  if (sport !== 0) words.push('sport', `${sport}`);
  if (dport !== 0) words.push('dport', `${dport}`);
  return words;
}

/** Removed routes towards the destination that can be added again, each once. */
function lately(state: Snapshot, { daddr }: Query, removed: readonly Route[]): Snapshot['routes'] {
  const place = ({ table, dst, dstLen, src, srcLen, metric, oif, gateway, nhId }: Route): string =>
    `${table} ${dst}/${dstLen} ${src}/${srcLen} ${metric} ${oif} ${gateway} ${nhId}`;
  const taken = new Set([...state.routes.values()].map(place));
  const out = new Map<bigint, Route>();
  for (const route of removed) {
    const canBe =
      state.links.has(route.oif) && (route.nhId === 0 || state.nexthops.has(route.nhId));
    const covers = prefixContains(prefix6From(route.dst, route.dstLen), daddr);
    if (!canBe || !covers || state.routes.has(route.id) || taken.has(place(route))) continue;
    taken.add(place(route));
    out.set(route.id, { ...route, siblings: 0 });
  }
  return out;
}
