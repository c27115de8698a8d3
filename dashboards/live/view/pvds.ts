/** The PvDs of each netns with their members, and what belongs to none. */

import type { StateValue } from '../../../src/publish/snapshot-data.ts';
import { addressFlags, routeProtocol, routeType, tableName } from '../../../src/publish/words.ts';
import { type Child, createRows, foreign, h, type Rows, showRows } from '../dom.ts';
import type { NetnsView, Store } from '../store.ts';
import { lifetime } from './lifetime.ts';

/** Members of one sort shown in a card; the rest is counted. */
const MEMBERS_MAX = 40;
/** Cards of one netns; the rest is counted. */
const CARDS_MAX = 100;

interface Shown {
  readonly view: NetnsView;
  readonly version: number;
}

export interface PvdsView {
  render(store: Store, nowNs: string): void;
}

export function createPvdsView(root: HTMLElement): PvdsView {
  const rows: Rows<Shown> = createRows();
  /** A section is made anew when its netns changed: only then gets it another `Shown`. */
  const shown = new Map<string, Shown>();
  const closed = new Set<string>();
  return {
    render(store, nowNs): void {
      for (const [cookie, view] of store.netns) {
        const old = shown.get(cookie);
        if (old?.view !== view || old.version !== view.version) {
          shown.set(cookie, { view, version: view.version });
        }
      }
      for (const cookie of shown.keys()) if (!store.netns.has(cookie)) shown.delete(cookie);
      const ordered = [...shown].sort(
        ([, a], [, b]) => b.view.tables.pvd.size - a.view.tables.pvd.size,
      );
      showRows(root, rows, ordered, ({ view }) => netnsSection(view, nowNs, closed));
      root.classList.toggle('empty', ordered.length === 0);
    },
  };
}

function netnsSection(view: NetnsView, nowNs: string, closed: Set<string>): HTMLElement {
  const { tables } = view;
  const title = h('h2', '', view.name === '' ? `netns ${view.cookie}` : foreign(view.name));
  const counts = [
    `${tables.link.size} interfaces`,
    `${tables.address.size} addresses`,
    `${tables.route.size} routes`,
  ];
  const facts = `cookie ${view.cookie}, ${counts.join(', ')}`;
  const cards = [...tables.pvd.values()].slice(0, CARDS_MAX).map((pvd) => {
    return card(view, pvd, nowNs, closed);
  });
  return h(
    'section',
    'netns',
    h('header', '', title, h('span', 'facts', facts), startWarning(view)),
    h('div', 'cards', ...cards, noPvdCard(view, nowNs, closed)),
    more(tables.pvd.size - cards.length, 'PvDs'),
  );
}

function startWarning(view: NetnsView): Child {
  if (!view.seeded) return h('span', 'badge warn', 'start state unknown');
  return view.lostNs === null ? undefined : h('span', 'badge warn', 'records lost');
}

function card(
  view: NetnsView,
  pvd: StateValue['pvd'],
  nowNs: string,
  closed: Set<string>,
): HTMLElement {
  const from = (v: {
    readonly router: string;
    readonly ifindex: number;
    readonly nested?: boolean;
  }) =>
    h(
      'span',
      'from',
      `${v.router} on `,
      device(view, v.ifindex),
      v.nested ? ' (in PvD option)' : '',
    );
  const until = (value: string | null): HTMLElement => lifetime(value, nowNs);
  const own = belongsTo(view, pvd.id);
  const option = pvd.kind === 'explicit' ? `sequence ${pvd.sequence}` : '';
  return foldable(
    `${view.cookie} ${pvd.id}`,
    closed,
    [
      foreign(pvd.name, 'name pvd'),
      h('span', `badge ${pvd.kind}`, pvd.kind),
      pvd.http ? h('span', 'badge', 'H') : undefined,
      pvd.legacy ? h('span', 'badge', 'L') : undefined,
      h('span', 'facts', [option, `${pvd.raCount} RAs`].filter(Boolean).join(', ')),
    ],
    members('Routers', pvd.routers, (r) => [
      from(r),
      r.routerUntil === null ? 'no default router' : until(r.routerUntil),
      r.preference,
    ]),
    members('Prefixes', pvd.prefixes, (p) => [
      p.prefix,
      h('span', '', [p.onLink ? 'on-link' : '', p.autonomous ? 'autonomous' : ''].join(' ')),
      h('span', '', 'valid ', until(p.validUntil), ', preferred ', until(p.preferredUntil)),
      from(p),
    ]),
    members('Route information', pvd.routeInfos, (r) => [
      r.prefix,
      r.preference,
      until(r.until),
      from(r),
    ]),
    members('DNS', [...pvd.rdnss, ...pvd.dnssl], (d) => [
      foreign(d.value),
      until(d.until),
      from(d),
    ]),
    members('Addresses', own.addresses, (a) => addressCells(view, a, nowNs)),
    members('Routes', own.routes, (r) => routeCells(view, r, nowNs)),
  );
}

