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
import { Foreign, pvdHref } from './parts.tsx';

const ROW = 30;
const BOX = { width: 210, height: 22 };
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
  const layout = all.nodes.some(({ id }) => id === chosen) ? focusOn(all, chosen) : all;
  const byId = new Map(layout.nodes.map((node) => [node.id, node]));
  const width = COLUMN * (COLUMNS.length - 1) + BOX.width + 4;
  const height = TOP + layout.rows * ROW + 4;
  const told = COLUMNS.map((c) => `${countOf(layout, c)} ${TITLES[c]}`).join(', ');
  return (
    <>
      <div class="picture" role="group" aria-label="Picture" tabIndex={0}>
        <svg width={width} height={height} role="group" aria-label={told}>
          {COLUMNS.map((column, at) => (
            <text key={column} class="title" x={at * COLUMN + 2} y={18}>
              {TITLES[column]} ({countOf(layout, column)})
            </text>
          ))}
          {layout.edges.map(([from, to]) => (
            <path
              key={`${from}\n${to}`}
              class="edge"
              d={curve(byId.get(from) as TopologyNode, byId.get(to) as TopologyNode)}
            />
          ))}
          {layout.nodes.map((node) => (
            <Box key={node.id} page={page} node={node} chosen={chosen} />
          ))}
        </svg>
      </div>
      {layout.hidden > 0 ? <p class="more">{layout.hidden} more are not drawn</p> : null}
      <Chosen page={page} view={view} node={byId.get(chosen)} />
    </>
  );
}

function countOf({ nodes }: Layout, column: string): number {
  return nodes.filter((node) => node.column === column).length;
}

function place({ column, row }: TopologyNode): { readonly x: number; readonly y: number } {
  return { x: COLUMNS.indexOf(column) * COLUMN + 2, y: TOP + row * ROW };
}

function curve(from: TopologyNode, to: TopologyNode): string {
  const a = place(from);
  const b = place(to);
  const [x1, y1, x2, y2] = [a.x + BOX.width, a.y + BOX.height / 2, b.x, b.y + BOX.height / 2];
  const mid = (x1 + x2) / 2;
  return `M${x1} ${y1}C${mid} ${y1} ${mid} ${y2} ${x2} ${y2}`;
}

function Box({
  page,
  node,
  chosen,
}: {
  readonly page: Page;
  readonly node: TopologyNode;
  readonly chosen: string;
}): VNode {
  const { x, y } = place(node);
  const full = [escapeTerminal(node.label), node.note].filter(Boolean).join(', ');
  const isChosen = chosen === node.id;
  return (
    <a
      href={withParams(page.route, { node: isChosen ? '' : node.id })}
      aria-current={isChosen ? 'true' : undefined}
    >
      <title>{full}</title>
      <rect
        class={`box ${node.column} ${node.note.split(' ')[0] ?? ''}`}
        x={x}
        y={y}
        width={BOX.width}
        height={BOX.height}
        rx={4}
      />
      <text class="label" x={x + 8} y={y + 15.5}>
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
