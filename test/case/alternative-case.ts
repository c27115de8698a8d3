/** The table of alternatives, as queries for the model and as questions for a kernel. */

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Alternative, AlternativeKind } from '../../src/model/alternative.ts';
import type { MultiPvd } from '../../src/model/profile.ts';
import type { FlowQuery, Query } from '../../src/model/query.ts';
import { addr6 } from '../../src/net/addr6.ts';
import { explicitPvdId } from '../../src/net/pvd-id.ts';
import type { Ask } from './ask.ts';
import { type IpState, indexOf } from './ip-state.ts';

export interface AlternativeAsk {
  readonly to: string;
  readonly bind?: readonly string[];
  readonly from?: string;
  readonly dev?: string;
  readonly mark?: number;
  readonly multi?: MultiPvd;
  readonly pbr: string;
  readonly vrf: string;
}

export interface AlternativeCase {
  readonly id: string;
  readonly why: string;
  readonly state: string;
  readonly ask: readonly AlternativeAsk[];
}

const TABLE = new URL('../../../test/case/alternative.yaml', import.meta.url);

export function readAlternatives(): AlternativeCase[] {
  return parse(readFileSync(TABLE, 'utf8')) as AlternativeCase[];
}

const expand = (text: string): string => text.replace(/^P:/, '2001:db8:');

/** The flow of a UDP socket; `dev` is what it is bound to, or the scope of a link-local destination. */
export function flowOf(ask: AlternativeAsk, state: IpState): FlowQuery {
  const oif = ask.dev === undefined ? 0 : indexOf(state, ask.dev);
  return {
    kind: 'flow',
    daddr: addr6(expand(ask.to)),
    saddr: addr6(expand(ask.from ?? '::')),
    oif,
    mark: ask.mark ?? 0,
    proto: 17,
    dport: 53,
    sock: { boundDevIf: oif, srcprefs: 0 },
    binding: ask.bind?.map(explicitPvdId),
    fromNs: 0n,
    toNs: 0n,
  };
}

/** The same flow as a kernel is asked it: as a socket, and as a route lookup. */
export function asksOf(query: Query, { snapshot }: Alternative): Ask[] {
  if (query.kind !== 'flow') return [];
  const { daddr, saddr = '::', mark = 0, oif = 0 } = query;
  const name = snapshot.links.get(oif)?.name;
  const common = {
    daddr,
    ...(saddr === '::' ? {} : { saddr }),
    ...(mark === 0 ? {} : { mark }),
    ...(name === undefined ? {} : { oif: name }),
  };
  return [
    { kind: 'udp', ...common },
    { kind: 'get', ...common },
  ];
}

export const KINDS: readonly AlternativeKind[] = ['pbr', 'vrf'];
