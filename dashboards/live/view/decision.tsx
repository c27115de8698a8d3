/** One decision in full: what was asked, what each step found, and why it is judged as it is. */

import type { ComponentChildren, VNode } from 'preact';
import type { ChosenRoute, LookupData } from '../../../src/publish/decision-data.ts';
import type { Envelope } from '../../../src/publish/envelope.ts';
import { escapeJson } from '../../../src/publish/escape.ts';
import type { AttributionData } from '../../../src/publish/snapshot-data.ts';
import { formatEnvelope } from '../../../src/publish/text.ts';
import { errorName, ipProtocol, routeProtocol, tableName } from '../../../src/publish/words.ts';
import type { Page } from '../page.ts';
import { withParams } from '../route.ts';
import { compareNs } from '../time.ts';
import { Again } from './again.tsx';
import { Ladder } from './ladder.tsx';
import { Belongs, Device, Facts, Foreign, Netns, Table, Time, VerdictBadge } from './parts.tsx';
import { raHref } from './ras.tsx';

type Decision = Envelope<'decision'>;

interface Props {
  readonly page: Page;
  readonly decision: Decision;
}

export function DecisionDetail({ page, decision }: Props): VNode {
  const { seq, data } = decision;
  return (
    <article class="detail" aria-labelledby="decision-title">
      <div class="tools">
        <h3 id="decision-title">Decision {seq}</h3>
        <VerdictBadge data={data} />
        <a href={withParams(page.route, { seq: '', run: '' })}>Close</a>
        <button type="button" onClick={() => page.actions.copy(location.href)}>
          Copy link
        </button>
        <button type="button" onClick={() => page.actions.save(`decision-${seq}`, [decision])}>
          Save
        </button>
      </div>
      <Why page={page} decision={decision} />
      <Asked page={page} decision={decision} />
      <Answered page={page} decision={decision} />
      <Steps page={page} decision={decision} />
      <Ladder page={page} decision={decision} />
      <Meanwhile page={page} decision={decision} />
      <Again page={page} decision={decision} />
      <details>
        <summary>As JSON</summary>
        <pre tabIndex={0}>{escapeJson(JSON.stringify(decision, null, 1))}</pre>
      </details>
    </article>
  );
}

/** Findings with their evidence; of a divergence, what the model allows instead. */
function Why({ page, decision }: Props): VNode {
  const { findings, blame } = decision.data;
  const view = page.netns.get(decision.netns?.cookie ?? '');
  return (
    <>
      <Table
        caption="Findings"
        head={['Code', 'Evidence']}
        items={findings}
        cells={({ code, evidence }) => [code, <Foreign text={evidence} name="" max={1024} />]}
      />
      {blame === null ? null : (
        <>
          <p class="error">
            The{' '}
            {blame.part === 'flow'
              ? 'flow as a whole'
              : `${blame.part === 'saddr' ? 'source selection' : 'lookup'} ${blame.index + 1}`}{' '}
            is not among the {blame.expectedCount} outcomes that the model allows.
          </p>
          <Table
            caption="Allowed outcomes"
            head={['Route', 'Table', 'Next hop', 'Source']}
            items={blame.expected}
            cells={(e) =>
              e.error !== 0
                ? [<span class="error">{errorName(-e.error)}</span>, '', '', '']
                : [
                    view?.tables.route.get(e.route ?? '')?.dst ?? e.route ?? '',
                    e.table === 0 ? '' : tableName(e.table),
                    <Hop view={view} gateway={e.gateway} oif={e.oif} />,
                    e.source === '::' ? '' : e.source,
                  ]
            }
          />
        </>
      )}
    </>
  );
}

function Asked({ page, decision }: Props): VNode {
  const { data, netns } = decision;
  const { query, task, sock } = data;
  const view = page.netns.get(netns?.cookie ?? '');
  const port = (number: number): string => (number === 0 ? '' : ` port ${number}`);
  const rows: (readonly [string, ComponentChildren])[] = [
    ['Time', <Time page={page} tsNs={decision.tsNs} />],
    ['Namespace', <Netns netns={netns} />],
    [
      'Process',
      task === null ? (
        'softirq: the task at hand was a bystander'
      ) : (
        <>
          <Foreign text={task.comm} max={64} /> pid {task.tgid}, thread {task.pid}, cgroup{' '}
          {task.cgroupId}
        </>
      ),
    ],
    ['Hook', data.hook],
    ['Destination', `${query.daddr}${port(query.dport)}`],
    ['Source', query.saddr === '::' ? 'to be selected' : `${query.saddr}${port(query.sport)}`],
    ['Protocol', ipProtocol(query.proto) || 'any'],
    ['Bound to', query.oif === 0 ? 'no interface' : <Device view={view} ifindex={query.oif} />],
    ['Mark', `0x${query.mark.toString(16)}`],
    ['User', query.uid ?? 'unknown'],
  ];
  if (sock !== null) {
    const bound =
      sock.boundDevIf === 0 ? 'not bound' : <Device view={view} ifindex={sock.boundDevIf} />;
    rows.push([
      'Socket',
      <>
        {sock.cookie}, {bound}, mark 0x{sock.mark.toString(16)}, preferences 0x
        {sock.srcprefs.toString(16)}
      </>,
    ]);
  }
  return (
    <>
      <h4>Asked</h4>
      <Facts rows={rows} />
    </>
  );
}

