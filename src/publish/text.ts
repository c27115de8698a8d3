/** Envelopes as lines for a terminal. All text from outside is escaped here. */

import type { ChosenRoute, ChosenSource, DecisionData } from './decision-data.ts';
import type { Envelope, RaData } from './envelope.ts';
import { escapeTerminal } from './escape.ts';
import type { AttributionData, ChangeData } from './snapshot-data.ts';
import { errorName, formatTime, ipProtocol, routeType, tableName } from './words.ts';

/** One envelope as one line without its end; undefined for kinds that are not for reading. */
export function formatEnvelope(envelope: Envelope): string | undefined {
  const text = describe(envelope);
  if (text === undefined) return undefined;
  const { netns, tsNs } = envelope;
  const where = netns === null ? '-' : escapeTerminal(netns.name, 64) || `netns ${netns.cookie}`;
  return `${formatTime(tsNs).padStart(14)} ${where} ${envelope.kind}: ${text}`;
}

function describe(envelope: Envelope): string | undefined {
  switch (envelope.kind) {
    case 'hello': {
      const { version, kernel, hooks } = envelope.data;
      const missing = hooks.filter((hook) => !hook.attached);
      const names = missing.map((hook) => escapeTerminal(hook.program)).join(' ');
      const degraded = missing.length > 0 ? `, without ${names}` : '';
      return `pvdscope ${escapeTerminal(version)} on ${escapeTerminal(kernel)}${degraded}`;
    }
    case 'snapshot': {
      const { seeded, tables } = envelope.data;
      const known = seeded ? '' : ', start state unknown';
      const counts = [
        `${tables.pvd.length} PvDs`,
        `${tables.address.length} addresses`,
        `${tables.route.length} routes`,
      ];
      return `${counts.join(', ')}${known}`;
    }
    case 'ra':
      return formatRa(envelope.data);
    case 'change':
      return envelope.data.changes.map(formatChange).join('; ');
    case 'decision':
      return formatDecision(envelope.data);
    case 'lost': {
      const { source, count, total, cpu, beforeSeq } = envelope.data;
      if (source === 'skipped') return `${count} runs of hooks skipped, ${total} in total`;
      if (source === 'left-out') {
        return `${count} decisions left out while the ring was filling, ${total} in total`;
      }
      const place = source === 'gap' ? ` on CPU ${cpu} before record ${beforeSeq}` : '';
      return `${count} records${place}, ${total} in total`;
    }
    case 'netns': {
      const { op, inum, name } = envelope.data;
      return `${op}${name === '' ? '' : ` ${escapeTerminal(name)}`}, inode ${inum}`;
    }
    case 'dropped': {
      const { count, from, to } = envelope.data;
      return `${count} envelopes (${from} to ${to}) were not sent to this reader`;
    }
    case 'stats':
      return undefined;
  }
}

function formatRa(ra: RaData): string {
  const head = `${escapeTerminal(ra.ifname)} from ${ra.router}`;
  const pvds = ra.pvds.map((pvd) => `PvD ${escapeTerminal(pvd)}`).join(', ');
  const life = ra.header === null ? '' : `, router lifetime ${ra.header.lifetimeSec} s`;
  const wrong = ra.problems.map((p) => p.code).join(' ');
  const differs = ra.differences.map(({ code }) => `, ${code}`).join('');
  return `${head}: ${formatRaFate(ra)}${pvds && `, ${pvds}`}${life}${wrong && `, ${wrong}`}${differs}`;
}

/** What the kernel made of an RA, in a few words. */
export function formatRaFate({ done }: RaData): string {
  if (done === null) return 'outcome unknown';
  if (done.accepted) return 'accepted';
  if (done.reachedDiscovery)
    return `not accepted (accept_ra ${done.acceptRa}, forwarding ${done.forwarding})`;
  return done.dropReason === null ? 'dropped' : `dropped (reason ${done.dropReason})`;
}

