/** Mistakes in expectations are told where they are, with the word that was meant. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AgentError } from '../../../agent/error.ts';
import { loadBaseline } from '../../../agent/expect/baseline-file.ts';
import { loadExpectations } from '../../../agent/expect/expect-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-expect-'));
after(() => rmSync(dir, { recursive: true }));
const file = join(dir, 'e.yaml');

function load(...lines: readonly string[]): ReturnType<typeof loadExpectations> {
  writeFileSync(file, ['name: e', 'expect:', ...lines.map((line) => `  - ${line}`), ''].join('\n'));
  return loadExpectations(file);
}

function complaint(what: () => unknown): string {
  try {
    what();
  } catch (error) {
    assert.ok(error instanceof AgentError, String(error));
    return `${error.code} ${error.message.replace(dir, '')}`;
  }
  return 'none';
}

const MISTAKES: readonly (readonly [string, string])[] = [
  ['{rote: {dst: default}}', '3:6: unknown key "rote", did you mean "route"?'],
  ['{route: {dst: default, metrik: 1}}', '3:28: unknown key "metrik", did you mean "metric"?'],
  [
    '{route: {dst: 2001:db8::/640}}',
    '3:19: a prefix such as 2001:db8::/64, an address, or default',
  ],
  ['{in: host}', '3:5: one of pvd, address, route, decision, finding is needed'],
  ['{route: {dst: default}, finding: pvd.input}', '3:5: only one of'],
  [
    '{finding: rfc6724.r55}',
    '3:15: there is no finding "rfc6724.r55", did you mean "rfc6724.r5.5"?',
  ],
  ['{finding: pvd.input, when: end}', '3:32: when: is not for finding'],
  ['{route: {dst: default}, never: true}', '3:36: never: is not for route'],
  ['{route: {dst: default}, gives: {}}', '3:36: gives: is not for route'],
  ['{decision: {}, gives: {error: 101}}', '3:35: '],
  ['{decision: {}, gives: {error: enoent}}', '3:35: an error such as ENETUNREACH, or none'],
  ['{decision: {}, kernel: six}', '3:28: kernel versions such as'],
  ['{address: {dev: eth0}}', '"prefix" is missing'],
];
for (const [line, said] of MISTAKES) {
  test(`${line}: ${said}`, () => {
    const text = complaint(() => load(line));
    assert.ok(text.startsWith('PVD_ERR_EXPECT /e.yaml:3:'), text);
    assert.ok(text.includes(said), `${text} has no ${said}`);
  });
}

test('two of one name could not be told apart', () => {
  const one = '{route: {dst: default}}';
  assert.match(
    complaint(() => load(one, one)),
    /e\.yaml:4:5: there is an expectation "route dst ::\/0" already: give this one a name/,
  );
  assert.equal(load(one, `{name: other, route: {dst: default}}`).expect.length, 2);
});

test('expectations know their place, and are called by what they say', () => {
  const { expect } = load(
    '{in: host, pvd: {id: PvD.Example, interfaces: [eth0, eth1]}, when: end}',
    '{in: host, decision: {daddr: 2001:db8::1, dport: 53}, gives: {source: none}, which: some}',
    '{finding: pvd.input, never: true}',
  );
  assert.deepEqual(
    expect.map(({ name, place }) => [name, place?.replace(dir, '')]),
    [
      ['host: pvd id pvd.example, interfaces eth0 eth1, end', '/e.yaml:3:5'],
      ['host: some decision daddr 2001:db8::1/128, dport 53 gives source none', '/e.yaml:4:5'],
      ['never finding pvd.input', '/e.yaml:5:5'],
    ],
  );
});

test('in a scenario: namespaces and interfaces are those of the scenario', () => {
  const scenario = (expect: string) => {
    writeFileSync(
      file,
      `name: s\nnamespaces: {host: {interfaces: {eth0: {type: dummy}}}}\nexpect:\n  - ${expect}\n`,
    );
    return complaint(() => loadExpectations(file));
  };
  assert.equal(scenario('{in: host, route: {dst: default, dev: eth0}}'), 'none');
  assert.match(
    scenario('{in: hots, route: {dst: default}}'),
    /^PVD_ERR_SCENARIO .*:4:10: there is no namespace "hots", did you mean "host"\?/,
  );
  assert.match(
    scenario('{in: host, route: {dst: default, dev: eth1}}'),
    /:4:43: there is no interface in host "eth1"/,
  );
});

test('a baseline needs a reason and a day', () => {
  const baseline = (entry: string) => {
    writeFileSync(file, `accept:\n  - ${entry}\n`);
    return complaint(() => loadBaseline(file));
  };
  assert.equal(baseline('{daddr: 2001:db8::1, reason: r, expires: 2027-01-31}'), 'none');
  assert.match(baseline('{reason: r}'), /^PVD_ERR_BASELINE .*"expires" is missing/);
  assert.match(baseline('{reason: r, expires: soon}'), /2:26: a day such as 2027-01-31/);
  assert.match(baseline('{cause: rout, reason: r, expires: 2027-01-31}'), /2:13: /);
});
