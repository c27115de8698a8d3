/** The ladder of a decision as text: one line a step, indented by what it belongs to. */

import type { RouteLoss, Step } from './ladder.ts';
import type { SaddrRule } from './profile.ts';
import type { Outcome, Prediction } from './query.ts';

/** What a rule of source selection prefers, and where it is written down. */
export const SADDR_RULE_TEXT: Readonly<Record<SaddrRule | 'order', string>> = {
  local: 'rule 1: same address as the destination',
  scope: 'rule 2: appropriate scope',
  preferred: 'rule 3: neither deprecated nor optimistic',
  hoa: 'rule 4: home address',
  oif: 'rule 5: outgoing interface',
  'next-hop': 'rule 5.5: prefix advertised by the next hop',
  label: 'rule 6: matching label',
  privacy: 'rule 7: temporary or public as wanted',
  orchid: 'rule 8-: ORCHID with ORCHID',
  prefix: 'rule 8: longest matching prefix',
  'not-optimistic': 'rule 10: not optimistic',
  order: 'all rules tie: first in kernel order',
};

const LOSS_TEXT: Readonly<Record<RouteLoss, string>> = {
  expired: 'its lifetime is over (fib6_check_expired)',
  dead: 'its nexthop is dead (find_match)',
  linkdown: 'no carrier and ignore_routes_with_linkdown (find_match)',
  'other-device': 'another device than the strict oif (rt6_score_route)',
  unreachable: 'its gateway is FAILED (rt6_check_neigh)',
  'other-pvd': 'belongs to another PvD than the flow is bound to',
  'lower-score': 'not better than the best so far (find_match)',
};

const ERRNO: Readonly<Record<number, string>> = {
  11: 'EAGAIN',
  13: 'EACCES',
  19: 'ENODEV',
  22: 'EINVAL',
  97: 'EAFNOSUPPORT',
  99: 'EADDRNOTAVAIL',
  101: 'ENETUNREACH',
  113: 'EHOSTUNREACH',
};

/** Name of an errno a decision can end with, e.g. `ENETUNREACH`. */
export function errnoName(error: number): string {
  return ERRNO[error] ?? `errno ${error}`;
}

/**
 * Lines of a prediction: the answers allowed, then the ladder if there is one. The text
 * holds names and addresses of the state only, but still escape it for a terminal.
 */
export function explainLines(prediction: Prediction): string[] {
  const { outcomes, ladder, undecided } = prediction;
  const lines =
    outcomes.length === 1
      ? [`answer: ${outcomeText(outcomes[0] as Outcome)}`]
      : [`${outcomes.length} answers allowed:`, ...outcomes.map((o) => `  ${outcomeText(o)}`)];
  if (undecided !== undefined) lines.push(`undecided: ${undecided}`);
  if (ladder !== undefined && ladder.length > 0) {
    lines.push(outcomes.length === 1 ? 'because:' : 'the first came about so:');
    for (const step of ladder) lines.push(stepText(step));
  }
  return lines;
}

/** An answer in one line. */
export function outcomeText(outcome: Outcome): string {
  const { error, gateway, oif, saddr, routePvd, saddrPvd } = outcome;
  if (error !== 0) return errnoName(error);
  const words: string[] = [];
  if (oif !== 0) words.push(gateway === '::' ? 'on-link' : `via ${gateway}`, `dev ${oif}`);
  if (outcome.table !== 0) words.push(`table ${outcome.table}`);
  if (saddr !== '::') words.push(`source ${saddr}`);
  if (outcome.exception) words.push('by an exception');
  if (routePvd !== undefined) words.push(`route of PvD ${routePvd}`);
  if (saddrPvd !== undefined) words.push(`source of PvD ${saddrPvd}`);
  return words.join(' ');
}

/** A step in one line. */
export function stepText(step: Step): string {
  switch (step.step) {
    case 'binding':
      return step.pvds.length === 0
        ? '  bound to no PvD that exists (I6)'
        : `  bound to ${step.pvds.join(', ')}`;
    case 'lookup': {
      const oif = step.oif === 0 ? 'any device' : `device ${step.oif}`;
      const how = step.strict ? ' strictly' : '';
      return `  lookup from ${step.saddr} through ${oif}${how}`;
    }
    case 'rule':
      return `    rule ${step.pref} (${step.action}): ${step.matched ? 'matches' : 'no match'}${
        step.why === '' ? '' : `, ${step.why}`
      }`;
    case 'table':
      return `    table ${step.table}`;
    case 'pass':
      return step.reachableOnly
        ? '      reachable gateways first (RFC 4191, section 3.2)'
        : '      whatever the gateways are like';
    case 'node':
      return `      prefix ${step.prefix}${step.from === undefined ? '' : ` from ${step.from}`}`;
    case 'entry':
      return `        ${step.route}: ${
        step.loss === undefined ? `best so far, score ${step.score}` : LOSS_TEXT[step.loss]
      }`;
    case 'multipath':
      return `      multipath, one of ${step.of}, hash ${step.hash}: ${step.chosen} (${step.why})`;
    case 'route':
      return `      found ${step.route}${step.error === 0 ? '' : `, ${errnoName(step.error)}`}`;
    case 'prefsrc':
      return `  source ${step.saddr} is the route's own (prefsrc); no rule is asked`;
    case 'saddr':
      return `    ${saddrText(step)}`;
    case 'source':
      return step.error === 0 ? `  source ${step.saddr}` : `  source: ${errnoName(step.error)}`;
    case 'detour':
      return `  to the default router instead: ${step.why} (RFC 4429, section 3.2)`;
  }
}

function saddrText(step: Extract<Step, { step: 'saddr' }>): string {
  const name = `${step.addr} dev ${step.ifindex}`;
  if (step.excluded !== undefined) return `${name}: no candidate, ${step.excluded}`;
  if (step.rule === undefined || step.against === undefined) return `${name}: first candidate`;
  const verb = step.won ? 'beats' : 'loses to';
  return `${name}: ${verb} ${step.against} by ${SADDR_RULE_TEXT[step.rule]}`;
}
