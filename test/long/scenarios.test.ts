/** The whole library of scenarios on each kernel, one guest for all of them. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MAIN, PACKAGE_ROOT } from '../../agent/paths.ts';

const DIR = join(PACKAGE_ROOT, 'test/scenarios');
const FILES = readdirSync(DIR)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => join(DIR, file));

for (const kernel of ['debian:6.1', 'debian:6.12', 'debian:7.2']) {
  test(`${kernel}: every scenario meets its expectations`, async () => {
    const args = [MAIN, 'lab', 'run', '--kernel', kernel, '--timeout', '3600', ...FILES];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      out += chunk;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(code, 0, out);
    assert.equal(out.match(/^ok \d+ - /gm)?.length, FILES.length, out);
    assert.match(out, /^# Totals: pass:\d+ fail:0 xfail:\d+ xpass:0 skip:0 error:0$/m);
  });
}
