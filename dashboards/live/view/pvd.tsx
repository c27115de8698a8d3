/** One PvD: what it is, what it brought, the RAs that told, and who uses it. */

import type { ComponentChildren, VNode } from 'preact';
import type { StateValue } from '../../../src/publish/snapshot-data.ts';
import { addressFlags, routeProtocol, routeType, tableName } from '../../../src/publish/words.ts';
import type { Page } from '../page.ts';
import { formatRoute } from '../route.ts';
import type { NetnsView } from '../tables.ts';
import { compareNs } from '../time.ts';
import { boundTo, usersOf } from '../usage.ts';
import { Device, Facts, Foreign, Left, Table, Time } from './parts.tsx';
import { RaStrip, RaTable } from './ras.tsx';

interface Props {
  readonly page: Page;
  readonly view: NetnsView;
  readonly pvd: StateValue['pvd'];
}

export function PvdDetail(props: Props): VNode {
  const { page, view, pvd } = props;
  const ras = page.store.ras.filter(
    (ra) =>
      ra.netns?.cookie === view.cookie &&
      ra.data.pvds.includes(pvd.id) &&
      compareNs(ra.tsNs, page.nowNs) <= 0,
  );
  return (
    <section aria-labelledby="pvd-title">
      <h2 id="pvd-title">
        PvD <Foreign text={pvd.name} name="name pvd" max={1024} />
      </h2>
      <Identity {...props} />
      <Learned {...props} />
      <Made {...props} />
      <Users {...props} />
      <h3>Router Advertisements</h3>
      <RaStrip ras={ras} nowNs={page.nowNs} />
      <RaTable page={page} ras={ras} />
    </section>
  );
}

function Identity({ page, view, pvd }: Props): VNode {
  const decisions = formatRoute('decisions', [
    ['netns', view.cookie],
    ['pvd', pvd.id],
  ]);
  const flags = [pvd.http ? 'H (additional information over HTTPS)' : '', pvd.legacy ? 'L' : ''];
  return (
    <Facts
      rows={[
        ['Namespace', <Foreign text={view.name === '' ? view.cookie : view.name} max={253} />],
        ['Kind', pvd.kind],
        ...(pvd.kind === 'explicit'
          ? ([
              ['Flags', flags.filter(Boolean).join(', ') || 'none'],
              ['Sequence', pvd.sequence],
              ['Delay', pvd.delay],
            ] as const)
          : []),
        ['MTU', pvd.mtu ?? 'none'],
        ['First seen', <Time page={page} tsNs={pvd.firstSeenNs} />],
        ['Last seen', <Time page={page} tsNs={pvd.lastSeenNs} />],
        ['RAs', pvd.raCount],
        ['Decisions', <a href={decisions}>that used it</a>],
      ]}
    />
  );
}

function Learned({ page, view, pvd }: Props): VNode {
  const from = (item: { readonly router: string; readonly ifindex: number }): ComponentChildren => (
    <>
      {item.router}%<Device view={view} ifindex={item.ifindex} />
    </>
  );
  const nested = (item: { readonly nested: boolean }): string =>
    item.nested ? 'in the option' : '';
  return (
    <>
      <Table
        caption="Routers"
        head={['Router', 'Default router for', 'Preference', 'Hop limit', 'Flags']}
        items={pvd.routers}
        cells={(r) => [
          from(r),
          r.routerUntil === null ? (
            'not a default router'
          ) : (
            <Left page={page} until={r.routerUntil} />
          ),
          r.preference,
          r.hopLimit,
          [r.managed ? 'managed' : '', r.other ? 'other' : ''].filter(Boolean).join(' '),
        ]}
      />
      <Table
        caption="Prefixes"
        head={['Prefix', 'Use', 'Valid', 'Preferred', 'Router', 'Place']}
        items={pvd.prefixes}
        cells={(p) => [
          p.prefix,
          [p.onLink ? 'on-link' : '', p.autonomous ? 'autonomous' : ''].filter(Boolean).join(' '),
          <Left page={page} until={p.validUntil} />,
          <Left page={page} until={p.preferredUntil} />,
          from(p),
          nested(p),
        ]}
      />
      <Table
        caption="Route information"
        head={['Prefix', 'Preference', 'Lifetime', 'Router', 'Place']}
        items={pvd.routeInfos}
        cells={(r) => [
          r.prefix,
          r.preference,
          <Left page={page} until={r.until} />,
          from(r),
          nested(r),
        ]}
      />
      <Table
        caption="DNS"
        head={['Server or domain', 'Lifetime', 'Router', 'Place']}
        items={[...pvd.rdnss, ...pvd.dnssl]}
        cells={(d) => [
          <Foreign text={d.value} max={253} />,
          <Left page={page} until={d.until} />,
          from(d),
          nested(d),
        ]}
      />
    </>
  );
}

/** What the kernel made of it. */
function Made({ page, view, pvd }: Props): VNode {
  const { address, route } = view.tables;
  const own = <T extends { readonly attribution: { readonly pvd: string | null } }>(
    values: Iterable<T>,
  ): T[] => [...values].filter(({ attribution }) => attribution.pvd === pvd.id);
  return (
    <>
      <Table
        caption="Addresses"
        head={['Address', 'Interface', 'Valid', 'Preferred', 'Flags', 'Why it belongs']}
        items={own(address.values())}
        cells={(a) => [
          `${a.addr}/${a.prefixLen}`,
          <Device view={view} ifindex={a.ifindex} />,
          <Left page={page} until={a.validUntil} />,
          <Left page={page} until={a.preferredUntil} />,
          addressFlags(a.flags).join(' '),
          a.attribution.reason,
        ]}
      />
      <Table
        caption="Routes"
        head={[
          'Destination',
          'Next hop',
          'Table',
          'Metric',
          'Protocol',
          'Lifetime',
          'Why it belongs',
        ]}
        items={own(route.values())}
        cells={(r) => [
          [routeType(r.type), `${r.dst}/${r.dstLen}`].filter(Boolean).join(' '),
          <>
            {r.gateway === '::' ? '' : `${r.gateway} `}
            <Device view={view} ifindex={r.oif} />
          </>,
          tableName(r.table),
          r.metric,
          routeProtocol(r.protocol),
          <Left page={page} until={r.expiresNs} />,
          r.attribution.reason,
        ]}
      />
    </>
  );
}

function Users({ page, view, pvd }: Props): VNode {
  const { decisions } = page.store;
  const ifindexes = new Set(pvd.routers.map(({ ifindex }) => ifindex));
  return (
    <>
      <Table
        caption="Processes that used it"
        head={['Process', 'By route', 'By source', 'Mixed with another PvD', 'Decisions']}
        items={usersOf(decisions, view.cookie, pvd.id)}
        cells={(user) => [
          <>
            <Foreign text={user.comm} /> {user.tgid}
          </>,
          user.routes,
          user.sources,
          user.mixed,
          <a
            href={formatRoute('decisions', [
              ['netns', view.cookie],
              ['pvd', pvd.id],
              ['pid', `${user.tgid}`],
            ])}
          >
            show
          </a>,
        ]}
      />
      <Table
        caption="Sockets bound to its interfaces"
        head={['Socket', 'Process', 'Interface']}
        items={boundTo(decisions, view.cookie, ifindexes)}
        cells={(socket) => [
          socket.cookie,
          <Foreign text={socket.comm} />,
          <Device view={view} ifindex={socket.ifindex} />,
        ]}
      />
    </>
  );
}
