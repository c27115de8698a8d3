/**
 * `scripts/fuzz-nd`: octets that are changed as long as that makes other blocks of the codec run.
 *
 *   --minutes N   how long (10)      --seed N       of the changes (the time of day)
 *   --corpus F    read and kept      --keep         write the corpus back, minimised
 *
 * Exit status: 0 no finding, 1 one, whose octets are printed for `parse`.
 */

import { parseArgs } from 'node:util';
import { messageOf, ROWS } from '../decode/nd/bad-input.ts';
import { CORPUS, minimise, readCorpus, writeCorpus } from './corpus.ts';
import { startCoverage } from './coverage.ts';
import { mutate, randomFrom } from './mutate.ts';
import { checkOctets } from './nd-target.ts';

/** Inputs between two looks at the coverage, each of which costs as much as some hundred of them. */
const BATCH = 4096;
/** Of these inputs, what `parse` prints of one is looked at as well. */
const SHOWN_EVERY = 16;
const REPORT_MS = 30_000;
/** An input of 2 KiB takes 1 ms on a busy machine. */
const SLOW_MS = 500;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() & 0xffff) },
    corpus: { type: 'string', default: CORPUS },
    keep: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const random = randomFrom(seed);
const coverage = startCoverage((url) =>
  /\/dist\/(src\/(decode\/nd|net)|agent\/capture)\//.test(url),
);
const seen = new Set<string>();

function run(octets: Uint8Array, shown: boolean): ReadonlySet<string> {
  const start = performance.now();
  try {
    const features = checkOctets(octets, shown);
    if (performance.now() - start > SLOW_MS && isSlow(octets)) throw new Error('it takes too long');
    return features;
  } catch (error) {
    process.stdout.write(`finding: ${(error as Error).message}\n`);
    process.stdout.write(`pvdscope parse ${Buffer.from(octets).toString('hex')}\n`);
    process.exit(1);
  }
}

/** Whether it is, and not that the machine was busy. */
function isSlow(octets: Uint8Array): boolean {
  const before = process.cpuUsage();
  checkOctets(octets);
  return process.cpuUsage(before).user / 1000 > SLOW_MS;
}

function featuresOf(octets: Uint8Array): readonly string[] {
  coverage.take();
  const features = run(octets, true);
  return [...features, ...coverage.take()];
}

/** Whether there is something in it that was in no other before. */
function isNews(features: Iterable<string>): boolean {
  const before = seen.size;
  for (const feature of features) seen.add(feature);
  return seen.size > before;
}

/** Keeps those that run a block no other did: in halves, since looking costs more than running. */
function search(batch: readonly Uint8Array[]): void {
  coverage.take();
  for (const octets of batch) run(octets, false);
  const blocks = coverage.take();
  if (blocks.every((block) => seen.has(block))) return;
  const [only] = batch;
  if (batch.length === 1 && only !== undefined) {
    if (isNews(blocks)) pool.push(only);
    return;
  }
  search(batch.slice(0, batch.length / 2));
  search(batch.slice(batch.length / 2));
}

const pool: Uint8Array[] = [];
for (const octets of [...readCorpus(values.corpus), ...ROWS.map(messageOf)]) {
  if (isNews(featuresOf(octets))) pool.push(octets);
}

let runs = 0;
const startMs = Date.now();
const endMs = startMs + Number(values.minutes) * 60_000;
for (let toldMs = startMs; Date.now() < endMs; ) {
  coverage.take();
  const batch: Uint8Array[] = [];
  for (let i = 0; i < BATCH; i++) {
    // The latest are the most promising.
    const one =
      pool[
        random(2) === 0 ? random(pool.length) : pool.length - 1 - random(Math.min(16, pool.length))
      ];
    const octets = mutate(
      one ?? Uint8Array.of(134),
      pool[random(pool.length)] ?? Uint8Array.of(0),
      random,
    );
    batch.push(octets);
    if (isNews(run(octets, i % SHOWN_EVERY === 0))) pool.push(octets);
  }
  runs += BATCH;
  if (coverage.take().some((block) => !seen.has(block))) search(batch);
  if (Date.now() - toldMs < REPORT_MS) continue;
  toldMs = Date.now();
  process.stderr.write(`fuzz-nd: ${runs} inputs, ${pool.length} kept, ${seen.size} features\n`);
}
const seconds = (Date.now() - startMs) / 1000;
const kept = values.keep ? minimise(pool, featuresOf) : pool;
if (values.keep) writeCorpus(values.corpus, kept);
coverage.close();
process.stdout.write(
  `no finding in ${runs} inputs, ${(runs / Math.max(seconds, 1)).toFixed(0)} a second, seed ${seed}; ` +
    `${seen.size} features, ${kept.length} inputs kept\n`,
);
