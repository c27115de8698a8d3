#!/usr/bin/env node
// Runs the compiled tests below a folder with node:test and fails when there were none:
// a suite that silently runs nothing must not be green.
//   run-tests.mjs DIR [--except NAME,NAME] [--concurrency N]
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, sep } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { except: { type: 'string' }, concurrency: { type: 'string' } },
});
const dir = positionals[0] ?? 'dist/test';
const except = new Set((values.except ?? '').split(',').filter(Boolean));
const files = readdirSync(dir, { recursive: true })
  .filter((name) => name.endsWith('.test.js') && !except.has(name.split(sep)[0]))
  .sort()
  .map((name) => join(dir, name));

let passed = 0;
let failed = 0;
let skipped = 0;
const concurrency = values.concurrency ? Number(values.concurrency) : availableParallelism();
const stream = run({ files, concurrency });
stream.on('test:pass', (event) => {
  if (event.skip) skipped++;
  else if (event.details?.type !== 'suite') passed++;
});
stream.on('test:fail', () => failed++);
stream.compose(new spec()).pipe(process.stdout);
stream.on('end', () => {
  if (passed === 0) {
    process.stderr.write(`no test ran below ${dir}\n`);
    process.exitCode = 1;
  } else if (failed > 0) process.exitCode = 1;
  process.stderr.write(`${dir}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
});
