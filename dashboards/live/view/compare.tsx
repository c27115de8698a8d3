/** Two runs side by side: flows that were answered differently, and how both answers came about. */

import type { VNode } from 'preact';
import type {
  ComparedAnswer,
  ComparedFlow,
  ComparedRun,
  Comparison,
} from '../../../src/publish/comparison.ts';
import { escapeTerminal } from '../../../src/publish/escape.ts';
import type { Page } from '../page.ts';
import { formatRoute, toggleParam } from '../route.ts';
import { wordsOf } from '../select.ts';
import { Foreign } from './parts.tsx';
import { SearchForm } from './search.tsx';

/** Flows that are drawn; the search finds the others. */
const FLOWS_SHOWN_MAX = 200;

export function Compare({ page }: { readonly page: Page }): VNode {
  const { comparison } = page.report;
  return (
    <section aria-labelledby="compare-title">
      <h2 id="compare-title">Compare</h2>
      {page.stream === 'file' ? null : <OpenFile page={page} />}
      {comparison === null ? null : <Compared page={page} comparison={comparison} />}
      {comparison === null && page.stream === 'file' ? (
        <p class="hint">
          Nothing to compare with: pvdscope report NEW --compare BASE makes a page of two runs.
        </p>
      ) : null}
    </section>
  );
}

function OpenFile({ page }: { readonly page: Page }): VNode {
  return (
    <>
      <form class="tools" onSubmit={(event) => event.preventDefault()}>
        <label>
          Two runs{' '}
          <input
            type="file"
            accept=".json,application/json"
            onChange={({ currentTarget }) => {
              const [file] = currentTarget.files ?? [];
              if (file !== undefined) page.actions.open(file);
            }}
          />
        </label>
      </form>
      <p class="hint">
        A file that pvdscope diff --format json BASE NEW &gt;FILE wrote, of two traces or kernels.
      </p>
      {page.refused === '' ? null : (
        <p role="alert">
          <Foreign text={page.refused} name="" max={200} />
        </p>
      )}
    </>
  );
}

function Compared({
  page,
  comparison,
}: {
  readonly page: Page;
  readonly comparison: Comparison;
}): VNode {
  const { base, next, flows, omitted } = comparison;
  const { params } = page.route;
  const causes = params.getAll('cause');
  const words = wordsOf(params.get('q') ?? '');
  const found = flows.filter(({ flow }) => words.every((w) => flow.toLowerCase().includes(w)));
  const shown = found.filter(({ cause }) => causes.length === 0 || causes.includes(cause));
  return (
    <>
      <Runs base={base} next={next} />
      <SearchForm page={page} placeholder="curl 2001:db8" />
      <Causes page={page} flows={found} />
      <p>
        {flows.length + omitted} flows were answered differently; {shown.length} are listed
        {omitted > 0 ? `, ${omitted} had no room` : ''}.
      </p>
      <ol class="flows">
        {shown.slice(0, FLOWS_SHOWN_MAX).map((flow, at) => (
          <Flow
            key={`${flow.cause} ${flow.flow}`}
            flow={flow}
            open={at === 0}
            isHere={page.stream === 'file'}
          />
        ))}
      </ol>
      {shown.length > FLOWS_SHOWN_MAX ? (
        <p class="more">and {shown.length - FLOWS_SHOWN_MAX} more</p>
      ) : null}
    </>
  );
}

function Runs({ base, next }: { readonly base: ComparedRun; readonly next: ComparedRun }): VNode {
  const run = (title: string, { name, kernel, decisions }: ComparedRun): VNode => (
    <div>
      <h3>{title}</h3>
      <p>
        <Foreign text={name} max={80} />, kernel <Foreign text={kernel || 'unknown'} max={80} />,{' '}
        {decisions} decisions
      </p>
    </div>
  );
  return (
    <div class="pair">
      {run('Base', base)}
      {run('New', next)}
    </div>
  );
}

function Causes({
  page,
  flows,
}: {
  readonly page: Page;
  readonly flows: readonly ComparedFlow[];
}): VNode {
  const counts = new Map<string, number>();
  for (const { cause } of flows) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  return (
    <nav class="facets" aria-label="Causes">
      {[...counts].map(([cause, count]) => (
        <a
          key={cause}
          class="facet"
          href={toggleParam(page.route, 'cause', cause)}
          aria-current={page.route.params.getAll('cause').includes(cause) ? 'true' : undefined}
        >
          {cause} <span class="count">{count}</span>
        </a>
      ))}
    </nav>
  );
}

/** `isHere`: the new run is the one that the other views show. */
function Flow({
  flow,
  open,
  isHere,
}: {
  readonly flow: ComparedFlow;
  readonly open: boolean;
  readonly isHere: boolean;
}): VNode {
  return (
    <li>
      <details open={open}>
        <summary>
          <span class="cause">{flow.cause}</span> <Foreign text={flow.flow} name="" max={300} />
          {flow.accepted === null ? null : (
            <span class="reason">
              {' '}
              accepted: <Foreign text={flow.accepted} name="" max={200} />
            </span>
          )}
        </summary>
        <div class="pair">
          <Answers title="Base" answers={flow.base} />
          <Answers title="New" answers={flow.next} isHere={isHere} />
        </div>
        <Ladders rows={flow.ladders} />
      </details>
    </li>
  );
}

/** `isHere`: decisions of the run that the other views show. */
function Answers({
  title,
  answers,
  isHere = false,
}: {
  readonly title: string;
  readonly answers: readonly ComparedAnswer[] | null;
  readonly isHere?: boolean;
}): VNode {
  return (
    <div>
      <h4>{title}</h4>
      {answers === null ? <p class="reason">never asked</p> : null}
      {answers?.length === 0 ? <p class="reason">only answers that both have</p> : null}
      <ul>
        {answers?.map(({ text, count, seq }) => (
          <li key={text}>
            <Foreign text={text} name="" max={600} /> ({count} times, first{' '}
            {isHere ? (
              <a href={formatRoute('decisions', [['seq', `${seq}`]])}>#{seq}</a>
            ) : (
              `#${seq}`
            )}
            )
          </li>
        ))}
      </ul>
    </div>
  );
}

function Ladders({ rows }: { readonly rows: ComparedFlow['ladders'] }): VNode | null {
  if (rows.length === 0) return null;
  return (
    <div class="scroll" role="group" aria-label="How both came about" tabIndex={0}>
      <table class="ladders">
        <caption>How both came about; lines that differ are marked</caption>
        <thead>
          <tr>
            <th scope="col">Base</th>
            <th scope="col">New</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([base, next], at) => (
            <tr key={at} class={base === next ? undefined : 'differs'}>
              <Line text={base} differs={base !== next} />
              <Line text={next} differs={base !== next} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Line({
  text,
  differs,
}: {
  readonly text: string | null;
  readonly differs: boolean;
}): VNode {
  const sign = differs && text !== null ? '≠ ' : '';
  return <td>{text === null ? '' : `${sign}${escapeTerminal(text)}`}</td>;
}
