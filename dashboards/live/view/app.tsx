/** The frame of all views: what is wrong, where to go, what is shown. */

import type { VNode } from 'preact';
import type { Page } from '../page.ts';
import { formatRoute, VIEWS, type View } from '../route.ts';
import { Compare } from './compare.tsx';
import { Decisions } from './decisions.tsx';
import { Health } from './health.tsx';
import { Overview } from './overview.tsx';
import { Pvds } from './pvds.tsx';
import { Ras } from './ras.tsx';
import { Timeline } from './timeline.tsx';
import { Topology } from './topology.tsx';

const TITLES: Readonly<Record<View, string>> = {
  overview: 'Overview',
  topology: 'Topology',
  pvds: 'PvDs',
  timeline: 'Timeline',
  decisions: 'Decisions',
  ras: 'RAs',
  compare: 'Compare',
};

const SHOW: Readonly<Record<View, (props: { readonly page: Page }) => VNode>> = {
  overview: Overview,
  topology: Topology,
  pvds: Pvds,
  timeline: Timeline,
  decisions: Decisions,
  ras: Ras,
  compare: Compare,
};

export function App({ page }: { readonly page: Page }): VNode {
  const { route, paused, actions, stream } = page;
  const Show = SHOW[route.view];
  const hasCompare = stream !== 'file' || page.report.comparison !== null;
  const shown = VIEWS.filter((view) => view !== 'compare' || hasCompare);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the view
      </button>
      <header class="top">
        <h1>pvdscope</h1>
        <nav class="views" aria-label="Views">
          {shown.map((view, at) => (
            <a
              key={view}
              href={formatRoute(view)}
              title={`key ${at + 1}`}
              aria-current={view === route.view ? 'page' : undefined}
            >
              {TITLES[view]}
            </a>
          ))}
        </nav>
        <button
          type="button"
          aria-pressed={paused && stream !== 'file'}
          onClick={() => actions.pause(!paused)}
        >
          {stream === 'file' ? 'To the end' : paused ? 'Paused: go on' : 'Pause'}
        </button>
        <Health page={page} />
      </header>
      <main id="main" tabIndex={-1}>
        {stream === 'unauthorized' ? <AskToken page={page} /> : <Show page={page} />}
      </main>
      <footer class="hint">
        Keys: 1–{shown.length} views, / search, p pause, arrows or j and k in the list, Esc closes.
        The mouse on a cut name shows all of it.
      </footer>
    </>
  );
}

function AskToken({ page }: { readonly page: Page }): VNode {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem('token');
    page.actions.authorize((field as HTMLInputElement).value.trim());
  };
  return (
    <section aria-labelledby="token-title">
      <h2 id="token-title">This agent asks for a token</h2>
      <form class="tools" onSubmit={submit}>
        <label>
          Token <input name="token" type="password" autocomplete="current-password" required />
        </label>
        <button type="submit">Go on</button>
      </form>
      <p class="hint">It is in the file given to pvdscope run --token-file.</p>
    </section>
  );
}
