import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeJson, escapeTap, escapeTerminal, safeFileName } from '../../src/publish/escape.ts';

const CASES: readonly (readonly [string, string])[] = [
  ['plain', 'plain'],
  ['', ''],
  ['müsli 東京', 'müsli 東京'],
  ['back\\032slash', 'back\\032slash'],
  ['\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
  ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
  ['a\r\n\tb', 'a\\r\\n\\tb'],
  ['\x7f\x9b31m', '\\x7f\\x9b31m'],
  ['user\u202egpj.exe', 'user\\u{202e}gpj.exe'],
  ['\u2066x\u2069', '\\u{2066}x\\u{2069}'],
  ['zero\u200bwidth', 'zero\\u{200b}width'],
  ['\u2028\u2029', '\\u{2028}\\u{2029}'],
  ['\ud800', '\\u{d800}'],
  ['x\udfffy', 'x\\u{dfff}y'],
  ['tag\u{e0041}', 'tag\\u{e0041}'],
  ['filler\u3164', 'filler\\u{3164}'],
  ['\u00ad', '\\xad'],
  ['emoji 😀', 'emoji 😀'],
];

for (const [raw, escaped] of CASES) {
  test(`terminal: ${JSON.stringify(raw)}`, () => assert.equal(escapeTerminal(raw), escaped));
}

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const hostile = fc.string({ unit: 'binary', maxLength: 80 });

test('terminal: nothing unsafe is left and the limit holds', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 100 }), (text, max) => {
      const out = escapeTerminal(text, max);
      assert.ok(!UNSAFE.test(out));
      assert.ok(out.length <= max, `${out.length} > ${max}`);
    }),
  );
});

test('terminal: a cut is shown and never halves an escape or a pair', () => {
  assert.equal(escapeTerminal('abcdef', 4), 'abc…');
  assert.equal(escapeTerminal('abc', 3), 'abc');
  assert.equal(escapeTerminal('ab\x1bcd', 4), 'ab…');
  assert.equal(escapeTerminal('a😀😀', 3), 'a…');
  assert.equal(escapeTerminal('\x1b', 1), '…');
});

test('tap: a name cannot end the description or add a directive', () => {
  assert.equal(escapeTap('x # SKIP\nok 2'), 'x \\# SKIP\\\\nok 2');
});

test('json: same value, nothing unsafe', () => {
  fc.assert(
    fc.property(fc.dictionary(hostile, hostile), (value) => {
      const line = escapeJson(JSON.stringify(value));
      assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(value)));
      assert.ok(!UNSAFE.test(line));
    }),
  );
});

test('file name: no directory, not hidden, no option, bounded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      assert.match(safeFileName(text), /^[A-Za-z0-9_%][A-Za-z0-9._%-]{0,199}$/);
    }),
  );
  assert.equal(safeFileName('../etc/passwd'), '%2E.%2Fetc%2Fpasswd');
  assert.equal(safeFileName(''), '_');
  assert.equal(safeFileName('pvd.example.org'), 'pvd.example.org');
});
