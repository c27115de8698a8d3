/** Reports as their readers take them: prove, an XML parser, the rules of each format. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { Status, SuiteResult, TestResult } from '../../src/expect/result.ts';
import { formatGithub } from '../../src/publish/report-github.ts';
import { formatReportNdjson } from '../../src/publish/report-json.ts';
import { formatJunit } from '../../src/publish/report-junit.ts';
import { isKcidbId, kcidbReport } from '../../src/publish/report-kcidb.ts';
import { formatMarkdown } from '../../src/publish/report-markdown.ts';
import { formatTap } from '../../src/publish/report-tap.ts';

const EVIL = '\u001b[2J\u202e<img src=x>&\n::error::x%0A|`@all`_*# TODO ]]>"\u0000\ufffe';
const STATUSES: readonly Status[] = ['pass', 'fail', 'xfail', 'xpass', 'skip', 'error'];

function one(status: Status, fields: Partial<TestResult> = {}): TestResult {
  return { name: status, status, reason: '', details: [], ...fields };
}

function suite(...tests: readonly TestResult[]): SuiteResult {
  return { name: 'one', kernel: '6.12', file: 'one.yaml', tests };
}

const ALL = suite(...STATUSES.map((status) => one(status, { reason: 'why' })));
const HOSTILE = suite(
  ...STATUSES.map((status) => one(status, { name: EVIL, reason: EVIL, details: [EVIL] })),
);

/** What TAP::Parser, the parser of prove(1), makes of a document. */
function prove(tap: string): { code: number | null; said: string } {
  const script = `local $/; my $p = TAP::Parser->new({tap => <STDIN>});
    while (my $r = $p->next) {}
    print join(' ', $p->passed.'', $p->failed.'', $p->todo.'', $p->todo_passed.'', $p->skipped.'',
      scalar($p->parse_errors), $p->version), "\\n"; exit($p->has_problems ? 1 : 0);`;
  const { status, stdout, stderr } = spawnSync('perl', ['-MTAP::Parser', '-e', script], {
    input: tap,
    encoding: 'utf8',
  });
  return { code: status, said: `${stdout}${stderr}`.trim() };
}

/** TAP::Parser keeps what is nested apart: one suite a top-level test. */
const CASES: readonly (readonly [readonly Status[], number])[] = [
  [['pass'], 0],
  [['fail'], 1],
  [['pass', 'fail'], 1],
  [['xfail'], 0],
  [['xpass', 'pass'], 0],
  [['skip'], 0],
  [['error', 'pass'], 1],
];
for (const [statuses, code] of CASES) {
  test(`TAP::Parser takes ${statuses.join(' and ')} for ${code === 0 ? 'fine' : 'a problem'}`, () => {
    for (const ksft of [false, true]) {
      const tap = formatTap([suite(...statuses.map((status) => one(status)))], { ksft });
      const { code: got, said } = prove(tap);
      assert.equal(got, code, `${tap}\n${said}`);
      assert.match(said, / 0 13$/);
    }
  });
}

test('the nested tests are TAP themselves', () => {
  const inner = formatTap([ALL])
    .split('\n')
    .filter((line) => line.startsWith('    '))
    .map((line) => line.slice(4));
  const { said } = prove(`TAP version 13\n${inner.join('\n')}\n`);
  assert.equal(said, '4 2 2 1 1 0 13');
});

