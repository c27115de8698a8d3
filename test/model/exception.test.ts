/** PMTU and redirect exceptions, which only a captured observation tells of. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createModelState } from '../../src/model/model-state.ts';
import { createModel, predictOn } from '../../src/model/predict.ts';
import { LINUX } from '../../src/model/profile.ts';
import type { Exception, Outcome } from '../../src/model/query.ts';
import { addr6 } from '../../src/net/addr6.ts';
import { stateOf } from '../case/answer.ts';
import { indexOf, toSnapshot } from '../case/ip-state.ts';

const STATE = `
  route add ::/0 via fe80::1 dev A
  route add ::/0 via fe80::1 dev B table 101
  rule add pref 56 lookup main suppress_prefixlength 0
  rule add pref 57 lookup 101`;

function ask(exceptions: ((ifindex: number) => Exception)[]): Outcome | undefined {
  const { state } = stateOf(STATE);
  const model = createModel(createModelState(toSnapshot(state)), LINUX);
  const made = exceptions.map((make) => make(indexOf(state, 'A')));
  const query = { kind: 'lookup', daddr: addr6('2001:db8:9::1'), fromNs: 0n, toNs: 0n } as const;
  return predictOn(model, { ...query, volatile: { exceptions: made } }).outcomes[0];
}

it('suppress_prefixlength hides a default route', () => {
  assert.equal(ask([])?.table, 101);
});

it('but not the exception of one, whose length is 128 (fib6_rule_suppress)', () => {
  const pmtu = ask([(oif) => ({ oif, gateway: addr6('fe80::1'), via: addr6('fe80::1') })]);
  assert.deepEqual([pmtu?.table, pmtu?.exception, pmtu?.gateway], [254, true, 'fe80::1']);
});

it('a redirect leads to its target', () => {
  const redirect = ask([(oif) => ({ oif, gateway: addr6('fe80::1'), via: addr6('fe80::5') })]);
  assert.equal(redirect?.gateway, 'fe80::5');
});

it('an exception of another nexthop does not count', () => {
  assert.equal(
    ask([(oif) => ({ oif, gateway: addr6('fe80::2'), via: addr6('fe80::5') })])?.table,
    101,
  );
});
