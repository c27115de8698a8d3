/** The overview of a running agent as lines of a terminal. All text from outside is escaped here. */

import { escapeTerminal } from './escape.ts';
import type { StateValue } from './snapshot-data.ts';
import { formatEnvelope } from './text.ts';
import type { TopState } from './top-state.ts';
import { formatLeft } from './words.ts';

export interface TopSize {
  readonly columns: number;
  readonly rows: number;
}

const NAME_MAX = 40;

/** At most `rows` lines of at most `columns` characters; `link` says how the stream is. */
export function formatTop(top: TopState, link: string, nowNs: string, size: TopSize): string[] {
  const head = [...headLines(top, link), '', ...netnsLines(top)];
  const pvds = pvdLines(top, nowNs);
  const news = newsLines(top);
  // News get a third of what is left, more where PvDs leave room, never less than they need.
  const room = Math.max(0, size.rows - head.length - 2);
  const newsRows = Math.min(news.length, Math.max(Math.floor(room / 3), room - pvds.length));
  const lines = [
    ...head,
    '',
    ...cutList(pvds, room - newsRows),
    '',
    ...news.slice(0, Math.max(0, newsRows)),
  ];
  return lines.slice(0, size.rows).map((line) => cut(line, size.columns));
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}

/** The first that fit, and how many do not. */
function cutList(lines: readonly string[], rows: number): string[] {
  if (lines.length <= rows) return [...lines];
  return rows <= 0 ? [] : [...lines.slice(0, rows - 1), `  and ${lines.length - rows + 1} more`];
}

function headLines({ host, hello, stats, perSec }: TopState, link: string): string[] {
  const who =
    hello === undefined
      ? ''
      : ` ${escapeTerminal(hello.version, 20)} on ${escapeTerminal(host, NAME_MAX)}, kernel ${escapeTerminal(hello.kernel, 64)}`;
  const lines = [`${escapeTerminal(link)}: pvdscope${who}`];
  if (hello === undefined) return lines;
  const attached = hello.hooks.filter((hook) => hook.attached).length;
  const hooks = `${attached} of ${hello.hooks.length} hooks attached`;
  if (stats === undefined) return [...lines, hooks];
  const { agree, diverge, undecided } = stats.verdicts;
  return [
    ...lines,
    `${hooks}, ${stats.records} records, ${stats.lost} lost, ${stats.skipped ?? 0} skipped, ${stats.leftOut} left out, ${sum(stats.drift)} drifted, ${sum(stats.malformed) + stats.unknown} not understood`,
    `${stats.decisions} decisions (${Math.round(perSec)}/s): ${agree} agree, ${diverge} diverge, ${sum(undecided)} undecided, ${sum(stats.findings)} findings`,
  ];
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

function netnsLines({ netns }: TopState): string[] {
  const rows = [...netns].map(([cookie, { name, seeded, rows: counted, pvds }]) => [
    nameOf(cookie, name),
    `${pvds.size}`,
    `${counted.link.size}`,
    `${counted.address.size}`,
    `${counted.route.size}`,
    seeded ? 'known' : 'start unknown',
  ]);
  const shown = rows.slice(0, NETNS_MAX);
  const lines = table(['NETNS', 'PVDS', 'LINKS', 'ADDRS', 'ROUTES', 'STATE'], shown);
  return rows.length <= NETNS_MAX ? lines : [...lines, `  and ${rows.length - NETNS_MAX} more`];
}

const NETNS_MAX = 8;

function nameOf(cookie: string, name: string): string {
  return name === '' ? cookie : escapeTerminal(name, NAME_MAX);
}

function pvdLines({ netns }: TopState, nowNs: string): string[] {
  const rows = [...netns].flatMap(([cookie, { name, pvds }]) =>
    [...pvds.values()].map((pvd) => [
      escapeTerminal(pvd.name, NAME_MAX),
      nameOf(cookie, name),
      pvd.kind === 'explicit' ? `explicit ${pvd.sequence}` : pvd.kind,
      `${pvd.routers.length}`,
      formatLeft(longest(pvd), nowNs),
      pvd.prefixes.map(({ prefix }) => prefix).join(' ') || '-',
    ]),
  );
  return table(['PVD', 'NETNS', 'KIND', 'ROUTERS', 'LEFT', 'PREFIXES'], rows);
}

/** When the last prefix or router of a PvD ends; null: never. */
function longest({ prefixes, routers }: StateValue['pvd']): string | null {
  let last = 0n;
  for (const until of [
    ...prefixes.map((p) => p.validUntil),
    ...routers.flatMap((r) => (r.routerUntil === null ? [] : [r.routerUntil])),
  ]) {
    if (until === null) return null;
    if (BigInt(until) > last) last = BigInt(until);
  }
  return last.toString();
}

function newsLines({ news }: TopState): string[] {
  if (news.length === 0) return [];
  const lines = [...news].reverse().map((envelope) => formatEnvelope(envelope) ?? '');
  return ['DIVERGENCES, RAS, LOSSES (newest first)', ...lines];
}

/** Column of a table in characters; one hostile name cannot spoil it. */
const COLUMN_MAX = 48;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map((cell) => cut(cell, COLUMN_MAX)));
  const all = [head, ...cells];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
