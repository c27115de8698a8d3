/** One row a rule: an RA that breaks it, and what follows. Every rule has a row. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { PACKAGE_ROOT } from '../../../agent/paths.ts';
import { icmp6Checksum } from '../../../src/decode/nd/checksum.ts';
import type { ProblemCode } from '../../../src/decode/nd/problem.ts';
import { decodeRa, type RaDecoded } from '../../../src/decode/nd/ra.ts';
import { raPvds, raPvdUnaware } from '../../../src/decode/nd/ra-pvds.ts';
import { RULES } from '../../../src/decode/nd/rules.ts';
import { addr6 } from '../../../src/net/addr6.ts';
import { messageOf, PIO, pvd, ROWS } from './bad-input.ts';
import { HEADER, hex } from './hex.ts';

const source = { ifindex: 2, saddr: addr6('fe80::1') };

for (const row of ROWS) {
  const { code, offset, octets, context, linux } = row;
  test(`${code} at ${offset}: ${octets}`, () => {
    const ra = decodeRa(messageOf(row), context);
    const found = ra.problems.filter((problem) => problem.code === code);
    assert.deepEqual(
      found.map((problem) => problem.offset),
      [offset],
      `problems: ${ra.problems.map((p) => `${p.code}@${p.offset}`)}`,
    );
    const { outcome } = RULES[code];
    assert.equal(ra.outcome, outcome === 'drop' ? 'drop' : 'accept');
    assert.equal(ra.reason, outcome === 'drop' ? code : null);
    assert.equal(ra.linuxOutcome, linux ?? ra.outcome);
    if (outcome === 'ignore') assert.ok(reasons(ra).includes(code), `${reasons(ra)}`);
    if (outcome === 'remark')
      assert.deepEqual(
        reasons(ra).filter((reason) => reason === code),
        [],
      );
    assert.equal(raPvds(ra, source).length, outcome === 'drop' ? 0 : Number(ra.header !== null));
  });
}

function reasons(ra: RaDecoded): readonly (ProblemCode | null)[] {
  return ra.options.flatMap((o) => [
    o.reason,
    ...(o.kind === 'pvd' ? o.options.map((n) => n.reason) : []),
  ]);
}

test('every rule has a row', () => {
  const covered = new Set<string>(ROWS.map(({ code }) => code));
  assert.deepEqual(
    Object.keys(RULES).filter((code) => !covered.has(code)),
    [],
  );
});

test('rules cite a document and say something', () => {
  for (const [code, rule] of Object.entries(RULES)) {
    assert.match(rule.rfc, /^(RFC \d+, [\d.]+(; RFC \d+, [\d.]+)*|-)$/, code);
    assert.ok(rule.message.length > 5, code);
    assert.ok(!rule.danger || rule.netpvd, code);
  }
});

test('the documentation has every rule', () => {
  const script = `${PACKAGE_ROOT}/scripts/gen-ra-rules.mjs`;
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

test('the right checksum is accepted', () => {
  const message = hex(HEADER + PIO);
  const context = { saddr: addr6('fe80::1'), daddr: addr6('ff02::1'), hopLimit: 255 };
  new DataView(message.buffer).setUint16(2, icmp6Checksum(message, context.saddr, context.daddr));
  assert.deepEqual(decodeRa(message, context).problems, []);
  const unverified = decodeRa(hex(HEADER + PIO), { ...context, verifyChecksum: false });
  assert.deepEqual(unverified.problems, []);
});

test('a capture cut inside an option keeps what stands before it', () => {
  const ra = decodeRa(hex(`${HEADER} 05 01 0000 000005dc ${PIO.slice(0, 20)}`), {
    msgLenBytes: 56,
  });
  assert.equal(ra.outcome, 'accept');
  assert.deepEqual(
    ra.options.map(({ name }) => name),
    ['MTU'],
  );
  assert.deepEqual(
    ra.problems.map(({ code }) => code),
    ['ra-captured-short'],
  );
});

test('a malformed first PvD option names none, and a later one does not replace it', () => {
  const ra = decodeRa(hex(`${HEADER} 15 01 8000 0000 00 00 ${pvd('06', PIO)}`));
  assert.deepEqual(reasons(ra), ['name-empty', 'pvd-duplicate']);
  const [only] = raPvds(ra, source);
  assert.equal(only?.kind, 'implicit');
  assert.deepEqual(
    only?.options.map(({ option }) => option.kind),
    ['raw', 'raw'],
  );
});

test('the nested header takes precedence; a host that does not know PvD sees the outer one', () => {
  const inner = '86000000 20000258 00000000 00000000';
  const ra = decodeRa(hex(`${HEADER} ${PIO} ${pvd('08', inner + PIO, 'a000')}`));
  const [only] = raPvds(ra, source);
  assert.equal(only?.id, 'a');
  assert.equal(only?.header.lifetimeSec, 600);
  assert.deepEqual(
    only?.options.map(({ nested }) => nested),
    [false, true],
  );
  const unaware = raPvdUnaware(ra, source);
  assert.equal(unaware?.id, 'implicit:2:fe80::1');
  assert.equal(unaware?.header.lifetimeSec, 1800);
  assert.deepEqual(
    unaware?.options.map(({ option }) => option.name),
    ['PIO'],
  );
});

test('a nested option of length zero drops the RA, yet mainline Linux keeps it', () => {
  const ra = decodeRa(hex(`${HEADER} ${PIO} ${pvd('03', '03 00 000000000000')}`));
  assert.deepEqual(raPvds(ra, source), []);
  assert.deepEqual(
    raPvdUnaware(ra, source)?.options.map(({ option }) => option.name),
    ['PIO', 'PvD'],
  );
});

test('names differ in case only: one PvD', () => {
  const of = (name: string) =>
    raPvds(decodeRa(hex(HEADER + pvd('02', '', '8000', name))), source)[0]?.id;
  assert.equal(of('0161 00 00000000000000'), of('0141 00 00000000000000'));
});
