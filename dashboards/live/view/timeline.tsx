/** RAs, changes, verdicts, findings and losses over time; going back shows the state of then. */

import type { VNode } from 'preact';
import { formatEnvelope } from '../../../src/publish/text.ts';
import { formatSeconds } from '../../../src/publish/words.ts';
import {
  firstNs,
  type Happening,
  happenings,
  LANES,
  type Lane,
  MARKS_MAX,
  newestFirst,
  thinned,
} from '../happenings.ts';
import type { Page } from '../page.ts';
import { formatRoute, withParams } from '../route.ts';
import { fromSec, secOf, toSec } from '../time.ts';
import { RateChart } from './chart.tsx';
import { Time } from './parts.tsx';
import { raHref } from './ras.tsx';

const SPANS_SEC = [10, 60, 300, 1200];
const LANE_TITLES: Readonly<Record<Lane, string>> = {
  ra: 'RAs',
  change: 'Changes',
  diverge: 'Divergences',
  finding: 'Findings',
  lost: 'Losses',
};
const LIST_MAX = 200;

export function Timeline({ page }: { readonly page: Page }): VNode {
  const { store, nowNs, route } = page;
  const asked = Number(route.params.get('span'));
  const spanSec = SPANS_SEC.includes(asked) ? asked : 60;
  const to = toSec(nowNs);
  const from = Math.max(0, to - spanSec);
  const lanes = happenings(store, fromSec(from), nowNs);
  return (
    <section aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      <Scrubber page={page} spanSec={spanSec} />
      <RateChart rates={store.rates} from={Math.ceil(from)} to={secOf(nowNs)} />
      <Lanes lanes={lanes} from={from} to={to} />
      <List page={page} items={newestFirst(lanes, LIST_MAX)} />
    </section>
  );
}

function Scrubber({ page, spanSec }: { readonly page: Page; readonly spanSec: number }): VNode {
  const { store, nowNs, actions, paused } = page;
  const newest = toSec(store.clock?.tsNs ?? nowNs);
  const first = Math.min(toSec(firstNs(store) ?? nowNs), newest);
  const at = Math.min(toSec(nowNs), newest);
  const limit = store.history.knownNs;
  const beyond = limit !== undefined && at < toSec(limit);
  return (
    <div class="tools">
      <button type="button" aria-pressed={paused} onClick={() => actions.pause(!paused)}>
        {page.stream === 'file' ? 'To the end' : paused ? 'Go on' : 'Pause'}
      </button>
      <label class="grow">
        Moment{' '}
        <input
          type="range"
          min={first}
          max={newest}
          step={0.001}
          value={at}
          aria-valuetext={`${formatSeconds(Math.round(newest - at))} ago`}
          onInput={(event) => actions.seek(fromSec(Number(event.currentTarget.value)))}
        />
      </label>
      <span>
        {paused ? `${formatSeconds(Math.round(newest - at))} before the newest` : 'live'}
        {beyond ? ', before what is known of the state: the oldest known is shown' : ''}
      </span>
      <nav class="choice" aria-label="Zoom">
        {SPANS_SEC.map((sec) => (
          <a
            key={sec}
            href={withParams(page.route, { span: `${sec}` })}
            aria-current={sec === spanSec ? 'true' : undefined}
          >
            {formatSeconds(sec)}
          </a>
        ))}
      </nav>
    </div>
  );
}

const WIDTH = 720;
const LANE = 22;
const GUTTER = 90;

function Lanes({
  lanes,
  from,
  to,
}: {
  readonly lanes: ReadonlyMap<Lane, readonly Happening[]>;
  readonly from: number;
  readonly to: number;
}): VNode {
  const x = (tsNs: string): number =>
    GUTTER + ((toSec(tsNs) - from) / Math.max(0.001, to - from)) * (WIDTH - GUTTER - 6);
  const told = LANES.map((lane) => `${lanes.get(lane)?.length ?? 0} ${LANE_TITLES[lane]}`);
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDTH} ${LANES.length * LANE}`} role="img" aria-label={told.join(', ')}>
        {LANES.map((lane, row) => (
          <g key={lane}>
            <text class="label" x={0} y={row * LANE + 15}>
              {LANE_TITLES[lane]}
            </text>
            <path class="axis" d={`M${GUTTER} ${row * LANE + 11}H${WIDTH}`} />
            {thinned(lanes.get(lane) ?? [], MARKS_MAX).map((item) => (
              <rect
                key={item.seq}
                class={`mark ${lane}`}
                x={x(item.tsNs)}
                y={row * LANE + 4}
                width={3}
                height={14}
              />
            ))}
          </g>
        ))}
      </svg>
    </figure>
  );
}

function List({
  page,
  items,
}: {
  readonly page: Page;
  readonly items: readonly Happening[];
}): VNode {
  return (
    <>
      <div class="tools">
        <span>The newest {items.length} in this span</span>
        <button type="button" onClick={() => page.actions.save('timeline', [...items].reverse())}>
          Save as NDJSON
        </button>
      </div>
      <ol class="happenings" tabIndex={0} aria-label="What happened">
        {items.map((item) => (
          <li key={item.seq} class={item.kind}>
            <button
              type="button"
              class="time"
              title="Show the state of this moment"
              onClick={() => page.actions.seek(item.tsNs)}
            >
              <Time page={page} tsNs={item.tsNs} />
            </button>{' '}
            <Told item={item} />
          </li>
        ))}
      </ol>
    </>
  );
}

function Told({ item }: { readonly item: Happening }): VNode {
  const text = (formatEnvelope(item) ?? '').trimStart().replace(/^\S+ /, '');
  if (item.kind === 'ra') return <a href={raHref(item.data.raId)}>{text}</a>;
  if (item.kind !== 'decision') return <span>{text}</span>;
  return <a href={formatRoute('decisions', [['seq', `${item.seq}`]])}>{text}</a>;
}
