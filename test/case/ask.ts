/** The questions of a case table: one line of text, as a query for the model and as JSON for the kernel. */

import type { Query } from '../../src/model/query.ts';
import { type Addr6, addr6 } from '../../src/net/addr6.ts';
import { type IpState, indexOf } from './ip-state.ts';
import { next, words } from './ip-words.ts';

/** A question as the kernel runner takes it. */
export interface Ask {
  readonly kind: 'get' | 'udp' | 'tcp' | 'dump';
  readonly daddr: string;
  readonly saddr?: string;
  readonly oif?: string;
  readonly iif?: string;
  readonly mark?: number;
  readonly uid?: number;
  readonly proto?: number;
  readonly sport?: number;
  readonly dport?: number;
  readonly tos?: number;
  /** Of a socket's flow. */
  readonly flowlabel?: number;
  readonly prefs?: number;
  /** `IPV6_UNICAST_IF`. */
  readonly ucast?: string;
}

const PREFS: Readonly<Record<string, number>> = {
  tmp: 1,
  public: 2,
  coa: 4,
  tmpdef: 0x100,
  home: 0x400,
};

/**
 * Parses `get D [from S] [oif X] [iif X] …`, `udp D [bind S] [dev X] [prefs P] …`, the same
 * with `tcp`, or `dump PREFIX`: the devices of its routes in all tables, in leaf order.
 */
export function parseAsk(text: string): Ask {
  const w = words(text.replace(/(^|\s)P:/g, '$12001:db8:'));
  const ask: Record<string, unknown> = { kind: next(w), daddr: next(w) };
  while (w.at < w.list.length) {
    const word = next(w);
    const value = next(w);
    if (word === 'from' || word === 'bind') ask['saddr'] = value;
    else if (word === 'oif' || word === 'dev') ask['oif'] = value;
    else if (word === 'unicast_if') ask['ucast'] = value;
    else if (word === 'iif') ask['iif'] = value;
    else if (word === 'ipproto') ask['proto'] = Number(value);
    else if (word === 'prefs') ask['prefs'] = PREFS[value] ?? 0;
    else if (/^(mark|uid|sport|dport|tos|flowlabel)$/.test(word)) ask[word] = Number(value);
    else throw new Error(`unknown word in question: ${word}`);
  }
  return ask as unknown as Ask;
}

/** The same question for the model. A `udp` is a socket: bound device, preferences, protocol. */
export function toQuery(ask: Ask, state: IpState, nowNs: bigint): Query {
  const bound = ask.oif ? indexOf(state, ask.oif) : 0;
  const oif = bound || (ask.ucast ? indexOf(state, ask.ucast) : 0);
  const iif = ask.iif ? indexOf(state, ask.iif) : 0;
  const base = {
    daddr: addr6(ask.daddr),
    saddr: addr6(ask.saddr ?? '::') as Addr6,
    oif,
    iif,
    mark: ask.mark ?? 0,
    uid: ask.uid ?? (iif ? 0xffff_ffff : 0),
    sport: ask.sport ?? 0,
    dport: ask.dport ?? 0,
    proto: ask.proto ?? 0,
    flowinfo: ((ask.tos ?? 0) << 20) | (ask.flowlabel ?? 0),
    fromNs: nowNs,
    toNs: nowNs,
    volatile: { exceptions: state.exceptions.filter((e) => e.daddr === addr6(ask.daddr)) },
  };
  if (ask.kind === 'get') return { kind: 'lookup', input: iif !== 0, ...base };
  const prefs = (ask.prefs ?? 0) & 7;
  return {
    ...base,
    kind: 'flow',
    proto: ask.kind === 'tcp' ? 6 : 17,
    dport: ask.dport ?? 53,
    sock: { boundDevIf: bound, srcprefs: prefs },
  };
}