function Answered({ page, decision }: Props): VNode {
  const { data, netns } = decision;
  const { outcome } = data;
  const view = page.netns.get(netns?.cookie ?? '');
  const { route, source } = outcome;
  return (
    <>
      <h4>Answered</h4>
      {outcome.error === 0 ? null : <p class="error">{errorName(outcome.error)}</p>}
      <Facts
        rows={[
          ['Next hop', <Hop view={view} gateway={outcome.gateway} oif={outcome.oif} />],
          ['Route', route === null ? 'none' : <Entry route={route} />],
          ['PvD of route', route && <Origin netns={netns} attribution={route.attribution} />],
          ['Source', source?.addr ?? 'none'],
          ['PvD of source', source && <Origin netns={netns} attribution={source.attribution} />],
        ]}
      />
    </>
  );
}

function Entry({ route }: { readonly route: ChosenRoute }): VNode {
  return (
    <>
      {route.dst} table {tableName(route.table)} metric {route.metric} proto{' '}
      {routeProtocol(route.protocol)}
    </>
  );
}

/** The PvD, why, and the RA it came from. */
function Origin({
  netns,
  attribution,
}: {
  readonly netns: Decision['netns'];
  readonly attribution: AttributionData | null;
}): VNode {
  const ra = attribution?.ra ?? null;
  return (
    <>
      <Belongs netns={netns} attribution={attribution} /> {attribution?.reason}{' '}
      {ra === null ? null : <a href={raHref(ra.raId)}>RA of {ra.router}</a>}
    </>
  );
}

function Hop({
  view,
  gateway,
  oif,
}: {
  readonly view: Parameters<typeof Device>[0]['view'];
  readonly gateway: string;
  readonly oif: number;
}): VNode {
  return (
    <>
      {gateway === '::' ? '' : `${gateway} `}
      {oif === 0 ? '' : <Device view={view} ifindex={oif} />}
    </>
  );
}

function Steps({ page, decision }: Props): VNode {
  const { data, netns } = decision;
  const view = page.netns.get(netns?.cookie ?? '');
  const tries = ({ tries }: LookupData): string =>
    tries
      .map((t) => `${tableName(t.table)}${t.rulePref === null ? '' : ` (rule ${t.rulePref})`}`)
      .join(', ');
  return (
    <>
      <Table
        caption="Lookups"
        head={['Lookup', 'Tables tried', 'Route', 'Next hop', 'PvD', 'Result']}
        items={data.lookups}
        cells={(lookup) => [
          `${data.lookups.indexOf(lookup) + 1}`,
          tries(lookup),
          lookup.route === null ? 'none' : <Entry route={lookup.route} />,
          <Hop view={view} gateway={lookup.gateway} oif={lookup.dstOif} />,
          lookup.route && <Origin netns={netns} attribution={lookup.route.attribution} />,
          lookup.error === 0 ? 'ok' : errorName(lookup.error),
        ]}
      />
      <Table
        caption="Source selections"
        head={['Selection', 'Interface', 'Source', 'PvD', 'Result']}
        items={data.saddrs}
        cells={(saddr) => [
          `${data.saddrs.indexOf(saddr) + 1}`,
          <Device view={view} ifindex={saddr.oif} />,
          saddr.source.addr,
          <Origin netns={netns} attribution={saddr.source.attribution} />,
          saddr.error === 0 ? 'ok' : errorName(saddr.error),
        ]}
      />
    </>
  );
}

/** Changes of its netns just before and while it was made: with one of them it may have raced. */
const BEFORE_NS = 10_000_000n;

function Meanwhile({ page, decision }: Props): VNode | null {
  const { data, netns, tsNs } = decision;
  const from = (BigInt(data.beginNs) - BEFORE_NS).toString();
  const changes = page.store.changes.filter(
    (change) =>
      change.netns?.cookie === netns?.cookie &&
      compareNs(change.tsNs, from) >= 0 &&
      compareNs(change.tsNs, tsNs) <= 0,
  );
  return (
    <Table
      caption="Changes while it was made, and 10 ms before"
      head={['Change']}
      items={changes}
      cells={(change) => [formatEnvelope(change)]}
    />
  );
}