const OPS = { new: '+', change: '~', del: '-' } as const;

/** A change in one line. */
export function formatChange(change: ChangeData): string {
  return `${OPS[change.op]}${change.object} ${changed(change)}`;
}

function changed(change: ChangeData): string {
  switch (change.object) {
    case 'address': {
      const { addr, prefixLen, ifindex, attribution } = change.value;
      return `${addr}/${prefixLen} dev ${ifindex} ${formatAttribution(attribution)}`;
    }
    case 'route': {
      const { dst, dstLen, gateway, oif, table, metric, type, attribution } = change.value;
      const words = [
        routeType(type),
        `${dst}/${dstLen}`,
        gateway === '::' ? '' : `via ${gateway}`,
        `dev ${oif} table ${tableName(table)} metric ${metric}`,
        formatAttribution(attribution),
      ];
      return words.filter(Boolean).join(' ');
    }
    case 'pvd':
      return escapeTerminal(change.value.id);
    case 'link':
      return `${escapeTerminal(change.value.name)} (${change.value.ifindex})`;
    case 'neighbour':
      return `${change.value.addr} dev ${change.value.ifindex} state ${change.value.nudState}`;
    case 'sysctl':
      return `${escapeTerminal(change.value.name)} = ${change.value.value}`;
    case 'devconf':
      return `${change.value.ifindex}`;
    case 'rule':
      return `pref ${change.value.pref} table ${tableName(change.value.table)}`;
    case 'label':
      return `${change.value.prefix} = ${change.value.label}`;
    case 'nexthop':
      return `${change.value.id}`;
  }
}

/** `[PvD, reason]`, or why there is none. */
export function formatAttribution(attribution: AttributionData | null): string {
  if (attribution === null) return '[unknown]';
  const { pvd, reason } = attribution;
  return pvd === null ? `[no PvD: ${reason}]` : `[${escapeTerminal(pvd)}: ${reason}]`;
}

function formatDecision(data: DecisionData): string {
  const { task, query, outcome, incomplete } = data;
  const who = task === null ? 'softirq' : `${escapeTerminal(task.comm)}[${task.tgid}]`;
  const proto = ipProtocol(query.proto);
  const bound = query.oif === 0 ? '' : ` dev ${query.oif}`;
  const pvds = query.binding ? ` bound to ${query.binding.map(escapeTerminal).join(', ')}` : '';
  const asked = `${who} ${data.what} ${proto && `${proto} `}to ${query.daddr}${bound}${pvds}`;
  const answer =
    outcome.error === 0
      ? [formatRoute(outcome.route, outcome), formatSource(outcome.source)]
          .filter(Boolean)
          .join(' ')
      : errorName(outcome.error);
  return `${asked} → ${answer}; ${formatVerdict(data)}${incomplete ? ` (${incomplete})` : ''}`;
}

function formatRoute(route: ChosenRoute | null, outcome: DecisionData['outcome']): string {
  if (route === null && outcome.oif === 0) return '';
  const gateway = outcome.gateway === '::' ? '' : `via ${outcome.gateway} `;
  const belongs = route === null ? '' : ` ${formatAttribution(route.attribution)}`;
  return `${gateway}dev ${outcome.oif}${belongs}`;
}

function formatSource(source: ChosenSource | null): string {
  return source === null ? '' : `from ${source.addr} ${formatAttribution(source.attribution)}`;
}

/** Verdict and findings, e.g. `undecided: unmodelled`. */
export function formatVerdict({ verdict, findings }: DecisionData): string {
  const codes = findings.map((finding) => ` ${escapeTerminal(finding.code)}`).join('');
  switch (verdict.verdict) {
    case 'agree':
      return `agree${verdict.raced ? ' (raced)' : ''}${codes}`;
    case 'diverge':
      return `diverge${codes}`;
    case 'undecided':
      return `undecided: ${escapeTerminal(verdict.reason)}${codes}`;
  }
}
