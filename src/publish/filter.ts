/**
 * Filters: the one meaning they have in the stream, in `run`, `record` and `replay`.
 *
 * A filter is a list of `field=value`. Values of one field are alternatives, fields all must
 * match. A field constrains the envelopes that have it and lets others pass, `kind` excepted;
 * what tells a reader that something is missing (`hello`, `lost`, `dropped`) always passes.
 */

import {
  type Prefix6,
  parsePrefix6,
  prefixAddr,
  prefixContains,
  prefixLen,
} from '../net/prefix6.ts';
import { explicitPvdId } from '../net/pvd-id.ts';
import type { DecisionData } from './decision-data.ts';
import { ENVELOPE_KINDS, type Envelope, type RaOptionData } from './envelope.ts';
import type { ChangeData } from './snapshot-data.ts';

export interface Filter {
  /** Cookie or name. */
  readonly netns: ReadonlySet<string>;
  /** PvD IDs; `-`: in no PvD. Decisions, RAs, changes. */
  readonly pvd: ReadonlySet<string>;
  /** Thread or process id. Decisions. */
  readonly pid: ReadonlySet<number>;
  /** Decisions. */
  readonly comm: ReadonlySet<string>;
  /** Any address or prefix in it. Decisions, RAs, changes. */
  readonly prefix: readonly Prefix6[];
  readonly kind: ReadonlySet<string>;
  /** {@link VERDICT_WORDS}. Decisions. */
  readonly verdict: ReadonlySet<string>;
  /** Codes of findings; `*`: any, `-`: none. Decisions. */
  readonly finding: ReadonlySet<string>;
}

/** `agree` includes what raced, `raced` is only that. */
export const VERDICT_WORDS: readonly string[] = ['agree', 'raced', 'diverge', 'undecided'];

export type FilterResult =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly message: string };

/** Terms of one filter. */
const TERMS_MAX = 64;
const ALWAYS: ReadonlySet<string> = new Set(['hello', 'lost', 'dropped']);
export const FILTER_FIELDS: readonly string[] = [
  'netns',
  'pvd',
  'pid',
  'comm',
  'prefix',
  'kind',
  'verdict',
  'finding',
];

/** A filter from terms such as `['pid', '12']`; says what is wrong with the first bad one. */
export function parseFilter(terms: Iterable<readonly [string, string]>): FilterResult {
  const filter: Draft = {
    netns: new Set(),
    pvd: new Set(),
    pid: new Set(),
    comm: new Set(),
    prefix: [],
    kind: new Set(),
    verdict: new Set(),
    finding: new Set(),
  };
  let count = 0;
  for (const [field, value] of terms) {
    if (++count > TERMS_MAX) return { ok: false, message: `more than ${TERMS_MAX} filter terms` };
    const wrong = addTerm(filter, field, value);
    if (wrong !== undefined) return { ok: false, message: wrong };
  }
  return { ok: true, filter };
}

/** Splits `field=value`. */
export function splitFilterTerm(term: string): readonly [string, string] {
  const at = term.indexOf('=');
  return at < 0 ? [term, ''] : [term.slice(0, at), term.slice(at + 1)];
}

interface Draft {
  netns: Set<string>;
  pvd: Set<string>;
  pid: Set<number>;
  comm: Set<string>;
  prefix: Prefix6[];
  kind: Set<string>;
  verdict: Set<string>;
  finding: Set<string>;
}

function addTerm(draft: Draft, field: string, value: string): string | undefined {
  switch (field) {
    case 'netns':
    case 'comm':
    case 'finding':
      draft[field].add(value);
      return undefined;
    case 'pvd':
      draft.pvd.add(explicitPvdId(value));
      return undefined;
    case 'pid':
      if (!/^\d{1,10}$/.test(value)) return 'pid is not a number';
      draft.pid.add(Number(value));
      return undefined;
    case 'prefix': {
      const prefix = parsePrefix6(value.includes('/') ? value : `${value}/128`);
      if (prefix === undefined) return 'prefix is no IPv6 prefix, e.g. 2001:db8::/32';
      draft.prefix.push(prefix);
      return undefined;
    }
    case 'kind':
      if (!(ENVELOPE_KINDS as readonly string[]).includes(value)) {
        return `kind is none of ${ENVELOPE_KINDS.join(', ')}`;
      }
      draft.kind.add(value);
      return undefined;
    case 'verdict':
      if (!VERDICT_WORDS.includes(value)) return `verdict is none of ${VERDICT_WORDS.join(', ')}`;
      draft.verdict.add(value);
      return undefined;
    default:
      return `a filter term is FIELD=VALUE with a field of ${FILTER_FIELDS.join(', ')}`;
  }
}

