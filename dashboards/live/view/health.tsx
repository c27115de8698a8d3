/** Whether what the page shows can be trusted: on every view, never to be overlooked. */

import type { VNode } from 'preact';
import type { Page } from '../page.ts';
import { lagMs, type Store } from '../store.ts';
import type { StreamState } from '../stream.ts';
import { Badge, Foreign } from './parts.tsx';

export interface HealthFact {
  readonly level: 'ok' | 'warn' | 'bad';
  readonly text: string;
}

const LAG_MS_WARN = 2000;

const STREAM_FACTS: Readonly<Record<StreamState, HealthFact>> = {
  connecting: { level: 'warn', text: 'connecting' },
  live: { level: 'ok', text: 'live' },
  offline: { level: 'bad', text: 'offline: what is shown is old' },
  unauthorized: { level: 'bad', text: 'not authorized' },
  file: { level: 'ok', text: 'recorded' },
};

/** What there is to say about the stream, the records and the judging. */
export function healthFacts(store: Store, stream: StreamState): HealthFact[] {
  const { stats, lost, dropped, hello } = store;
  const facts: HealthFact[] = [STREAM_FACTS[stream]];
  const add = (level: HealthFact['level'], text: string): number => facts.push({ level, text });
  if (stream === 'live' && lagMs(store) > LAG_MS_WARN) {
    add('warn', `${(lagMs(store) / 1000).toFixed(1)} s behind`);
  }
  if (dropped > 0) add('warn', `${dropped} updates missed by this page`);
  const lostCount = Math.max(lost?.total ?? 0, stats?.lost ?? 0);
  add(lostCount > 0 ? 'bad' : 'ok', `${lostCount} records lost`);
  const { skipped = 0 } = stats ?? {};
  if (skipped > 0) add('warn', `${skipped} runs of hooks skipped`);
  const { leftOut = 0 } = stats ?? {};
  if (leftOut > 0) add('warn', `${leftOut} decisions left out`);
  const hooks = hello?.hooks ?? [];
  const off = hooks.filter((hook) => !hook.attached).length;
  if (off > 0) add('warn', `${off} of ${hooks.length} hooks missing`);
  else if (hooks.length > 0) add('ok', `${hooks.length} hooks attached`);
  if (stats === undefined) return facts;
  const malformed = sum(stats.malformed) + stats.unknown;
  if (malformed > 0) add('warn', `${malformed} records not understood`);
  const drift = sum(stats.drift);
  if (drift > 0) add('warn', `${drift} rows drifted`);
  const { agree, diverge, undecided } = stats.verdicts;
  add('ok', `${agree} agree`);
  add(diverge > 0 ? 'bad' : 'ok', `${diverge} diverge`);
  const open = sum(undecided);
  add(open > 0 ? 'warn' : 'ok', `${open} undecided`);
  const findings = sum(stats.findings);
  if (findings > 0) add('warn', `${findings} findings`);
  return facts;
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

export function Health({ page }: { readonly page: Page }): VNode {
  const { store, stream } = page;
  const facts = healthFacts(store, stream);
  const worst = (['bad', 'warn'] as const).find((level) => facts.some((f) => f.level === level));
  return (
    <div class={`health ${worst ?? 'ok'}`} role="status" aria-label="Health">
      {store.hello === undefined ? null : (
        <span class="host">
          <Foreign text={store.host} />, <Foreign text={store.hello.kernel} />
        </span>
      )}
      {facts.map(({ level, text }) => (
        <Badge key={text} level={level}>
          {text}
        </Badge>
      ))}
    </div>
  );
}
