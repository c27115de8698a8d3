/** The state of a netns as tables for a terminal. All text from outside is escaped here. */

import type { Envelope } from './envelope.ts';
import { escapeTerminal } from './escape.ts';
import type { StateTables, StateValue } from './snapshot-data.ts';
import { addressFlags, formatLeft, routeProtocol, routeType, tableName } from './words.ts';

/** Columns do not grow past this, so that one hostile name cannot spoil a table. */
const COLUMN_MAX = 48;

/** PvDs with what they consist of, then addresses and routes with their PvD and why. */
export function formatSnapshot(envelope: Envelope<'snapshot'>): string {
  const { data, netns, tsNs } = envelope;
  const { tables } = data;
  const name = netns?.name ? `${escapeTerminal(netns.name)} ` : '';
  const known = data.seeded ? '' : ', start state unknown';
  const dev = deviceNames(tables);
  const sections = [
    `netns ${name}(cookie ${netns?.cookie ?? '-'}, inode ${data.inum})${known}`,
    ...tables.pvd.map((pvd) => formatPvd(pvd, dev, tsNs)),
    section('Addresses', addressRows(tables, dev, tsNs)),
    section('Routes', routeRows(tables, dev, tsNs)),
    refusals(data.refused),
  ];
  return `${sections.filter(Boolean).join('\n')}\n`;
}

type DeviceNames = (ifindex: number) => string;

function deviceNames({ link }: StateTables): DeviceNames {
  const names = new Map(link.map((l) => [l.ifindex, l.name]));
  return (ifindex) => {
    const name = names.get(ifindex);
    return name === undefined ? `if${ifindex}` : escapeTerminal(name, 16);
  };
}

function formatPvd(pvd: StateValue['pvd'], dev: DeviceNames, nowNs: string): string {
  const flags = [pvd.http ? 'H' : '', pvd.legacy ? 'L' : ''].filter(Boolean).join(' ');
  const option =
    pvd.kind === 'explicit' ? `, sequence ${pvd.sequence}${flags && `, flags ${flags}`}` : '';
  const from = (v: { readonly router: string; readonly ifindex: number; nested?: boolean }) =>
    `${v.router}%${dev(v.ifindex)}${v.nested ? ' (nested)' : ''}`;
  const left = (until: string | null): string => formatLeft(until, nowNs);
  const rows = [
    ...pvd.routers.map((r) => [
      'router',
      from(r),
      r.routerUntil === null ? 'no default router' : left(r.routerUntil),
      [r.preference, dhcp6(r)].filter(Boolean).join(', '),
    ]),
    // RFC 8801, section 3.4: stated, DHCP itself is not looked at.
    ...(pvd.legacy ? [['dhcp4', 'what DHCPv4 says there belongs here (flag L)']] : []),
    ...pvd.prefixes.map((p) => [
      'prefix',
      p.prefix,
      `${left(p.validUntil)}, preferred ${left(p.preferredUntil)}`,
      [p.onLink ? 'L' : '', p.autonomous ? 'A' : '', from(p)].filter(Boolean).join(' '),
    ]),
    ...pvd.routeInfos.map((r) => ['route', r.prefix, left(r.until), `${r.preference} ${from(r)}`]),
    ...pvd.rdnss.map((d) => ['rdnss', d.value, left(d.until), from(d)]),
    ...pvd.dnssl.map((d) => ['dnssl', d.value, left(d.until), from(d)]),
  ];
  const head = `PvD ${escapeTerminal(pvd.name)} (${pvd.kind}${option}, ${pvd.raCount} RAs)`;
  return section(head, rows);
}

/** What DHCPv6 on the link may be asked for (RFC 4861, section 4.2). */
function dhcp6({ managed, other }: StateValue['pvd']['routers'][number]): string {
  if (managed) return 'DHCPv6 addresses (M)';
  return other ? 'DHCPv6 other configuration (O)' : '';
}

function belongs(attribution: StateValue['address']['attribution']): string[] {
  return [attribution.pvd ?? '-', attribution.reason];
}

function addressRows(tables: StateTables, dev: DeviceNames, nowNs: string): string[][] {
  if (tables.address.length === 0) return [];
  const rows = tables.address.map((a) => [
    `${a.addr}/${a.prefixLen}`,
    dev(a.ifindex),
    ...belongs(a.attribution),
    `valid ${formatLeft(a.validUntil, nowNs)}, preferred ${formatLeft(a.preferredUntil, nowNs)}`,
    addressFlags(a.flags).join(' '),
  ]);
  return [['address', 'device', 'PvD', 'reason', 'lifetime', 'flags'], ...rows];
}

function routeRows(tables: StateTables, dev: DeviceNames, nowNs: string): string[][] {
  if (tables.route.length === 0) return [];
  const rows = tables.route.map((r) => [
    [routeType(r.type), `${r.dst}/${r.dstLen}`].filter(Boolean).join(' '),
    r.gateway === '::' ? '' : r.gateway,
    dev(r.oif),
    ...belongs(r.attribution),
    tableName(r.table),
    `${r.metric}`,
    routeProtocol(r.protocol),
    formatLeft(r.expiresNs, nowNs),
  ]);
  const head = [
    'route',
    'gateway',
    'device',
    'PvD',
    'reason',
    'table',
    'metric',
    'proto',
    'expires',
  ];
  return [head, ...rows];
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  return [title, ...alignColumns(rows).map((line) => `  ${line}`)].join('\n');
}

/** Rows as lines with aligned columns; cells are escaped and cut. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map((cell) => escapeTerminal(cell, COLUMN_MAX)));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return cells.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function refusals(refused: Readonly<Record<string, number>>): string {
  const parts = Object.entries(refused).map(([what, count]) => `${count} ${escapeTerminal(what)}`);
  return parts.length === 0 ? '' : `Refused by limits: ${parts.join(', ')}`;
}