/** Whether a reader with this filter gets the envelope. */
export function matchesFilter(filter: Filter, envelope: Envelope): boolean {
  const { netns, kind } = envelope;
  if (ALWAYS.has(kind)) return true;
  if (filter.kind.size > 0 && !filter.kind.has(kind)) return false;
  if (filter.netns.size > 0 && netns !== null) {
    if (!filter.netns.has(netns.cookie) && !filter.netns.has(netns.name)) return false;
  }
  switch (envelope.kind) {
    case 'decision':
      return matchesDecision(filter, envelope.data);
    case 'ra': {
      const { pvds, options } = envelope.data;
      return anyPvd(filter, pvds) && anyPrefix(filter, prefixesOf(options));
    }
    case 'change':
      return envelope.data.changes.some((change) => matchesChange(filter, change));
    default:
      return true;
  }
}

function matchesDecision(filter: Filter, data: DecisionData): boolean {
  const { task, query, outcome, verdict } = data;
  if (filter.verdict.size > 0) {
    const raced = verdict.verdict === 'agree' && verdict.raced && filter.verdict.has('raced');
    if (!raced && !filter.verdict.has(verdict.verdict)) return false;
  }
  if (filter.finding.size > 0 && !matchesFinding(filter.finding, data)) return false;
  if (filter.pid.size > 0) {
    if (task === null || !(filter.pid.has(task.pid) || filter.pid.has(task.tgid))) return false;
  }
  if (filter.comm.size > 0 && (task === null || !filter.comm.has(task.comm))) return false;
  const pvds = [outcome.route, outcome.source].flatMap((chosen) =>
    chosen ? [chosen.attribution?.pvd ?? '-'] : [],
  );
  const addrs = [query.daddr, query.saddr, outcome.source?.addr ?? '::'];
  return (
    anyPvd(filter, pvds) &&
    anyPrefix(
      filter,
      addrs.filter((addr) => addr !== '::'),
    )
  );
}

function matchesFinding(wanted: ReadonlySet<string>, { findings }: DecisionData): boolean {
  if (findings.length === 0) return wanted.has('-');
  return wanted.has('*') || findings.some(({ code }) => wanted.has(code));
}

function matchesChange(filter: Filter, change: ChangeData): boolean {
  switch (change.object) {
    case 'address': {
      const { addr, attribution } = change.value;
      return anyPvd(filter, [attribution.pvd ?? '-']) && anyPrefix(filter, [addr]);
    }
    case 'route': {
      const { dst, dstLen, attribution } = change.value;
      return anyPvd(filter, [attribution.pvd ?? '-']) && anyPrefix(filter, [`${dst}/${dstLen}`]);
    }
    case 'pvd':
      return (
        anyPvd(filter, [change.value.id]) &&
        anyPrefix(
          filter,
          change.value.prefixes.map((p) => p.prefix),
        )
      );
    case 'neighbour':
      return anyPrefix(filter, [change.value.addr]);
    default:
      return true;
  }
}

function anyPvd(filter: Filter, pvds: readonly string[]): boolean {
  return filter.pvd.size === 0 || pvds.some((pvd) => filter.pvd.has(pvd));
}

/** Whether an address lies in a prefix of the filter, or a prefix overlaps one. */
function anyPrefix(filter: Filter, texts: readonly string[]): boolean {
  return (
    filter.prefix.length === 0 ||
    texts.some((text) => {
      const other = parsePrefix6(text.includes('/') ? text : `${text}/128`);
      return other !== undefined && filter.prefix.some((prefix) => overlaps(prefix, other));
    })
  );
}

function overlaps(a: Prefix6, b: Prefix6): boolean {
  return prefixLen(a) <= prefixLen(b)
    ? prefixContains(a, prefixAddr(b))
    : prefixContains(b, prefixAddr(a));
}

/** Prefixes of RA options, those nested in a PvD option included (RFC 8801, section 3.1). */
function prefixesOf(options: readonly RaOptionData[]): string[] {
  return options.flatMap((option) => {
    if (option.kind === 'pvd') return prefixesOf(option.options);
    return option.kind === 'pio' || option.kind === 'rio' ? [option.prefix] : [];
  });
}
