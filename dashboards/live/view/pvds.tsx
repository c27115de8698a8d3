/** The PvDs of each netns, and one of them in full. */

import type { VNode } from 'preact';
import type { StateValue } from '../../../src/publish/snapshot-data.ts';
import type { Page } from '../page.ts';
import type { NetnsView } from '../tables.ts';
import { Badge, Foreign, Left, pvdHref, Table } from './parts.tsx';
import { PvdDetail } from './pvd.tsx';

/** Within this time of its end a PvD is marked. */
const SOON_NS = 60_000_000_000n;

export function Pvds({ page }: { readonly page: Page }): VNode {
  const id = page.route.params.get('id');
  const asked = page.route.params.get('ns');
  const view = page.netns.get(asked ?? '');
  const pvd = id === null ? undefined : view?.tables.pvd.get(id);
  const views = [...page.netns.values()].sort((a, b) => b.tables.pvd.size - a.tables.pvd.size);
  if (id !== null) {
    return view === undefined || pvd === undefined ? (
      <section>
        <p class="hint">
          There is no PvD <Foreign text={id} max={253} /> at this moment.
        </p>
        <a href="#/pvds">All PvDs</a>
      </section>
    ) : (
      <PvdDetail page={page} view={view} pvd={pvd} />
    );
  }
  return (
    <>
      {views.map((each) => (
        <NetnsPvds key={each.cookie} page={page} view={each} />
      ))}
      {views.length === 0 ? <p class="hint">No namespace is known yet.</p> : null}
    </>
  );
}

function NetnsPvds({ page, view }: { readonly page: Page; readonly view: NetnsView }): VNode {
  const { tables, cookie, name } = view;
  const counts = members(view);
  const title = `pvds-${cookie}`;
  return (
    <section aria-labelledby={title}>
      <h2 id={title}>{name === '' ? `netns ${cookie}` : <Foreign text={name} max={253} />}</h2>
      {tables.pvd.size === 0 ? <p class="hint">No RA was accepted here yet.</p> : null}
      <Table
        caption="Provisioning Domains"
        head={[
          'PvD',
          'Kind',
          'Sequence',
          'Routers',
          'Lifetime',
          'Prefixes',
          'Addresses',
          'Routes',
          'RAs',
        ]}
        items={[...tables.pvd.values()]}
        cells={(pvd) => [
          <a href={pvdHref(cookie, pvd.id)}>
            <Foreign text={pvd.name} name="name pvd" max={64} />
          </a>,
          <Badge level={pvd.kind}>{pvd.kind}</Badge>,
          pvd.kind === 'explicit' ? pvd.sequence : '',
          pvd.routers.length,
          <Longest page={page} pvd={pvd} />,
          pvd.prefixes.length,
          counts.addresses.get(pvd.id) ?? 0,
          counts.routes.get(pvd.id) ?? 0,
          pvd.raCount,
        ]}
      />
      <p class="hint">
        In no PvD: {counts.addresses.get(null) ?? 0} addresses, {counts.routes.get(null) ?? 0}{' '}
        routes.
      </p>
    </section>
  );
}

/** The lifetime of its longest-lived router. */
function Longest({ page, pvd }: { readonly page: Page; readonly pvd: StateValue['pvd'] }): VNode {
  const ends = pvd.routers.flatMap(({ routerUntil }) =>
    routerUntil === null ? [] : [routerUntil],
  );
  if (ends.length === 0) return <span class="reason">no default router</span>;
  const last = ends.reduce((a, b) => (BigInt(a) > BigInt(b) ? a : b));
  const soon = BigInt(last) - BigInt(page.nowNs) < SOON_NS;
  return (
    <>
      <Left page={page} until={last} /> {soon ? <Badge level="warn">soon</Badge> : null}
    </>
  );
}

function members({ tables }: NetnsView): {
  readonly addresses: ReadonlyMap<string | null, number>;
  readonly routes: ReadonlyMap<string | null, number>;
} {
  const countBy = (values: Iterable<{ readonly attribution: { readonly pvd: string | null } }>) => {
    const counts = new Map<string | null, number>();
    for (const { attribution } of values) {
      counts.set(attribution.pvd, (counts.get(attribution.pvd) ?? 0) + 1);
    }
    return counts;
  };
  return { addresses: countBy(tables.address.values()), routes: countBy(tables.route.values()) };
}
