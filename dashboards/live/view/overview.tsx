/** Namespaces, rates, findings, hooks: what there is and how well it is seen. */

import type { VNode } from 'preact';
import type { Page } from '../page.ts';
import { formatRoute } from '../route.ts';
import { secOf, wallTime } from '../time.ts';
import { RateChart } from './chart.tsx';
import { sum } from './health.tsx';
import { Badge, Facts, Foreign, Table } from './parts.tsx';

const CHART_SEC = 120;

export function Overview({ page }: { readonly page: Page }): VNode {
  const { store, nowNs } = page;
  const to = secOf(nowNs);
  return (
    <>
      <section aria-labelledby="rates-title">
        <h2 id="rates-title">Decisions</h2>
        <RateChart rates={store.rates} from={Math.max(0, to - CHART_SEC + 1)} to={to} />
      </section>
      <section aria-labelledby="netns-title">
        <h2 id="netns-title">Namespaces</h2>
        {page.netns.size === 0 ? <p class="hint">No namespace is known yet.</p> : null}
        <NetnsTable page={page} />
      </section>
      <Judged page={page} />
      <Seen page={page} />
    </>
  );
}

function NetnsTable({ page }: { readonly page: Page }): VNode {
  const views = [...page.netns.values()].sort((a, b) => b.tables.pvd.size - a.tables.pvd.size);
  return (
    <Table
      caption="Followed namespaces"
      head={['Namespace', 'PvDs', 'Interfaces', 'Addresses', 'Routes', 'Routers', 'State', 'Views']}
      items={views}
      cells={({ cookie, name, seeded, lostNs, tables }) => [
        <Foreign text={name === '' ? `netns ${cookie}` : name} />,
        tables.pvd.size,
        tables.link.size,
        tables.address.size,
        tables.route.size,
        [...tables.pvd.values()].reduce((n, pvd) => n + pvd.routers.length, 0),
        lostNs !== null ? (
          <Badge level="bad">records lost</Badge>
        ) : seeded ? (
          <Badge level="ok">known</Badge>
        ) : (
          <Badge level="warn">start unknown</Badge>
        ),
        <>
          <a href={formatRoute('topology', [['ns', cookie]])}>topology</a>{' '}
          <a href={formatRoute('decisions', [['netns', cookie]])}>decisions</a>
        </>,
      ]}
    />
  );
}

function Judged({ page }: { readonly page: Page }): VNode | null {
  const { stats } = page.store;
  if (stats === undefined) return null;
  const { agree, diverge, undecided } = stats.verdicts;
  const link = (key: string, value: string, text: string): VNode => (
    <a href={formatRoute('decisions', [[key, value]])}>{text}</a>
  );
  return (
    <section aria-labelledby="judged-title">
      <h2 id="judged-title">Judged</h2>
      <div class="columns">
        <Table
          caption="Verdicts"
          head={['Verdict', 'Decisions']}
          items={[
            ['agree', agree, ''] as const,
            ['diverge', diverge, ''] as const,
            ...Object.entries(undecided).map(([why, n]) => ['undecided', n, `: ${why}`] as const),
          ]}
          cells={([verdict, count, why]) => [
            <Badge level={verdict}>
              {link('verdict', verdict, verdict)}
              {why}
            </Badge>,
            count,
          ]}
        />
        <Table
          caption="Findings"
          head={['Code', 'Times']}
          items={Object.entries(stats.findings)}
          cells={([code, count]) => [link('finding', code, code), count]}
        />
        <Table
          caption="Rows that a dump put right"
          head={['Table', 'Rows']}
          items={Object.entries(stats.drift)}
          cells={([table, count]) => [table, count]}
        />
      </div>
    </section>
  );
}

function Seen({ page }: { readonly page: Page }): VNode | null {
  const { hello, stats, host, bootId } = page.store;
  if (hello === undefined) return null;
  const hooks = [...hello.hooks].sort((a, b) => Number(a.attached) - Number(b.attached));
  return (
    <section aria-labelledby="seen-title">
      <h2 id="seen-title">Agent</h2>
      <Facts
        rows={[
          ['Host', <Foreign text={host} max={253} />],
          ['Kernel', <Foreign text={hello.kernel} max={128} />],
          ['pvdscope', hello.version],
          ['Boot', bootId],
          ['Time', wallTime(page.nowNs, hello.realtimeOffsetNs) || 'unknown'],
          ['Records', stats?.records ?? 0],
          ['Malformed', stats === undefined ? 0 : sum(stats.malformed)],
        ]}
      />
      <Table
        caption="Hooks"
        head={['Program', 'Kernel function', 'State']}
        items={hooks}
        cells={({ program, target, attached, reason }) => [
          program,
          target,
          attached ? (
            <Badge level="ok">attached</Badge>
          ) : (
            <>
              <Badge level="warn">missing</Badge> <Foreign text={reason ?? ''} max={200} />
            </>
          ),
        ]}
      />
    </section>
  );
}
