/**
 * Kernels that are wrong on purpose: each has one rule broken by a patch of a few lines
 * (test/fixture/broken-kernel). The scenarios that are about that rule fail, and no others; the report
 * names the rule; `diff` against the healthy kernel shows the decisions it is about, and no others.
 *
 * Builds the kernels when they are not in the cache, which takes half an hour and 4 GB.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { MAIN, PACKAGE_ROOT } from '../../agent/paths.ts';

interface Fault {
  /** In test/fixture/broken-kernel. */
  readonly patch: string;
  /** Scenarios that are run, and the names of those that fail. */
  readonly scenarios: readonly string[];
  readonly fails: readonly string[];
  /** What the report says of it. */
  readonly says: RegExp;
  /** What of the host `diff` shows: destination and port, cause, the answer before and after. */
  readonly changes: readonly string[];
}

const FAULTS: readonly Fault[] = [
  {
    patch: 'saddr-rule-3',
    scenarios: ['deprecated-avoided', 'deprecated-alone', 'one-router', 'saddr-scope'],
    fails: ['a deprecated prefix beside a preferred one'],
    says: /2001:db8:a:\S+ dev \d+: loses to 2001:db8:f000:\S+ by rule 3: neither deprecated/,
    changes: [
      '2001:db8:a:7::1 4001: source, 2001:db8:f000::ff:fe00:10 became 2001:db8:a::ff:fe00:10',
    ],
  },
  {
    patch: 'router-preference',
    scenarios: ['preference-default', 'rio-two-routers', 'deprecated-avoided', 'saddr-interface'],
    fails: ['router preference', 'one route from two routers'],
    says: /::\/0 via fe80::1 \S+ \d+ metric 1024: loses to ::\/0 via fe80::2 .* by router preference/,
    changes: [
      '2001:db8:1::80 4001: route, via fe80::2 table 254 became via fe80::1 table 254',
      '2001:db8:1::80 4002: route, via fe80::2 table 254 became via fe80::1 table 254',
      '2001:db8:b0::80 4001: route, via fe80::2 table 254 became via fe80::1 table 254',
    ],
  },
  {
    patch: 'route-metric',
    scenarios: ['static-beats-preference', 'static-beats-ra', 'ra-defrtr-metric'],
    fails: ['a static route and a preferred router'],
    says: /::\/0 via fe80::1 \S+ \d+ metric 1024: loses to ::\/0 via fe80::2 .* by lower metric/,
    changes: ['2001:db8:1::81 4001: route, via fe80::2 table 254 became via fe80::1 table 254'],
  },
  {
    patch: 'source-specific',
    scenarios: ['source-specific-other', 'source-specific', 'one-router'],
    fails: ['a source that no source-specific route is for'],
    says: /::\/0 from 2001:db8:a::\/64 via fe80::1 .*: does not cover the source 2001:db8:c::5/,
    changes: ['2001:db8:1::82 0: route, via fe80::3 table 254 became via fe80::1 table 254'],
  },
  {
    patch: 'rule-fwmark',
    scenarios: ['rule-fwmark', 'rule-prohibit', 'saddr-label'],
    fails: ['a rule for a mark'],
    says: /rule 100 \(table 100\): no match, fwmark/,
    changes: ['2001:db8:1::80 4001: route, via fe80::1 table 254 became via fe80::2 table 100'],
  },
  {
    patch: 'ra-autonomous',
    scenarios: ['pio-on-link-only', 'pio-autonomous-only', 'pio-two-prefixes'],
    fails: ['PIO without A flag'],
    says: /ra\.address-unexpected: .*2001:db8:a::ff:fe00:10/,
    changes: [],
  },
];

const dir = mkdtempSync(join(tmpdir(), 'pvdscope-broken-'));
after(() => rmSync(dir, { recursive: true }));

function output(program: string, ...args: readonly string[]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    out += chunk;
  });
  return new Promise<{ code: number | null; out: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, out })),
  );
}

const pvdscope = (...args: readonly string[]) => output(process.execPath, MAIN, ...args);

/** The image's path. */
async function build(...args: readonly string[]): Promise<string> {
  const { code, out } = await output(join(PACKAGE_ROOT, 'kernel/build.sh'), '--base', ...args);
  assert.equal(code, 0, 'kernel/build.sh');
  return out.trim();
}

/** Runs scenarios, recording what came. */
async function run(kernel: string, name: string, scenarios: readonly string[]) {
  const trace = join(dir, `${name}.pcapng`);
  const args = ['--kernel', kernel, '--jobs', '1', '--timeout', '1800', `--trace=${trace}`];
  const files = scenarios.map((one) => join(PACKAGE_ROOT, `test/scenarios/${one}.yaml`));
  return { trace, ...(await pvdscope('lab', 'run', ...args, ...files)) };
}

interface Answer {
  readonly answer: {
    readonly via: string;
    readonly table: number;
    readonly source: string;
    readonly verdict: string;
  };
}

interface Change {
  readonly flow: { readonly netns: string; readonly daddr: string; readonly dport: number };
  readonly cause: string;
  readonly base: readonly Answer[];
  readonly next: readonly Answer[];
}

/** What the host decides otherwise, all of it wrong; routers only answer, to where its source tells. */
function changesOf(ndjson: string): string[] {
  const all = ndjson.split('\n').filter(Boolean);
  const changes = all.map((line) => JSON.parse(line) as Change);
  const texts = changes
    .filter(({ flow }) => flow.netns === 'host')
    .map(({ flow, cause, base, next }) => {
      assert.ok(
        next.every(({ answer }) => answer.verdict === 'diverge'),
        ndjson,
      );
      const of = (answers: readonly Answer[]): string =>
        answers
          .map(({ answer: { via, table, source } }) =>
            cause === 'source' ? source : `via ${via} table ${table}`,
          )
          .join(' and ');
      return `${flow.daddr} ${flow.dport}: ${cause}, ${of(base)} became ${of(next)}`;
    });
  return [...new Set(texts)].sort();
}

for (const { patch, scenarios, fails, says, changes } of FAULTS) {
  test(`a kernel with ${patch}.patch is caught, and the rule named`, async (t) => {
    const healthy = await run(await build(), 'healthy', scenarios);
    assert.equal(healthy.code, 0, healthy.out);
    const file = join(PACKAGE_ROOT, `test/fixture/broken-kernel/${patch}.patch`);
    const broken = await run(await build('--patch', file), patch, scenarios);
    assert.equal(broken.code, 1, broken.out);
    const failed = [...broken.out.matchAll(/^not ok \d+ - (.*?) \[/gm)].map(([, name]) => name);
    assert.deepEqual(failed.sort(), [...fails].sort(), broken.out);
    assert.match(broken.out, says);
    const traces = [healthy.trace, broken.trace];
    const diff = await pvdscope('diff', '--format', 'ndjson', '--ladders', '0', ...traces);
    t.diagnostic(diff.out);
    assert.deepEqual(changesOf(diff.out), changes, diff.out);
  });
}
