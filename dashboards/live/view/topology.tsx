/** Interfaces × PvDs × routers × prefixes as a picture. */

import type { VNode } from 'preact';
import { escapeTerminal } from '../../../src/publish/escape.ts';
import type { Page } from '../page.ts';
import { withParams } from '../route.ts';
import type { NetnsView } from '../tables.ts';
import {
  COLUMNS,
  focusOn,
  type Topology as Layout,
  layoutTopology,
  type TopologyNode,
} from '../topology.ts';
import { DETAIL_ROWS_MAX, summarizeTopology } from '../topology-summary.ts';
import { Foreign, pvdHref } from './parts.tsx';

const BOX_WIDTH = 210;
/** Heights of rows, boxes and the text's base line in them: few rows, and many. */
const ROOMY = { row: 30, box: 22, text: 15.5, name: '' };
const DENSE = { row: 16, box: 14, text: 10.8, name: 'dense' };
type Measure = typeof ROOMY;
const DENSE_ROWS = 24;
const COLUMN = 290;
const TOP = 30;
/** Characters that fit in a box. */
const LABEL_MAX = 24;
const TITLES = { interface: 'Interfaces', pvd: 'PvDs', router: 'Routers', prefix: 'Prefixes' };

export function Topology({ page }: { readonly page: Page }): VNode {
  const views = [...page.netns.values()].filter(({ tables }) => tables.link.size > 0);
  views.sort(
    ({ tables: a }, { tables: b }) => b.pvd.size - a.pvd.size || b.link.size - a.link.size,
  );
  const asked = page.route.params.get('ns');
  const view = views.find(({ cookie, name }) => cookie === asked || name === asked) ?? views[0];
  return (
    <section aria-labelledby="topology-title">
      <h2 id="topology-title">Topology</h2>
      <NetnsChoice page={page} views={views} chosen={view} />
      {view === undefined ? <p class="hint">No namespace is known yet.</p> : null}
      {view === undefined ? null : <Picture page={page} view={view} />}
    </section>
  );
}

/** Links to the same view of each netns. */
export function NetnsChoice({
  page,
  views,
  chosen,
}: {
  readonly page: Page;
  readonly views: readonly NetnsView[];
  readonly chosen: NetnsView | undefined;
}): VNode {
  return (
    <nav class="choice" aria-label="Namespace">
      {views.slice(0, 50).map((view) => (
        <a
          key={view.cookie}
          href={withParams(page.route, { ns: view.cookie, id: '', node: '' })}
          aria-current={view === chosen ? 'true' : undefined}
        >
          <Foreign text={view.name === '' ? `netns ${view.cookie}` : view.name} />
        </a>
      ))}
    </nav>
  );
}

function Picture({ page, view }: { readonly page: Page; readonly view: NetnsView }): VNode {
  const all = layoutTopology(view);
  const chosen = page.route.params.get('node') ?? '';
  const isFocused = all.nodes.some(({ id }) => id === chosen);
  const isLong = !isFocused && all.rows > DETAIL_ROWS_MAX;
  const layout = isFocused ? focusOn(all, chosen) : isLong ? summarizeTopology(view) : all;
  const measure = layout.rows > DENSE_ROWS ? DENSE : ROOMY;
  const byId = new Map(layout.nodes.map((node) => [node.id, node]));
  const width = COLUMN * (COLUMNS.length - 1) + BOX_WIDTH + 4;
  const height = TOP + layout.rows * measure.row + 4;
  // Boxes that stand for several count as what they stand for.
  const counted = isLong ? all : layout;
  const told = COLUMNS.map((c) => `${countOf(counted, c)} ${TITLES[c]}`).join(', ');
  return (
    <>
      <div class="picture" role="group" aria-label="Picture" tabIndex={0}>
        <svg class={measure.name} width={width} height={height} role="group" aria-label={told}>
          {COLUMNS.map((column, at) => (
            <text key={column} class="title" x={at * COLUMN + 2} y={18}>
              {TITLES[column]} ({countOf(counted, column)})
            </text>
          ))}
          {layout.edges.map(([from, to]) => (
            <path
              key={`${from}\n${to}`}
              class="edge"
              d={curve(byId.get(from) as TopologyNode, byId.get(to) as TopologyNode, measure)}
            />
          ))}
          {layout.nodes.map((node) => (
            <Box key={node.id} page={page} node={node} chosen={chosen} measure={measure} />
          ))}
        </svg>
      </div>
      {isLong ? (
        <p class="hint">
          One row for each PvD. Choose one to see its routers and prefixes, or an interface to see
          what comes in there.
        </p>
      ) : null}
      {layout.hidden > 0 ? <p class="more">{layout.hidden} more are not drawn</p> : null}
      <Chosen page={page} view={view} node={byId.get(chosen)} />
    </>
  );
}

function countOf({ nodes }: Layout, column: string): number {
  return nodes.filter((node) => node.column === column).length;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

function place({ column, row }: TopologyNode, measure: Measure): Place {
  return { x: COLUMNS.indexOf(column) * COLUMN + 2, y: TOP + row * measure.row };
}

function curve(from: TopologyNode, to: TopologyNode, measure: Measure): string {
  const a = place(from, measure);
  const b = place(to, measure);
  const half = measure.box / 2;
  const [x1, y1, x2, y2] = [a.x + BOX_WIDTH, a.y + half, b.x, b.y + half];
  const mid = (x1 + x2) / 2;
  return `M${x1} ${y1}C${mid} ${y1} ${mid} ${y2} ${x2} ${y2}`;
}

function Box({
  page,
  node,
  chosen,
  measure,
}: {
  readonly page: Page;
  readonly node: TopologyNode;
  readonly chosen: string;
  readonly measure: Measure;
}): VNode {
  const { x, y } = place(node, measure);
  const full = [escapeTerminal(node.label), node.note].filter(Boolean).join(', ');
  const isChosen = chosen === node.id;
  const target = node.isSummary ? `pvd ${node.pvd}` : node.id;
  return (
    <a
      href={withParams(page.route, { node: isChosen ? '' : target })}
      aria-current={isChosen ? 'true' : undefined}
    >
      <title>{full}</title>
      <rect
        class={`box ${node.column} ${node.note.split(' ')[0] ?? ''}`}
        x={x}
        y={y}
        width={BOX_WIDTH}
        height={measure.box}
        rx={4}
      />
      <text class="label" x={x + 8} y={y + measure.text}>
        {escapeTerminal(node.label, LABEL_MAX)}
      </text>
    </a>
  );
}

function Chosen({
  page,
  view,
  node,
}: {
  readonly page: Page;
  readonly view: NetnsView;
  readonly node: TopologyNode | undefined;
}): VNode | null {
  if (node === undefined) return null;
  return (
    <p>
      What {node.column} <Foreign text={node.label} max={1024} /> {node.note} is joined with.{' '}
      <a href={withParams(page.route, { node: '' })}>Show all</a>{' '}
      {node.pvd === undefined ? null : <a href={pvdHref(view.cookie, node.pvd)}>Open this PvD</a>}
    </p>
  );
}
