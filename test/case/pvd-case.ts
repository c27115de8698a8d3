/** The table of bindings, and what the model answers to its questions under a profile. */

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { effectiveBinding, flowPvd, type ScopeBinding } from '../../src/model/binding.ts';
import { predict } from '../../src/model/predict.ts';
import type { MultiPvd, Profile } from '../../src/model/profile.ts';
import type { FlowQuery } from '../../src/model/query.ts';
import { addr6 } from '../../src/net/addr6.ts';
import type { PvdState } from './pvd-state.ts';

export interface PvdAsk {
  readonly to: string;
  readonly from?: string;
  readonly socket?: ScopeBinding;
  readonly thread?: ScopeBinding;
  readonly process?: ScopeBinding;
  readonly multi?: MultiPvd;
  readonly [profile: string]: unknown;
}

export interface PvdCase {
  readonly id: string;
  readonly why: string;
  readonly cite: string;
  readonly state: string;
  readonly ask: readonly PvdAsk[];
}

export function readPvdCases(): readonly PvdCase[] {
  const table = new URL('../../../test/case/model-pvd.yaml', import.meta.url);
  return parse(readFileSync(table, 'utf8')) as readonly PvdCase[];
}

function expand(text: string): string {
  return text.replace(/(^|\s)P:/g, '$12001:db8:');
}

/** What the row says for a profile; every profile needs a word. */
export function wantedOf(ask: PvdAsk, profile: Profile): string {
  const word = ask[profile.name] ?? (profile.pvd === 'strict' ? ask['strict'] : undefined);
  return expand(String(word ?? ask['all'] ?? 'nothing said'));
}

/** The model's answers in the words of the table, asked by scopes and by the binding they come to. */
export function pvdAnswer(state: PvdState, ask: PvdAsk, base: Profile): string {
  const profile = { ...base, multiPvd: ask.multi ?? base.multiPvd };
  const { socket, thread, process } = ask;
  const scopes = { socket, thread, process };
  const binding = effectiveBinding(scopes, profile.pvd);
  const query: FlowQuery = {
    kind: 'flow',
    daddr: addr6(expand(ask.to)),
    saddr: addr6(expand(ask.from ?? '::')),
    fromNs: 0n,
    toNs: 0n,
  };
  const answer = (by: Pick<FlowQuery, 'scopes' | 'binding'>): string => {
    const { outcomes, undecided } = predict(state.snapshot, { ...query, ...by }, profile);
    if (undecided !== undefined) return 'undecided';
    const texts = outcomes.map((outcome) => {
      const { reason } = flowPvd(outcome, query.daddr, binding);
      if (reason === 'refused') return `${outcome.error}`;
      return `${outcome.gateway} ${outcome.saddr} ${reason}`;
    });
    return texts.join(' | ');
  };
  return [...new Set([answer({ scopes }), answer({ binding })])].join(', but by binding ');
}
