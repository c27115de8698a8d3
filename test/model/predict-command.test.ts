/** `pvdscope predict`: files in, answer and ladder out, hostile files refused. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseQueryFile, parseStateFile } from '../../agent/command/predict-input.ts';
import { AgentError } from '../../agent/error.ts';
import { explainLines } from '../../src/model/explain.ts';
import { predict } from '../../src/model/predict.ts';
import { LINUX, LINUX_PVD } from '../../src/model/profile.ts';
import { presentSnapshot } from '../../src/state/present.ts';
import { stateOf } from '../case/answer.ts';
import { toSnapshot } from '../case/ip-state.ts';

const STATE = JSON.stringify({
  tables: {
    link: [
      { ifindex: 1, name: 'lo' },
      { ifindex: 2, name: 'eth0' },
    ],
    address: [
      { addr: '2001:db8:1::1', ifindex: 2 },
      { addr: '2001:db8:1::2', ifindex: 2, flags: 160 },
    ],
    route: [
      { id: '1', gateway: 'fe80::1', oif: 2, metric: 20 },
      { id: '2', gateway: 'fe80::2', oif: 2, metric: 10 },
    ],
    neighbour: [{ addr: 'fe80::2', ifindex: 2, nudState: 32 }],
  },
});
const QUERY = JSON.stringify({ kind: 'flow', daddr: '2001:db8:9::1' });

describe('predict', () => {
  it('answers a hand-written state and explains the losers', () => {
    const snapshot = parseStateFile(STATE, 'S.json');
    const query = parseQueryFile(QUERY, 'Q.json', snapshot.tsNs);
    const text = explainLines(predict(snapshot, query, LINUX, true)).join('\n');
    assert.match(text, /^answer: via fe80::1 dev 2 table 254 source 2001:db8:1::1$/m);
    assert.match(text, /via fe80::2 .*: its gateway is FAILED/);
    assert.match(text, /2001:db8:1::1 dev 2: beats 2001:db8:1::2 by rule 3/);
  });
  it('reads what presentSnapshot writes', () => {
    const { state } = stateOf(
      'addr add P:1::1/64 dev A\nroute add ::/0 via fe80::1 dev A expires 100',
    );
    const text = JSON.stringify(presentSnapshot(toSnapshot(state)));
    const snapshot = parseStateFile(text, 'S.json');
    const query = parseQueryFile(QUERY, 'Q.json', 0n);
    assert.deepEqual(predict(snapshot, query, LINUX), predict(toSnapshot(state), query, LINUX));
  });
  it('reads which PvDs a kernel that knows them keeps routes and addresses in', () => {
    const { tables } = JSON.parse(STATE);
    const route = tables.route.map((row: object, i: number) => ({
      ...row,
      netPvd: i === 0 ? null : 'two.example',
    }));
    const address = tables.address.map((row: object) => ({ ...row, netPvds: ['two.example'] }));
    const text = JSON.stringify({ tables: { ...tables, route, address } });
    const snapshot = parseStateFile(text, 'S.json');
    const asked = JSON.stringify({ ...JSON.parse(QUERY), binding: ['two.example'] });
    const { outcomes } = predict(snapshot, parseQueryFile(asked, 'Q', 0n), LINUX_PVD);
    assert.deepEqual(
      outcomes.map(({ gateway, routePvd }) => [gateway, routePvd]),
      [['fe80::2', 'two.example']],
    );
  });
  it('has no ladder unless asked', () => {
    const snapshot = parseStateFile(STATE, 'S.json');
    assert.equal(predict(snapshot, parseQueryFile(QUERY, 'Q', 0n), LINUX).ladder, undefined);
  });
  for (const [name, text] of [
    ['no JSON', '{'],
    ['no tables', '{}'],
    ['a list', '[]'],
    ['a bad address', '{"tables":{"address":[{"addr":"x","ifindex":1}]}}'],
    ['a length of 129', '{"tables":{"route":[{"id":"1","dstLen":129}]}}'],
    ['an id that is no number', '{"tables":{"route":[{"id":"1e9"}]}}'],
  ] as const) {
    it(`refuses a state with ${name}`, () => {
      assert.throws(
        () => parseStateFile(text, 'S.json'),
        (e) => e instanceof AgentError && e.exitCode === 2,
      );
    });
  }
  for (const text of ['{}', '{"kind":"flow"}', '{"kind":"lookup","daddr":"1.2.3.4"}', 'null']) {
    it(`refuses the query ${text}`, () => {
      assert.throws(
        () => parseQueryFile(text, 'Q.json', 0n),
        (e) => e instanceof AgentError && e.exitCode === 2,
      );
    });
  }
});
