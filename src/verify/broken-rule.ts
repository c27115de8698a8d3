/** Of a divergence: the step of the model's ladder that speaks against what the kernel answered. */

import type { DecisionEvent, Fib6Entry, LookupEvent } from '../decode/event.ts';
import { stepText } from '../model/explain.ts';
import { routeText, type Step } from '../model/ladder.ts';
import type { Addr6 } from '../net/addr6.ts';
import { prefix6From, prefixContains } from '../net/prefix6.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { askedOf, explainAsked } from './explain.ts';
import type { Judge } from './judge.ts';

/** What decides between two routes that cover a flow, in the order in which the kernel asks. */
const ROUTE_RULE_TEXT = {
  dst: 'longest matching prefix (fib6_node_lookup)',
  src: 'longest matching source prefix (fib6_node_lookup)',
  metric: 'lower metric (find_rr_leaf)',
  preference: 'router preference (rt6_score_route, RFC 4191, section 3.2)',
  oif: 'outgoing interface (rt6_score_route)',
} as const;

/**
 * In the words of `explain`, e.g. `2001:db8::1 dev 2: loses to 2001:db8::2 by rule 3: avoid
 * deprecated`. Undefined when no step is about that answer, or the state is not known.
 * `lookups`: of a flow.
 */
export function brokenRule(
  judge: Judge,
  event: DecisionEvent,
  lookups: readonly LookupEvent[],
  snapshot: Snapshot,
): string | undefined {
  const explained = explainAsked(judge, askedOf(event, lookups, snapshot.netPvds), snapshot);
  if (explained === undefined || explained.found) return undefined;
  const { prediction, state } = explained;
  const { ladder = [], outcomes } = prediction;
  if (event.kind !== 'lookup' && !outcomes.some(({ saddr }) => saddr === event.saddr)) {
    return inWords(againstSource(ladder, event.saddr));
  }
  const id = outcomes[0]?.entry;
  const chosen = id === undefined ? undefined : state.routes.get(id);
  const lookup = event.kind === 'lookup' ? event : lookups.at(-1);
  const found = inWords(ladder.findLast(({ step }) => step === 'route'));
  return (lookup?.entry && againstRoute(ladder, lookup, lookup.entry, chosen)) ?? found;
}

function inWords(step: Step | undefined): string | undefined {
  return step && stepText(step).trim();
}

/** Where the address was no candidate, lost, or was beaten; else what was chosen instead. */
function againstSource(ladder: readonly Step[], saddr: Addr6): Step | undefined {
  const lost = ladder.findLast(
    (step) =>
      step.step === 'saddr' &&
      (step.addr === saddr
        ? step.excluded !== undefined || (step.rule !== undefined && !step.won)
        : step.against === saddr && step.won),
  );
  return lost ?? ladder.findLast(({ step }) => step === 'source' || step === 'prefsrc');
}

/** Why not the route that was used, but the one that the model chose, or none. */
function againstRoute(
  ladder: readonly Step[],
  { query: { daddr, saddr } }: LookupEvent,
  used: Fib6Entry,
  chosen: Fib6Entry | undefined,
): string | undefined {
  const rule = chosen?.table === used.table ? undefined : againstTable(ladder, used.table);
  if (rule !== undefined) return inWords(rule);
  const name = routeText(used);
  if (!prefixContains(prefix6From(used.dst, used.dstLen), daddr)) {
    return `${name}: does not cover the destination ${daddr} (fib6_node_lookup)`;
  }
  if (!prefixContains(prefix6From(used.src, used.srcLen), saddr)) {
    return `${name}: does not cover the source ${saddr} (fib6_node_lookup)`;
  }
  const lost = entryOf(ladder, used);
  const isOut = lost?.loss !== undefined && lost.loss !== 'lower-score';
  if (isOut || chosen === undefined) return lost?.loss && inWords(lost);
  const decided = decidedBy(ladder, used, chosen);
  if (decided !== undefined) {
    return `${name}: loses to ${routeText(chosen)} by ${ROUTE_RULE_TEXT[decided]}`;
  }
  const isPath = used.siblings > 0 || used.id === chosen.id;
  const path = isPath ? ladder.findLast(({ step }) => step === 'multipath') : undefined;
  return inWords(path ?? (lost?.loss && lost));
}

/** The policy rule that keeps a flow from a table, or leads it elsewhere before. */
function againstTable(ladder: readonly Step[], table: number): Step | undefined {
  const rules = ladder.filter((step) => step.step === 'rule');
  const at = rules.findLastIndex(({ action }) => action === `table ${table}`);
  const own = rules[at];
  if (own === undefined) return rules.findLast(({ matched }) => matched);
  if (!own.matched) return own;
  const next = rules[at + 1];
  return next?.action === 'suppress' ? next : undefined;
}

function decidedBy(
  ladder: readonly Step[],
  used: Fib6Entry,
  chosen: Fib6Entry,
): keyof typeof ROUTE_RULE_TEXT | undefined {
  if (used.table !== chosen.table) return undefined;
  if (used.dstLen !== chosen.dstLen) return used.dstLen < chosen.dstLen ? 'dst' : undefined;
  if (used.srcLen !== chosen.srcLen) return used.srcLen < chosen.srcLen ? 'src' : undefined;
  if (used.metric !== chosen.metric) return used.metric > chosen.metric ? 'metric' : undefined;
  const mine = entryOf(ladder, used)?.score;
  const best = entryOf(ladder, chosen)?.score;
  if (mine === undefined || best === undefined || mine >= best) return undefined;
  return mine >> 2 < best >> 2 ? 'preference' : 'oif';
}

function entryOf(ladder: readonly Step[], { id }: Fib6Entry) {
  return ladder.filter((step) => step.step === 'entry').findLast((step) => step.id === id);
}
