/** Which decisions are shown: the stream's filter plus words, and the facets of what is left. */

import type { Envelope } from '../../src/publish/envelope.ts';
import { type Filter, matchesFilter, parseFilter } from '../../src/publish/filter.ts';
import { formatVerdict } from '../../src/publish/text.ts';
import { errorName, ipProtocol } from '../../src/publish/words.ts';
import { rateWord } from './rates.ts';

type Decision = Envelope<'decision'>;

/** Parameters of the page that are terms of a filter, those of facets apart. */
export const FILTER_FIELDS = ['netns', 'pvd', 'comm', 'pid', 'prefix'] as const;
const FACET_FIELDS = ['verdict', 'finding'] as const;

export interface Selection {
  /** Newest first. */
  readonly shown: readonly Decision[];
  /** How many there are of each verdict and finding, those facets themselves left aside. */
  readonly verdicts: ReadonlyMap<string, number>;
  readonly findings: ReadonlyMap<string, number>;
  /** What is wrong with the filter. */
  readonly error: string | undefined;
}

export function selectDecisions(
  decisions: readonly Decision[],
  params: URLSearchParams,
): Selection {
  const coarse = filterOf(params, FILTER_FIELDS);
  const facets = filterOf(params, FACET_FIELDS);
  const words = wordsOf(params.get('q') ?? '');
  const shown: Decision[] = [];
  const verdicts = new Map<string, number>();
  const findings = new Map<string, number>();
  for (let i = decisions.length - 1; i >= 0; i--) {
    const decision = decisions[i] as Decision;
    if (coarse.filter && !matchesFilter(coarse.filter, decision)) continue;
    if (!matchesWords(decision, words)) continue;
    count(verdicts, rateWord(decision));
    for (const { code } of decision.data.findings) count(findings, code);
    if (facets.filter === undefined || matchesFilter(facets.filter, decision)) shown.push(decision);
  }
  return { shown, verdicts, findings, error: coarse.error ?? facets.error };
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function filterOf(
  params: URLSearchParams,
  fields: readonly string[],
): { readonly filter?: Filter; readonly error?: string } {
  const terms = [...params].filter(([key, value]) => fields.includes(key) && value !== '');
  if (terms.length === 0) return {};
  const parsed = parseFilter(terms);
  return parsed.ok ? { filter: parsed.filter } : { error: parsed.message };
}

/** The search: words that all must occur, in any case. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

export function matchesWords(decision: Decision, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  let text = texts.get(decision);
  if (text === undefined) {
    text = searchText(decision);
    texts.set(decision, text);
  }
  return words.every((word) => text.includes(word));
}

const texts = new WeakMap<Decision, string>();

function searchText({ data, netns }: Decision): string {
  const { task, query, outcome } = data;
  const parts = [
    netns?.name,
    task?.comm,
    task === null ? 'softirq' : `pid=${task.tgid}`,
    data.what,
    query.daddr,
    ipProtocol(query.proto),
    outcome.gateway,
    outcome.route?.attribution?.pvd,
    outcome.source?.addr,
    outcome.source?.attribution?.pvd,
    outcome.error === 0 ? '' : errorName(outcome.error),
    formatVerdict(data),
    ...data.findings.map(({ code }) => code),
  ];
  return parts.filter(Boolean).join(' ').toLowerCase();
}
