/**
 * A kernel with one broken rule is caught by a scenario, which names the rule, and `diff` against
 * the healthy kernel shows the decisions that the rule is about and no others.
 *
 * Both are build trees of one source, of which one has test/fixture/broken-kernel/saddr-rule-3.patch:
 * PVDSCOPE_HEALTHY_KERNEL=DIR PVDSCOPE_BROKEN_KERNEL=DIR scripts/test long
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MAIN, PACKAGE_ROOT } from '../../agent/paths.ts';

const { PVDSCOPE_HEALTHY_KERNEL: HEALTHY, PVDSCOPE_BROKEN_KERNEL: BROKEN } = process.env;
const SCENARIOS = ['deprecated-avoided', 'deprecated-alone', 'one-router', 'saddr-scope'].map(
  (name) => join(PACKAGE_ROOT, `test/scenarios/${name}.yaml`),
);

function pvdscope(...args: readonly string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    out += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out })));
}

test('rule 3 of RFC 6724 broken', async (t) => {
  if (HEALTHY === undefined || BROKEN === undefined) {
    return t.skip('PVDSCOPE_HEALTHY_KERNEL and PVDSCOPE_BROKEN_KERNEL name no build trees');
  }
  const dir = mkdtempSync(join(tmpdir(), 'pvdscope-broken-'));
  const run = (kernel: string, name: string) =>
    pvdscope(
      ...['lab', 'run', '--kernel', kernel, '--jobs', '1', '--timeout', '1200'],
      ...[`--trace=${join(dir, name)}`, ...SCENARIOS],
    );
  try {
    const healthy = await run(HEALTHY, 'healthy.pcapng');
    assert.equal(healthy.code, 0, healthy.out);
    const broken = await run(BROKEN, 'broken.pcapng');
    assert.equal(broken.code, 1, broken.out);
    const failed = broken.out.match(/^not ok \d+ - .*$/gm) ?? [];
    assert.equal(failed.length, 1, broken.out);
    assert.match(failed[0] ?? '', /^not ok 1 - a deprecated prefix beside a preferred one /);
    assert.match(
      broken.out,
      /^ {4}# .*diverge; by the model 2001:db8:a:\S+ dev \d+: loses to 2001:db8:f000:\S+ by rule 3: /m,
    );
    const diff = await pvdscope('diff', join(dir, 'healthy.pcapng'), join(dir, 'broken.pcapng'));
    assert.equal(diff.code, 1, diff.out);
    // What the host decides, and who answers it where the answer goes.
    const flows = diff.out.match(/^ {2}host: .*$/gm) ?? [];
    assert.equal(flows.length, 1, diff.out);
    assert.match(flows[0] ?? '', / flow to 2001:db8:a:7::1 port 4001 /);
    const others = diff.out.match(/^ {2}(?!host)\w+: .*$/gm) ?? [];
    assert.ok(
      others.every((flow) => / to 2001:db8:(f000|a)::ff:fe00:10/.test(flow)),
      diff.out,
    );
    assert.match(diff.out, /^another source address: \d+$/m);
    assert.match(diff.out, /rule 3: neither deprecated nor optimistic/);
    t.diagnostic(diff.out);
  } finally {
    rmSync(dir, { recursive: true });
  }
  return undefined;
});
