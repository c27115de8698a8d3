/** The table of bindings: every profile answers each row as it says. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { effectiveBinding, flowPvd, type ScopeBinding } from '../../src/model/binding.ts';
import { predict } from '../../src/model/predict.ts';
import { type MultiPvd, PROFILES, type Profile } from '../../src/model/profile.ts';
import type { FlowQuery } from '../../src/model/query.ts';
import { addr6 } from '../../src/net/addr6.ts';
import { type PvdState, pvdStateOf } from '../case/pvd-state.ts';

interface Ask {
  readonly to: string;
  readonly from?: string;
  readonly socket?: ScopeBinding;
  readonly thread?: ScopeBinding;
  readonly process?: ScopeBinding;
  readonly multi?: MultiPvd;
  readonly [profile: string]: unknown;
}

interface Row {
  readonly id: string;
  readonly why: string;
  readonly cite: string;
  readonly state: string;
  readonly ask: readonly Ask[];
}

const TABLE = new URL('../../../test/case/model-pvd.yaml', import.meta.url);
const ROWS = parse(readFileSync(TABLE, 'utf8')) as readonly Row[];

function expand(text: string): string {
  return text.replace(/(^|\s)P:/g, '$12001:db8:');
}

/** What the row says for a profile; every profile needs a word. */
function wanted(ask: Ask, profile: Profile): string {
  const word = ask[profile.name] ?? (profile.pvd === 'strict' ? ask['strict'] : undefined);
  return expand(String(word ?? ask['all'] ?? 'nothing said'));
}

function answer({ snapshot }: PvdState, ask: Ask, base: Profile): string {
  const profile = { ...base, multiPvd: ask.multi ?? base.multiPvd };
  const { socket, thread, process } = ask;
  const scopes = { socket, thread, process };
  const query: FlowQuery = {
    kind: 'flow',
    daddr: addr6(expand(ask.to)),
    saddr: addr6(expand(ask.from ?? '::')),
    scopes,
    fromNs: 0n,
    toNs: 0n,
  };
  const { outcomes, undecided } = predict(snapshot, query, profile);
  if (undecided !== undefined) return 'undecided';
  const texts = outcomes.map((outcome) => {
    if (outcome.error !== 0) return `${outcome.error}`;
    const { reason } = flowPvd(outcome, query.daddr, effectiveBinding(scopes, profile.pvd));
    return `${outcome.gateway} ${outcome.saddr} ${reason}`;
  });
  return texts.join(' | ');
}

for (const row of ROWS) {
  describe(`${row.id}: ${row.why}`, () => {
    const state = pvdStateOf(row.state);
    for (const ask of row.ask) {
      for (const profile of PROFILES) {
        const { to, socket, thread, process, multi = '' } = ask;
        it(`${profile.name}: ${to} ${JSON.stringify({ socket, thread, process })} ${multi}`, () => {
          assert.equal(answer(state, ask, profile), wanted(ask, profile), row.cite);
        });
      }
    }
  });
}

it('every row cites what it rests on, and has an id of its own', () => {
  assert.equal(new Set(ROWS.map((row) => row.id)).size, ROWS.length);
  assert.deepEqual(
    ROWS.filter((row) => (row.cite ?? '').length < 10),
    [],
  );
});
