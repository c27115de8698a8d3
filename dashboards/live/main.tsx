/** The live page: stream → store → views. With data inside the page it is the offline report. */

import { render } from 'preact';
import type { Comparison } from '../../src/publish/comparison.ts';
import type { Envelope } from '../../src/publish/envelope.ts';
import { escapeJson, safeFileName } from '../../src/publish/escape.ts';
import type { ReportData } from '../../src/publish/report-data.ts';
import { createExplainer } from './explain.ts';
import { keyAction } from './keys.ts';
import { openComparison } from './open.ts';
import type { Actions, Page } from './page.ts';
import { parseRoute } from './route.ts';
import { applyFrame, createStore, freeze, nowNs, type Store } from './store.ts';
import { type FollowedStream, followStream, type StreamState } from './stream.ts';
import { stateAt } from './tables.ts';
import { compareNs } from './time.ts';
import { App } from './view/app.tsx';

/** Shortest time between two renderings, in ms. */
const RENDER_MS = 100;
const TOKEN_KEY = 'pvdscope.token';

const root = document.getElementById('app') as HTMLElement;
const store = createStore();
const token = (): string => sessionStorage.getItem(TOKEN_KEY) ?? '';
const explainer = createExplainer(new URL(location.href), token, schedule);
let report: ReportData | undefined;
let comparison: Comparison | null = null;
let refused = '';
let stream: StreamState = 'connecting';
let frozen: Store | undefined;
let cursorNs: string | undefined;
let followed: FollowedStream | undefined;
let scheduled = false;
let renderedAt = 0;

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  const wait = Math.max(0, renderedAt + RENDER_MS - performance.now());
  setTimeout(() => requestAnimationFrame(draw), wait);
}

function draw(): void {
  scheduled = false;
  renderedAt = performance.now();
  render(<App page={currentPage()} />, root);
}

function currentPage(): Page {
  const shown = frozen ?? store;
  const now = cursorNs ?? nowNs(shown, renderedAt);
  const told = explainer.of(store.hello?.run ?? '');
  const isPast = cursorNs !== undefined && compareNs(cursorNs, shown.clock?.tsNs ?? '0') < 0;
  return {
    store: shown,
    netns: isPast ? stateAt(shown.history, now) : shown.history.now,
    route: parseRoute(location.hash),
    stream,
    nowNs: now,
    paused: frozen !== undefined,
    report: report ?? { ...told.report, comparison },
    untold: told.untold,
    refused,
    actions,
  };
}

const actions: Actions = {
  go(href): void {
    history.replaceState(null, '', href);
    schedule();
  },
  pause(on): void {
    frozen = on ? (frozen ?? freeze(store)) : undefined;
    cursorNs = frozen?.clock?.tsNs;
    // What was recorded has no present to go back to.
    if (!on && stream === 'file') showRecorded();
    schedule();
  },
  seek(tsNs): void {
    frozen ??= freeze(store);
    cursorNs = tsNs;
    schedule();
  },
  save(name, envelopes): void {
    const lines = envelopes.map((envelope) => `${escapeJson(JSON.stringify(envelope))}\n`);
    const url = URL.createObjectURL(new Blob(lines, { type: 'application/x-ndjson' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = safeFileName(`pvdscope-${store.host}-${name}.ndjson`);
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  },
  copy(text): void {
    navigator.clipboard?.writeText(text).catch(() => {});
  },
  open(file): void {
    void openComparison(file).then((opened) => {
      comparison = opened.comparison ?? comparison;
      refused = opened.refused ?? '';
      schedule();
    });
  },
  explain(seq): void {
    if (stream !== 'file') explainer.ask(seq, store.hello?.run ?? '');
  },
  authorize(given): void {
    sessionStorage.setItem(TOKEN_KEY, given);
    followed?.retry();
  },
};

function showRecorded(): void {
  frozen = freeze(store);
  cursorNs = store.clock?.tsNs;
}

addEventListener('hashchange', schedule);
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target as HTMLElement;
  const isTyping = target.matches('input:not([type=range]), textarea, select');
  const action = keyAction(event.key, parseRoute(location.hash), isTyping);
  if (action === undefined) return;
  event.preventDefault();
  if (action.does === 'go') location.hash = action.href;
  else if (action.does === 'pause') actions.pause(frozen === undefined);
  else {
    location.hash = parseRoute(location.hash).view === 'decisions' ? location.hash : '#/decisions';
    setTimeout(() => document.getElementById('search')?.focus(), 2 * RENDER_MS);
  }
});

const recorded = document.getElementById('recorded');
if (recorded !== null) {
  for (const line of (recorded.textContent ?? '').split('\n')) {
    if (line !== '') applyFrame(store, [JSON.parse(line) as Envelope], 0);
  }
  store.dropped = Number(recorded.getAttribute('data-omitted'));
  report = JSON.parse(document.getElementById('report')?.textContent ?? '') as ReportData;
  stream = 'file';
  showRecorded();
  schedule();
} else {
  setInterval(schedule, 1000);
  followed = followStream(new URL(location.href), {
    onFrame(frame): void {
      applyFrame(store, frame, performance.now());
      schedule();
    },
    onState(next): void {
      stream = next;
      schedule();
    },
    position: () =>
      store.hello === undefined || store.seq === undefined
        ? undefined
        : { seq: store.seq, run: store.hello.run },
    token,
  });
}
