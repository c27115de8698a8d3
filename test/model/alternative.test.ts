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