test('TAP: nothing hostile breaks a line', () => {
  const tap = formatTap([HOSTILE]);
  const lines = tap.trimEnd().split('\n');
  const known = /^(TAP version 13|( {4})?(ok|not ok) \d+ - |( {4})?# |( {4})?1\.\.\d+$)/;
  assert.deepEqual(
    lines.filter((line) => !known.test(line)),
    [],
  );
  assert.equal(prove(tap).said, '0 1 0 0 0 0 13');
});

test('kselftest: known failures are ok with XFAIL, as kselftest.h prints them', () => {
  const tap = formatTap([ALL], { ksft: true });
  assert.match(tap, /^ {4}ok 3 - xfail # XFAIL why$/m);
  assert.match(tap, /^ {4}ok 4 - xpass # XPASS why$/m);
  assert.match(tap, /^ {4}ok 5 - skip # SKIP why$/m);
  assert.match(tap, /^# Totals: pass:1 fail:1 xfail:1 xpass:1 skip:1 error:1$/m);
});

/** Element names with attributes, by a parser of XML, and the text of each. */
function parseXml(xml: string): (readonly [string, Record<string, string>])[] {
  const script = `import sys, json, xml.etree.ElementTree as E
print(json.dumps([[e.tag, dict(e.attrib)] for e in E.fromstring(sys.stdin.buffer.read()).iter()]))`;
  const { status, stdout, stderr } = spawnSync('python3', ['-c', script], {
    input: xml,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

test('JUnit: well-formed whatever the names, with the counts and outcomes of the schema', () => {
  for (const s of [ALL, HOSTILE]) {
    const timed = { ...s, startTime: '2026-01-01T00:00:00.000Z', durationMs: 1500 };
    const elements = parseXml(formatJunit([timed]));
    const [root, one] = [elements[0], elements.find(([tag]) => tag === 'testsuite')];
    const counts = { tests: '6', failures: '1', errors: '1', skipped: '2' };
    assert.deepEqual(root?.[1], { name: 'pvdscope', tests: '6', failures: '1', errors: '1' });
    assert.deepEqual(
      { ...one?.[1], name: '' },
      { name: '', ...counts, time: '1.500', timestamp: '2026-01-01T00:00:00.000Z' },
    );
    const tags = elements.map(([tag]) => tag).filter((tag) => !/^testsuites?$/.test(tag));
    const outcomes = ['failure', 'skipped', 'system-out', 'skipped', 'error'];
    assert.deepEqual(
      tags.filter((tag) => !/propert|testcase/.test(tag)),
      outcomes,
    );
    assert.equal(tags.filter((tag) => tag === 'testcase').length, 6);
    for (const [tag, attributes] of elements) {
      if (tag === 'testcase')
        assert.ok(attributes['classname'] && attributes['name'] && attributes['time']);
    }
  }
});

test('GitHub: one command a bad test, at its line, in one line', () => {
  const place = 'dir/a,b:c.yaml:12:5';
  const text = formatGithub([suite(one('fail', { place, details: ['50 %', 'b'] }), one('pass'))]);
  assert.equal(
    text,
    '::error file=dir/a%2Cb%3Ac.yaml,line=12,col=5,title=one [6.12]%3A fail::50 %25%0Ab\n',
  );
  const lines = formatGithub([HOSTILE]).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.slice(0, 9)),
    ['::error f', '::warning', '::error f'],
  );
});

test('Markdown: what others chose stays text', () => {
  const text = formatMarkdown([HOSTILE]);
  assert.match(text, /^### pvdscope: 1 pass, 1 fail, 1 xfail, 1 xpass, 1 skip, 1 error$/m);
  const shown = text.replace(/<code>[^<]*<\/code>/g, '');
  assert.doesNotMatch(shown, /img|@|`|::/);
  const cells = text.match(/<code>([^<]*)<\/code>/g) ?? [];
  for (const cell of cells) {
    assert.match(cell, /^<code>(&#\d+;|[\p{L}\p{N} \u2026]|[^ -~])*<\/code>$/u);
  }
});

test('Markdown: scenarios by kernels, failures first, known ones once, what it took', () => {
  const known = one('xfail', { name: 'source', reason: 'no rule 5.5' });
  const bad = one('fail', { name: 'route', details: ['via eth1'] });
  const guest = { end: 'exited', boots: 1, bootMs: 4000, runMs: 61_000 };
  const text = formatMarkdown(
    [
      { ...suite(one('pass'), known), durationMs: 8340 },
      { ...suite(bad, known), kernel: '7.2' },
      { ...suite(one('skip', { reason: 'nothing seen' })), name: 'two', kernel: '7.2' },
    ],
    {
      wallMs: 754_000,
      jobs: 2,
      guests: [
        { ...guest, kernel: '6.12', scenarios: 1, usedKiB: 204_800, hostKiB: 1_048_576 },
        { ...guest, kernel: '7.2', scenarios: 2 },
      ],
    },
  );
  const plain = text
    .replace(/<\/?code>/g, '')
    .replace(/&#(\d+);/g, (_, c) => String.fromCharCode(Number(c)));
  assert.equal(
    plain,
    `### pvdscope: 1 pass, 1 fail, 2 xfail, 1 skip

3 runs of scenarios on 2 kernels in 12 min 34 s, 2 guests, 2 at once.

- ❌ one 7.2: route
  - via eth1

| | scenario | 6.12 | 7.2 |
|---|---|---|---|
| ❌ | one | ✅ 1 ➖ 1, 8.3 s | ❌ 1 ➖ 1 |
| ⏭️ | two |  | ⏭️ 1 |

✅ as expected, ❌ not so, ➖ not so and known, ❕ known not to be so, but it was, ⏭️ skipped, 💥 could not be tried. Numbers count expectations and actions.

Known not to be so:

- ➖ no rule 5.5: one, source (6.12, 7.2)

Skipped:

- ⏭️ nothing seen: two, skip (7.2)

| guest | scenarios | end | boots | boot | run | memory in it at the end | memory of the host at most |
|---|---:|---|---:|---:|---:|---:|---:|
| 6.12 | 1 | exited | 1 | 4.0 s | 1 min 1 s | 200 MiB | 1024 MiB |
| 7.2 | 2 | exited | 1 | 4.0 s | 1 min 1 s |  |  |

`,
  );
});

test('NDJSON: a line a test, totals last', () => {
  const lines = formatReportNdjson([ALL, HOSTILE]).trimEnd().split('\n');
  const values = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    values.map(({ event }) => event),
    [...Array(12).fill('test'), 'totals'],
  );
  assert.equal(values[12].fail, 2);
  assert.equal(values[7].name, EVIL);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  assert.doesNotMatch(lines.join(''), /[\u0000-\u001f\u202e]/);
});

/** The parts of kcidb-io's schema 5.3 that a report of tests can break. */
test('kcidb: ids, paths, statuses and lengths of schema 5.3', () => {
  const long = one('fail', { details: Array(2000).fill('a line of sixteen') });
  const options = { origin: 'lab_1', buildId: 'lab_1:build 7', run: 'boot.123' };
  const timed = { ...suite(long), startTime: '2026-01-01T00:00:00.000Z' };
  const { version, tests } = kcidbReport([ALL, HOSTILE, timed], options);
  assert.deepEqual(version, { major: 5, minor: 3 });
  assert.equal(new Set(tests.map(({ id }) => id)).size, tests.length);
  const known = new Set(
    'id origin build_id path comment status log_excerpt start_time duration misc'.split(' '),
  );
  for (const t of tests) {
    assert.match(t.id, /^[a-z0-9_]+:[^\0]+$/);
    assert.match(t.path, /^[.a-zA-Z0-9_-]*$/);
    assert.doesNotMatch(`${t.comment}${t.log_excerpt ?? ''}`, /\0/);
    assert.ok((t.log_excerpt?.length ?? 0) <= 16_384);
    assert.ok(['FAIL', 'ERROR', 'MISS', 'PASS', 'DONE', 'SKIP'].includes(t.status));
    assert.deepEqual(
      Object.keys(t).filter((key) => !known.has(key)),
      [],
    );
  }
  assert.deepEqual(
    tests.slice(0, 6).map(({ status }) => status),
    ['PASS', 'FAIL', 'PASS', 'PASS', 'SKIP', 'ERROR'],
  );
  for (const [id, ok] of [
    ['a:1', true],
    ['A:1', false],
    ['a', false],
    ['', false],
  ] as const) {
    assert.equal(isKcidbId(id), ok, id);
  }
});
