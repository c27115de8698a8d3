/** `pvdscope schema`: what is published is what is written and read. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import * as YAML from 'yaml';
import * as z from 'zod';
import { raJson } from '../../../agent/capture/ra-json.ts';
import { jsonSchema, SCHEMAS } from '../../../agent/command/schema.ts';
import { EXIT } from '../../../agent/error.ts';
import { PACKAGE_ROOT } from '../../../agent/paths.ts';
import { EXPERIMENTAL_TYPES, RFC8801_TYPES } from '../../../src/decode/nd/options.ts';
import { decodeRa } from '../../../src/decode/nd/ra.ts';
import { addr6 } from '../../../src/net/addr6.ts';
import { presentSnapshot } from '../../../src/state/present.ts';
import { hostileArb } from '../../property/nd-arbitrary.ts';
import {
  address,
  at,
  label,
  link,
  neighbour,
  pio,
  pvd,
  ra,
  rdnss,
  route,
  rule,
  stateOf,
  worldOf,
} from '../../state/fixture.ts';
import { runVerb } from './verb.ts';

/** A validator of the schema as it is printed. */
async function published(name: string): Promise<z.ZodType> {
  const entry = SCHEMAS[name];
  assert.ok(entry, name);
  const text = JSON.stringify(await jsonSchema(name, entry));
  return z.fromJSONSchema(JSON.parse(text));
}

const accepts = (schema: z.ZodType, value: unknown): void => {
  const { error } = schema.safeParse(value);
  assert.equal(error && z.prettifyError(error), undefined);
};

test('parse: every object it writes is of the schema', async () => {
  const schema = await published('parse');
  const path = { saddr: addr6('fe80::1'), daddr: addr6('ff02::1'), hopLimit: 255 };
  const kinds = new Set<string>();
  fc.assert(
    fc.property(hostileArb, fc.boolean(), (message, drafts) => {
      const pvdTypes = drafts ? EXPERIMENTAL_TYPES : RFC8801_TYPES;
      const ra = decodeRa(message, { pvdTypes });
      for (const option of ra.options) kinds.add(option.kind);
      const bare = { frame: 1, lenBytes: message.length, ra };
      const value = JSON.parse(raJson(drafts ? bare : { ...bare, ...path, timeNs: 5n }));
      accepts(schema, value);
      assert.deepEqual(Object.keys(value).slice(0, 6), [
        ...['frame', 'outcome', 'reason', 'ra', 'options', 'pvds'],
      ]);
    }),
    { numRuns: 1500 },
  );
  assert.equal(kinds.size, 15, [...kinds].join());
});

test('parse: the schema refuses what is not written', async () => {
  const schema = await published('parse');
  const ra = decodeRa(Buffer.from('8600000040000708000000000000000005010000000005dc', 'hex'));
  const value = JSON.parse(raJson({ frame: 1, lenBytes: 24, ra }));
  accepts(schema, value);
  const [mtu] = value.options;
  for (const wrong of [
    { ...value, extra: 1 },
    { ...value, reason: 'none' },
    { ...value, ra: {} },
    { ...value, options: [{ ...mtu, mtu: 1500 }] },
    { ...value, options: [{ ...mtu, 'icmpv6.opt.mtu': '1500' }] },
  ]) {
    assert.ok(!schema.safeParse(wrong).success);
  }
});

test('router, scenario: the files of this project are of their schemas', async () => {
  for (const [name, file] of [
    ['router', 'test/fixture/router/every-option.yaml'],
    ['router', 'test/fixture/router/malformed.yaml'],
    ['scenario', 'test/scenarios/main-job.yaml'],
  ] as const) {
    accepts(await published(name), YAML.parse(readFileSync(`${PACKAGE_ROOT}/${file}`, 'utf8')));
  }
});

test('state: what the replica of a netns becomes', async () => {
  const world = worldOf([
    link(at(1)),
    route(at(2), 7, '2001:db8:1::/64'),
    ...ra(3, { options: [pio('2001:db8:1::/64'), rdnss(['2001:db8:1::53']), pvd('a.example')] }),
    address(at(4), '2001:db8:1::2'),
    rule(at(5), 32766),
    label(at(6), '::/0', 1),
    neighbour(at(7), 'fe80::1', 2),
  ]);
  const json = presentSnapshot(stateOf(world));
  const { address: addresses, pvd: pvds, route: routes } = json.tables;
  assert.deepEqual([addresses.length, pvds.length, routes.length], [1, 1, 1]);
  accepts(await published('state'), JSON.parse(JSON.stringify(json)));
});

test('state, query: what the documentation shows', async () => {
  const link = { ifindex: 2, name: 'eth0' };
  accepts(await published('state'), { tables: { link: [link], address: [], route: [] } });
  const query = await published('query');
  const sock = { boundDevIf: 0, srcprefs: 0 };
  accepts(query, { kind: 'flow', daddr: '2001:db8:9::1', sock, binding: ['red.example'] });
  assert.ok(!query.safeParse({ kind: 'route', daddr: '::' }).success);
});

test('the verb: a list, a schema, and what is none', async () => {
  const list = await runVerb('schema', 'schemaCommand', []);
  assert.equal(list.code, EXIT.ok);
  assert.deepEqual(
    list.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]),
    [...Object.keys(SCHEMAS), 'asyncapi'],
  );
  const parse = await runVerb('schema', 'schemaCommand', ['parse']);
  assert.equal(JSON.parse(parse.stdout).$schema, 'https://json-schema.org/draft/2020-12/schema');
  const none = await runVerb('schema', 'schemaCommand', ['pars']);
  assert.equal(none.code, EXIT.usage);
  assert.match(none.stderr, /PVD_ERR_USAGE did you mean parse\?/);
});
