/** PvDs without PvDs in the kernel: where the answers differ, and that it is said why. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Reason } from '../../src/model/alternative.ts';
import { asAlternative, compare } from '../../src/model/alternative-compare.ts';
import { comparisonLines, reasonText } from '../../src/model/alternative-reason.ts';
import type { Outcome } from '../../src/model/query.ts';
import { type AlternativeAsk, flowOf, KINDS, readAlternatives } from '../case/alternative-case.ts';
import { pvdStateOf } from '../case/pvd-state.ts';

const ROWS = readAlternatives();

function codes(reasons: readonly Reason[]): string {
  return reasons.length === 0 ? 'same' : reasons.map(({ code }) => code).join(' ');
}

function brief({ error, gateway, nhOif, saddr }: Outcome): string {
  return error === 0 ? `${gateway} dev ${nhOif} src ${saddr}` : `${error}`;
}

for (const row of ROWS) {
  describe(`${row.id}: ${row.why}`, () => {
    const { snapshot, state } = pvdStateOf(row.state);
    for (const kind of KINDS) {
      const alternative = asAlternative(snapshot, kind);
      for (const ask of row.ask) {
        it(`${kind}: ${label(ask)}`, () => {
          const options = ask.multi === undefined ? {} : { multiPvd: ask.multi };
          const found = compare(snapshot, alternative, flowOf(ask, state), options);
          const both = [found.patch, found.alternative].map((p) =>
            p.outcomes.map(brief).join(' | '),
          );
          assert.equal(codes(found.reasons), ask[kind], both.join(' <> '));
          assert.equal(found.same, ask[kind] === 'same');
          for (const one of found.reasons) assert.match(reasonText(one), /: .* \[.+\]/);
          const text = comparisonLines(found).join('\n');
          assert.match(text, found.same ? /^the same$/m : /^not the same, because\n {2}[a-z]/m);
        });
      }
    }
  });
}

function label({ to, pbr: _pbr, vrf: _vrf, ...rest }: AlternativeAsk): string {
  return `${to} ${JSON.stringify(rest)}`;
}

describe('what a state needs and cannot get', () => {
  const { snapshot, state } = pvdStateOf(`
    dev A
    pvd red.example A fe80::1 P:1::/64
    addr add P:1::1/64 dev A
    route add ::/0 via fe80::1 dev A`);

  it('vrf: a device that has a master already', () => {
    const links = [...snapshot.links].map(([i, l]) => [
      i,
      { ...l, master: l.name === 'A' ? 2 : 0 },
    ]);
    const enslaved = { ...snapshot, links: new Map(links as never) } as typeof snapshot;
    const { gaps } = asAlternative(enslaved, 'vrf');
    assert.equal(codes(gaps), 'interface-has-master pvd-without-interface');
  });

  it('pbr: a bit of the mark for every PvD; who gets none goes nowhere', () => {
    const pvds = Array.from({ length: 33 }, (_, i) => `p${i}.example`);
    const many = pvdStateOf(
      [
        'dev A',
        ...pvds.map((name, i) => `pvd ${name} A fe80::${i + 1}`),
        'addr add P:1::1/64 dev A',
        ...pvds.map((_, i) => `route add ::/0 via fe80::${i + 1} dev A metric ${i + 1}`),
      ].join('\n'),
    );
    const alternative = asAlternative(many.snapshot, 'pbr');
    assert.equal(codes(alternative.gaps), 'no-mark-left no-mark-left');
    const asked = (name: string): ReturnType<typeof compare> => {
      const ask = { to: 'P:9::1', from: 'P:1::1', bind: [name], pbr: '', vrf: '' };
      return compare(many.snapshot, alternative, flowOf(ask, many.state));
    };
    assert.equal(asked('p30.example').same, true);
    assert.match(codes(asked('p31.example').reasons), /^no-mark-left/);
  });

  it('a lookup of a packet that came in has no binding', () => {
    const query = { ...flowOf({ to: 'P:9::1', pbr: '', vrf: '' }, state), input: true };
    const lookup = { ...query, kind: 'lookup', iif: 3, binding: undefined } as const;
    assert.equal(compare(snapshot, asAlternative(snapshot, 'pbr'), lookup).same, true);
  });
});
