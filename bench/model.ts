/** The model alone: predictions a second on one core, memory and build time of the FIB. */

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
import { destinations, internetRoutes, internetSnapshot } from './model-routes.ts';

const SIZES = [1_000, 10_000, 220_000, 1_000_000] as const;
/** What a full table is today. */
const FULL = 220_000;
const QUERIES = 100_000;
const SECONDS = 1;

export async function modelFigures(tell: (figure: Figure) => void): Promise<void> {
  for (const size of SIZES) {
    const routes = internetRoutes(size);
    const snapshot = internetSnapshot(routes);
    const from = performance.now();
    const state = createModelState(snapshot);
    const buildMs = performance.now() - from;
    const model = createModel(state, LINUX);
    const targets = destinations(routes, QUERIES);
    const lookups = targets.map(
      (daddr): Query => ({ kind: 'lookup', daddr, fromNs: 0n, toNs: 0n }),
    );
    const flows = targets.map((daddr): Query => ({ kind: 'flow', daddr, fromNs: 0n, toNs: 0n }));
    const name = size === FULL ? '220k' : size >= 1_000_000 ? '1m' : `${size / 1000}k`;
    tell({ name: `model.route.${name}`, value: rate(model, lookups), unit: '1/s' });
    tell({ name: `model.flow.${name}`, value: rate(model, flows), unit: '1/s' });
    tell({ name: `model.build.${name}`, value: Math.round(buildMs), unit: 'ms' });
    if (size !== FULL) continue;
    tell({ name: 'model.bytesPerRoute', value: fib6Bytes(state.fib) / size, unit: 'B' });
    tell({ name: 'model.update.220k', value: updateRate(state, routes), unit: '1/s' });
  }
}

/** Answers a second, the best of five rounds: the machine is shared. */
function rate(model: Model, queries: readonly Query[]): number {
  let best = 0;
  for (let round = 0; round < 5; round++) {
    let done = 0;
    const start = performance.now();
    let elapsed = 0;
    do {
      for (const query of queries)
        if (predictOn(model, query).outcomes.length !== 1) throw new Error('not one');
      done += queries.length;
      elapsed = performance.now() - start;
    } while (elapsed < (SECONDS * 1000) / 5);
    best = Math.max(best, Math.round((done * 1000) / elapsed));
  }
  return best;
}

/** Routes replaced a second: one deletion and one insertion each. */
function updateRate(state: ModelState, routes: readonly Route[]): number {
  const start = performance.now();
  const count = 50_000;
  for (let i = 0; i < count; i++) {
    const route = routes[(i * 7919) % routes.length] as Route;
    deleteRoute(state, route);
    addRoute(state, route);
  }
  return Math.round((count * 1000) / (performance.now() - start));
}
