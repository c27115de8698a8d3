#!/usr/bin/env node
// Draws docs/long-life.svg: what a day of test/long-life-run.ts leaves in memory, hour by hour.
// Needs a build. `node --expose-gc scripts/plot-long-life.mjs`: heap after a full collection.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const { runDay } = await import(join(ROOT, 'dist/test/long-life-run.js'));
const { statsOf } = await import(join(ROOT, 'dist/src/pipeline.js'));
if (globalThis.gc === undefined) {
  process.stderr.write('usage: node --expose-gc scripts/plot-long-life.mjs\n');
  process.exit(2);
}

/** @returns {number} MiB in use after a full collection */
function heapMiB() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Heap by hour, of a day with a dump every hour or without any. */
function measure(dumps) {
  const start = heapMiB();
  const heap = [start];
  let rows = 0;
  const pipeline = runDay((running) => {
    heap.push(heapMiB());
    const [netns] = running.world.netns.values();
    rows = Math.max(rows, netns.routes.size + netns.addresses.size + netns.neighbours.size);
  }, dumps);
  return { heap, rows, stats: statsOf(pipeline) };
}

const WIDTH = 720;
const HEIGHT = 300;
const LEFT = 50;
const RIGHT = 20;
const TOP = 46;
const BOTTOM = 40;

const days = [
  { name: 'a dump every hour', colour: '#1f6feb', ...measure(true) },
  { name: 'no dump all day', colour: '#c2410c', ...measure(false) },
];
const top = 10 * Math.ceil((1.2 * Math.max(...days.flatMap(({ heap }) => heap))) / 10);
const x = (hour) => LEFT + ((WIDTH - LEFT - RIGHT) * hour) / 24;
const y = (mib) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * mib) / top;
const text = (at, words, more = '') => `<text x="${at[0]}" y="${at[1]}" ${more}>${words}</text>`;
const parts = [
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
  `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
  text([LEFT, 18], 'Heap in use after a full collection, MiB, over a day in which a router, its prefix and'),
  text([LEFT, 34], 'its PvD come and go every minute (compressed; test/long-life-run.ts)'),
];
for (let mib = 0; mib <= top; mib += top / 5) {
  parts.push(`<path d="M${LEFT} ${y(mib)}H${WIDTH - RIGHT}" stroke="#ddd"/>`);
  parts.push(text([LEFT - 6, y(mib) + 4], mib, 'text-anchor="end"'));
}
for (let hour = 0; hour <= 24; hour += 4) {
  parts.push(text([x(hour), HEIGHT - BOTTOM + 16], `${hour} h`, 'text-anchor="middle"'));
}
for (const [i, { name, colour, heap, stats }] of days.entries()) {
  const points = heap.map((mib, hour) => `${x(hour).toFixed(1)},${y(mib).toFixed(1)}`).join(' ');
  parts.push(`<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>`);
  const { decisions, verdicts } = stats;
  const told = `${name}: ${decisions} decisions, ${verdicts.agree} agree, ${verdicts.diverge} diverge`;
  parts.push(text([LEFT + 10, HEIGHT - BOTTOM - 24 + 16 * i], told, `fill="${colour}"`));
}
parts.push('</svg>', '');
writeFileSync(join(ROOT, 'docs/long-life.svg'), parts.join('\n'));
for (const { name, heap, rows } of days) {
  const [start = 0, first = 0] = heap;
  const figures = [start, first, Math.max(...heap.slice(1)), heap.at(-1) ?? 0];
  const [at0, at1, most, end] = figures.map((mib) => mib.toFixed(1));
  process.stdout.write(
    `${name}: ${at0} MiB at the start, ${at1} after an hour, at most ${most}, ${end} after 24; at most ${rows} rows\n`,
  );
}
