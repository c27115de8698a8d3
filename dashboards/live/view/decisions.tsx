/** Decisions: facets, filters that are part of the address, a list of any length, one in detail. */

import type { VNode } from 'preact';
import type { Envelope } from '../../../src/publish/envelope.ts';
import { VERDICT_WORDS } from '../../../src/publish/filter.ts';
import type { Page } from '../page.ts';
import { toggleParam, withParams } from '../route.ts';
import { FILTER_FIELDS, type Selection, selectDecisions } from '../select.ts';
import { compareNs, secOf } from '../time.ts';
import { RateChart } from './chart.tsx';
import { DecisionDetail } from './decision.tsx';
import { DecisionList } from './decision-list.tsx';
import { Foreign } from './parts.tsx';
import { SearchForm } from './search.tsx';

const CHART_SEC = 60;

export function Decisions({ page }: { readonly page: Page }): VNode {
  const { store, route, nowNs } = page;
  const known = page.paused
    ? store.decisions.filter(({ tsNs }) => compareNs(tsNs, nowNs) <= 0)
    : store.decisions;
  const selection = selectDecisions(known, route.params);
  const asked = route.params.get('seq');
  const run = route.params.get('run');
  const isOther = run !== null && run !== '' && run !== store.hello?.run;
  const chosen = isOther ? undefined : known.find(({ seq }) => `${seq}` === asked);
  const to = secOf(nowNs);
  return (
    <section aria-labelledby="decisions-title">
      <h2 id="decisions-title">Decisions</h2>
      <RateChart rates={store.rates} from={Math.max(0, to - CHART_SEC + 1)} to={to} />
      <Filters page={page} />
      {selection.error === undefined ? null : (
        <p class="error" role="alert">
          {selection.error}
        </p>
      )}
      <Facets page={page} selection={selection} />
      <div class="tools">
        <span>
          {store.decisionsSeen} seen, {selection.shown.length} of the newest {known.length} shown
        </span>
        <button
          type="button"
          onClick={() => page.actions.save('decisions', [...selection.shown].reverse())}
        >
          Save as NDJSON
        </button>
      </div>
      <div class={chosen === undefined ? 'split' : 'split open'}>
        <DecisionList page={page} decisions={selection.shown} chosen={chosen?.seq} />
        {chosen === undefined ? null : <DecisionDetail page={page} decision={chosen} />}
      </div>
      {asked !== null && chosen === undefined ? <NotHere isOther={isOther} /> : null}
    </section>
  );
}

function NotHere({ isOther }: { readonly isOther: boolean }): VNode {
  return (
    <p class="hint" role="status">
      {isOther
        ? 'The link leads to a decision of another run of the agent.'
        : 'The decision of this link is not among those that this page has.'}
    </p>
  );
}

const LABELS: Readonly<Record<(typeof FILTER_FIELDS)[number], readonly [string, string]>> = {
  netns: ['Namespace', 'name or cookie'],
  pvd: ['PvD', 'pvd.example.com or -'],
  comm: ['Process', 'curl'],
  pid: ['PID', '4711'],
  prefix: ['Prefix', '2001:db8::/32'],
};

function Filters({ page }: { readonly page: Page }): VNode {
  const { route, actions } = page;
  const set = (key: string) => (event: Event) => {
    const { value } = event.currentTarget as HTMLInputElement;
    actions.go(withParams(route, { [key]: value.trim() }));
  };
  return (
    <SearchForm page={page} placeholder="curl undecided">
      {FILTER_FIELDS.map((field) => (
        <label key={field}>
          {LABELS[field][0]}{' '}
          <input
            type="text"
            autocomplete="off"
            spellcheck={false}
            maxLength={253}
            placeholder={LABELS[field][1]}
            value={route.params.get(field) ?? ''}
            onChange={set(field)}
          />
        </label>
      ))}
    </SearchForm>
  );
}

/** Findings offered as facets. */
const FACETS_MAX = 20;

function Facets({
  page,
  selection,
}: {
  readonly page: Page;
  readonly selection: Selection;
}): VNode {
  const codes = new Set([...selection.findings.keys(), ...page.route.params.getAll('finding')]);
  return (
    <nav class="facets" aria-label="Facets">
      {VERDICT_WORDS.map((word) => (
        <Facet
          key={word}
          page={page}
          field="verdict"
          value={word}
          count={countOf(selection, word)}
        />
      ))}
      {[...codes].slice(0, FACETS_MAX).map((code) => (
        <Facet
          key={code}
          page={page}
          field="finding"
          value={code}
          count={selection.findings.get(code) ?? 0}
        />
      ))}
    </nav>
  );
}

function countOf({ verdicts }: Selection, word: string): number {
  const raced = verdicts.get('raced') ?? 0;
  return (verdicts.get(word) ?? 0) + (word === 'agree' ? raced : 0);
}

function Facet({
  page,
  field,
  value,
  count,
}: {
  readonly page: Page;
  readonly field: string;
  readonly value: string;
  readonly count: number;
}): VNode {
  const on = page.route.params.getAll(field).includes(value);
  return (
    <a
      class={`facet ${field === 'verdict' ? value : 'finding'}`}
      href={toggleParam(page.route, field, value)}
      aria-current={on ? 'true' : undefined}
    >
      <Foreign text={value} /> <span class="count">{count}</span>
    </a>
  );
}

export type Decision = Envelope<'decision'>;
