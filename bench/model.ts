/**
 * The model: predictions a second on one core, memory and build time of its FIB, and in the
 * same run the kernel's answers to the same queries over the same routes.
 */

import { fib6Bytes } from '../src/model/fib6-memory.ts';
import {
  addRoute,
  createModelState,
  deleteRoute,
  type ModelState,
} from '../src/model/model-state.ts';
import { createModel, type Model, predictOn } from '../src/model/predict.ts';
import { LINUX } from '../src/model/profile.ts';
import type { Query } from '../src/model/query.ts';
import type { Route } from '../src/state/snapshot.ts';
import type { Figure } from './figure.ts';
import { kernelAnswers } from './model-kernel.ts';
import { destinations, internetRoutes, internetSnapshot } from './model-routes.ts';

const SIZES = [1_000, 10_000, 220_000, 1_000_000] as const;
/** What a full table is today. */
const FULL = 220_000;
const QUERIES = 100_000;
const ROUNDS = 11;
const UPDATES = 50_000;

export async function modelFigures(tell: (figure: Figure) => void): Promise<void> {
  for (const size of SIZES) measure(size, tell);
}

function measure(size: number, tell: (figure: Figure) => void): void {
  const name = size >= 1_000_000 ? '1m' : `${size / 1000}k`;
  const routes = internetRoutes(size);
  const snapshot = internetSnapshot(routes);
  const before = process.cpuUsage();
  const start = performance.now();
  const state = createModelState(snapshot);
  const buildMs = performance.now() - start;
  const build = process.cpuUsage(before);
  const model = createModel(state, LINUX);
  const targets = destinations(routes, QUERIES);
  const time = { fromNs: 0n, toNs: 0n };
  for (const [what, kind] of [
    ['route', 'lookup'],
    ['flow', 'flow'],
  ] as const) {
    const queries = targets.map((daddr): Query => ({ kind, daddr, ...time }));
    const { cpu, wall } = rate(queries.length, () => ask(model, queries));
    tell({ name: `model.${what}.${name}`, value: cpu, unit: '1/s' });
    tell({ name: `model.${what}.${name}.wall`, value: wall, unit: '1/s' });
  }
  const cpuMs = Math.round((build.user + build.system) / 1000);
  tell({ name: `model.build.${name}`, value: cpuMs, unit: 'ms' });
  tell({ name: `model.build.${name}.wall`, value: Math.round(buildMs), unit: 'ms' });
  const updates = rate(UPDATES, () => replace(state, routes)).cpu;
  tell({ name: `model.update.${name}`, value: updates, unit: '1/s' });
  if (size === FULL) {
    tell({ name: 'model.bytesPerRoute', value: fib6Bytes(state.fib) / size, unit: 'B' });
  }
  if (size > FULL || process.getuid?.() !== 0) return;
  const kernel = kernelAnswers(routes, targets);
  for (const what of ['fib', 'fibSrc', 'getroute'] as const) {
    if (kernel[`${what}Found`] !== 1) throw new Error(`${what}: ${JSON.stringify(kernel)}`);
    tell({ name: `kernel.${what}.${name}`, value: kernel[what], unit: '1/s' });
  }
}

/**
 * Operations a second of CPU time (all threads: compiler and garbage collector included) and
 * of wall time, medians of rounds of `count` operations each; the first rounds warm up.
 */
function rate(count: number, round: () => void): { cpu: number; wall: number } {
  const cpu: number[] = [];
  const wall: number[] = [];
  for (let i = -2; i < ROUNDS; i++) {
    const before = process.cpuUsage();
    const start = performance.now();
    round();
    const { user, system } = process.cpuUsage(before);
    if (i < 0) continue;
    cpu.push((count * 1e6) / (user + system));
    wall.push((count * 1e3) / (performance.now() - start));
  }
  return { cpu: median(cpu), wall: median(wall) };
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return Math.round(values[values.length >> 1] as number);
}

function ask(model: Model, queries: readonly Query[]): void {
  for (const query of queries) {
    if (predictOn(model, query).outcomes.length !== 1) throw new Error('not one');
  }
}

/** Routes replaced: one deletion and one insertion each. */
function replace(state: ModelState, routes: readonly Route[]): void {
  for (let i = 0; i < UPDATES; i++) {
    const route = routes[(i * 7919) % routes.length] as Route;
    deleteRoute(state, route);
    addRoute(state, route);
  }
}