function noPvdCard(view: NetnsView, nowNs: string, closed: Set<string>): HTMLElement | undefined {
  const { addresses, routes } = belongsTo(view, null);
  if (addresses.length + routes.length === 0) return undefined;
  return foldable(
    `${view.cookie} -`,
    closed,
    [h('span', 'name', 'In no PvD')],
    members('Addresses', addresses, (a) => [...addressCells(view, a, nowNs), a.attribution.reason]),
    members('Routes', routes, (r) => [...routeCells(view, r, nowNs), r.attribution.reason]),
  );
}

function belongsTo(
  { tables }: NetnsView,
  pvd: string | null,
): { addresses: StateValue['address'][]; routes: StateValue['route'][] } {
  return {
    addresses: [...tables.address.values()].filter((a) => a.attribution.pvd === pvd),
    routes: [...tables.route.values()].filter((r) => r.attribution.pvd === pvd),
  };
}

function addressCells(view: NetnsView, a: StateValue['address'], nowNs: string): Child[] {
  return [
    `${a.addr}/${a.prefixLen}`,
    device(view, a.ifindex),
    h('span', '', lifetime(a.validUntil, nowNs), ', preferred ', lifetime(a.preferredUntil, nowNs)),
    addressFlags(a.flags).join(' '),
  ];
}

function routeCells(view: NetnsView, r: StateValue['route'], nowNs: string): Child[] {
  return [
    [routeType(r.type), `${r.dst}/${r.dstLen}`].filter(Boolean).join(' '),
    h('span', '', r.gateway === '::' ? '' : `via ${r.gateway} `, 'dev ', device(view, r.oif)),
    `table ${tableName(r.table)} metric ${r.metric} proto ${routeProtocol(r.protocol)}`,
    lifetime(r.expiresNs, nowNs),
  ];
}

function device({ tables }: NetnsView, ifindex: number): HTMLElement {
  return foreign(tables.link.get(`${ifindex}`)?.name ?? `if${ifindex}`, 'device');
}

function members<T>(title: string, items: readonly T[], cellsOf: (item: T) => Child[]): Child {
  if (items.length === 0) return undefined;
  const body = items
    .slice(0, MEMBERS_MAX)
    .map((item) => h('tr', '', ...cellsOf(item).map((cell) => h('td', '', cell))));
  const table = h('table', '', h('caption', '', title), h('tbody', '', ...body));
  return h('div', 'members', table, more(items.length - body.length, title.toLowerCase()));
}

function more(count: number, what: string): Child {
  return count > 0 ? h('p', 'more', `and ${count} more ${what}`) : undefined;
}

/** A card that stays folded or not when it is made anew. */
function foldable(
  key: string,
  closed: Set<string>,
  head: readonly Child[],
  ...body: readonly Child[]
): HTMLElement {
  const details = h('details', 'card', h('summary', '', ...head), ...body);
  details.open = !closed.has(key);
  details.addEventListener('toggle', () => {
    if (details.open) closed.delete(key);
    else closed.add(key);
  });
  return details;
}
