/** Router Advertisements and what the kernel made of them. */

import type { VNode } from 'preact';
import type { Envelope } from '../../../src/publish/envelope.ts';
import { escapeJson } from '../../../src/publish/escape.ts';
import { formatRaFate } from '../../../src/publish/text.ts';
import type { Page } from '../page.ts';
import { withParams } from '../route.ts';
import { compareNs, toSec } from '../time.ts';
import { Badge, Foreign, Netns, pvdHref, Table, Time, VerdictBadge } from './parts.tsx';

type Ra = Envelope<'ra'>;

export function Ras({ page }: { readonly page: Page }): VNode {
  const ras = page.store.ras.filter(({ tsNs }) => compareNs(tsNs, page.nowNs) <= 0);
  const asked = page.route.params.get('ra');
  const chosen = asked === null ? undefined : ras.find(({ data }) => data.raId === asked);
  return (
    <section aria-labelledby="ras-title">
      <h2 id="ras-title">Router Advertisements</h2>
      <div class="tools">
        <button type="button" onClick={() => page.actions.save('ras', ras)}>
          Save as NDJSON
        </button>
      </div>
      {asked !== null && chosen === undefined ? (
        <p class="hint">That RA is not among the newest {ras.length} that this page has.</p>
      ) : null}
      {chosen === undefined ? null : <RaDetail page={page} ra={chosen} />}
      {ras.length === 0 ? <p class="hint">None was seen yet.</p> : null}
      <RaTable page={page} ras={ras} />
    </section>
  );
}

/** The newest first. */
export function RaTable({
  page,
  ras,
}: {
  readonly page: Page;
  readonly ras: readonly Ra[];
}): VNode {
  return (
    <Table
      caption="Received"
      head={[
        'Time',
        'Namespace',
        'Interface',
        'Router',
        'PvD',
        'Router lifetime',
        'Options',
        'Outcome',
        'Verdict',
        'Problems',
      ]}
      items={[...ras].reverse()}
      cells={({ tsNs, netns, data }) => [
        <a href={raHref(data.raId)}>
          <Time page={page} tsNs={tsNs} />
        </a>,
        <Netns netns={netns} />,
        <Foreign text={data.ifname} name="device" />,
        data.router,
        data.pvds.map((pvd) => (
          <a key={pvd} href={pvdHref(netns?.cookie ?? '', pvd)}>
            <Foreign text={pvd} name="name pvd" />{' '}
          </a>
        )),
        data.header === null ? '' : `${data.header.lifetimeSec} s`,
        data.options.map((option) => option.name).join(' '),
        <Fate data={data} />,
        data.verdict && <VerdictBadge data={{ verdict: data.verdict, incomplete: null }} />,
        <span class="error">{data.problems.map((p) => p.code).join(' ')}</span>,
      ]}
    />
  );
}

export function raHref(raId: string): string {
  return `#/ras?ra=${encodeURIComponent(raId)}`;
}

function Fate({ data }: { readonly data: Ra['data'] }): VNode {
  const level = data.done === null ? 'warn' : data.done.accepted ? 'ok' : 'bad';
  return <Badge level={level}>{formatRaFate(data)}</Badge>;
}

function RaDetail({ page, ra }: { readonly page: Page; readonly ra: Ra }): VNode {
  const text = escapeJson(JSON.stringify(ra.data, null, 1));
  return (
    <article class="detail" aria-label="Router Advertisement">
      <a href={withParams(page.route, { ra: '' })}>Close</a>
      <Table
        caption="What the kernel did differently"
        head={['Code', 'Evidence']}
        items={ra.data.differences}
        cells={({ code, evidence }) => [code, <Foreign text={evidence} name="" max={1024} />]}
      />
      <Table
        caption="Problems"
        head={['Code', 'Offset', 'Outcome', 'What']}
        items={ra.data.problems}
        cells={(p) => [p.code, p.offset, p.outcome, p.message]}
      />
      <pre tabIndex={0}>{text}</pre>
    </article>
  );
}

const STRIP = { width: 720, height: 24 };
const STRIP_SEC_MIN = 60;

/** When RAs came, as marks over time; the table below tells the same in words. */
export function RaStrip({
  ras,
  nowNs,
}: {
  readonly ras: readonly Ra[];
  readonly nowNs: string;
}): VNode | null {
  const first = ras[0];
  if (first === undefined) return null;
  const to = toSec(nowNs);
  const from = Math.min(toSec(first.tsNs), to - STRIP_SEC_MIN);
  const x = (tsNs: string): number => ((toSec(tsNs) - from) / (to - from)) * (STRIP.width - 8) + 4;
  return (
    <figure class="chart">
      <svg
        viewBox={`0 0 ${STRIP.width} ${STRIP.height}`}
        role="img"
        aria-label={`${ras.length} RAs in ${Math.round(to - from)} s`}
      >
        <path class="axis" d={`M0 ${STRIP.height / 2}H${STRIP.width}`} />
        {ras.map((ra) => (
          <circle
            key={ra.seq}
            class={ra.data.done?.accepted === false ? 'mark bad' : 'mark'}
            cx={x(ra.tsNs)}
            cy={STRIP.height / 2}
            r={4}
          />
        ))}
      </svg>
      <figcaption>the last {Math.round(to - from)} s</figcaption>
    </figure>
  );
}
