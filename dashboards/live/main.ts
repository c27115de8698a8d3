/** The live page: stream → store → views. */

import { applyFrame, createStore, nowNs } from './store.ts';
import { followStream, type StreamState } from './stream.ts';
import { createDecisionsView } from './view/decisions.ts';
import { createHealthView } from './view/health.ts';
import { tickLifetimes } from './view/lifetime.ts';
import { createPvdsView } from './view/pvds.ts';
import { createRasView } from './view/ras.ts';

/** Shortest time between two renderings, in ms. */
const RENDER_MS = 100;

function byId<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element as T;
}

const store = createStore();
let state: StreamState = 'connecting';
const search = byId<HTMLInputElement>('search');
const pause = byId<HTMLInputElement>('pause');
const health = createHealthView(byId('health'));
const pvds = createPvdsView(byId('pvds'));
const ras = createRasView(byId('ras'));
const decisions = createDecisionsView({
  body: byId('decisions'),
  search,
  pause,
  count: byId('decision-count'),
  detail: byId('detail'),
});

let scheduled = false;
let renderedAt = 0;

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  const wait = Math.max(0, renderedAt + RENDER_MS - performance.now());
  setTimeout(() => requestAnimationFrame(render), wait);
}

function render(): void {
  scheduled = false;
  renderedAt = performance.now();
  health.render(store, state);
  pvds.render(store, nowNs(store, renderedAt));
  ras.render(store);
  decisions.render(store);
}

search.addEventListener('input', schedule);
pause.addEventListener('change', schedule);
setInterval(() => tickLifetimes(document, nowNs(store, performance.now())), 1000);

followStream(new URL(location.href), {
  onFrame(frame): void {
    applyFrame(store, frame, performance.now());
    schedule();
  },
  onState(next): void {
    state = next;
    schedule();
  },
  position: () =>
    store.hello === undefined || store.seq === undefined
      ? undefined
      : { seq: store.seq, run: store.hello.run },
});
