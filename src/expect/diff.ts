/**
 * What two runs decided, flow by flow. Of a run only its different answers are kept, with their
 * number and the first example, so that memory grows with flows and not with decisions.
 */

import { NONE, type SeenAnswer, type SeenDecision } from './seen.ts';

/** What a decision is known by on both sides: what was asked, without what differs each time. */
export interface Flow {
  readonly netns: string;
  readonly what: string;
  readonly comm: string;
  readonly daddr: string;
  readonly saddr: string;
  readonly oif: string;
  readonly proto: string;
  readonly dport: number;
  readonly mark: number;
}

export interface FlowAnswer {
  readonly answer: SeenAnswer;
  count: number;
  /** `seq` of the first. */
  readonly seq: number;
}

export interface FlowTable {
  readonly flows: Map<string, { readonly flow: Flow; readonly answers: Map<string, FlowAnswer> }>;
  /** Decisions that found no room. */
  refused: number;
  decisions: number;
}

/** In the order in which a cause is looked for: an error says more than the route it lacks. */
export const CAUSES = ['missing', 'error', 'route', 'source', 'pvd', 'verdict', 'finding'] as const;
export type Cause = (typeof CAUSES)[number];

/** One flow that was answered differently. */
export interface Difference {
  readonly flow: Flow;
  readonly cause: Cause;
  /** Answers that only one of the runs has; when a flow was not seen at all, none. */
  readonly base: readonly FlowAnswer[];
  readonly next: readonly FlowAnswer[];
  /** `seq` of a decision of each run to compare; `null` where the flow was not seen. */
  readonly examples: { readonly base: number | null; readonly next: number | null };
}

/** How the examples came about, a line a step; empty when not known. */
export interface Ladders {
  readonly base: readonly string[];
  readonly next: readonly string[];
}

/** Those of some differences. */
export type LadderOf = (difference: Difference) => Ladders | undefined;

/** Bound of the flows that are followed. */
export const FLOWS_MAX = 200_000;
/** Answers of one flow that are kept apart. */
const ANSWERS_MAX = 256;

export function noFlows(): FlowTable {
  return { flows: new Map(), refused: 0, decisions: 0 };
}

/** `netns`: the name both runs have for the netns. */
export function addToFlows(table: FlowTable, seen: SeenDecision, netns: string): void {
  table.decisions++;
  const flow = flowOf(seen, netns);
  const key = flowKey(flow);
  let known = table.flows.get(key);
  if (known === undefined) {
    if (table.flows.size >= FLOWS_MAX) {
      table.refused++;
      return;
    }
    known = { flow, answers: new Map() };
    table.flows.set(key, known);
  }
  const text = answerText(seen.answer);
  const answer = known.answers.get(text);
  if (answer) answer.count++;
  else if (known.answers.size >= ANSWERS_MAX) table.refused++;
  else known.answers.set(text, { answer: seen.answer, count: 1, seq: seen.seq });
}

/** Flows whose sets of answers differ, by cause and then by flow. */
export function diffFlows(base: FlowTable, next: FlowTable): Difference[] {
  const out: Difference[] = [];
  const keys = new Set([...base.flows.keys(), ...next.flows.keys()]);
  for (const key of [...keys].sort()) {
    const [a, b] = [base.flows.get(key), next.flows.get(key)];
    const flow = (a ?? b)?.flow;
    if (flow === undefined) continue;
    const onlyBase = without(a?.answers, b?.answers);
    const onlyNext = without(b?.answers, a?.answers);
    if (onlyBase.length === 0 && onlyNext.length === 0) continue;
    const whole = a === undefined || b === undefined;
    const cause = whole ? 'missing' : causeOf(onlyBase, onlyNext, [...a.answers.values()]);
    const examples = {
      base: exampleOf(onlyBase, a?.answers),
      next: exampleOf(onlyNext, b?.answers),
    };
    out.push({ flow, cause, base: onlyBase, next: onlyNext, examples });
  }
  return out.sort((a, b) => CAUSES.indexOf(a.cause) - CAUSES.indexOf(b.cause));
}

/** One that only this run has, else one that both have. */
function exampleOf(
  [only]: readonly FlowAnswer[],
  all: ReadonlyMap<string, FlowAnswer> | undefined,
): number | null {
  const [any] = all?.values() ?? [];
  return (only ?? any)?.seq ?? null;
}

function without(
  answers: ReadonlyMap<string, FlowAnswer> | undefined,
  others: ReadonlyMap<string, FlowAnswer> | undefined,
): FlowAnswer[] {
  return [...(answers ?? [])].filter(([text]) => !others?.has(text)).map(([, answer]) => answer);
}

/** The first thing that tells the new answer from the old one that is most like it. */
function causeOf(
  base: readonly FlowAnswer[],
  next: readonly FlowAnswer[],
  all: readonly FlowAnswer[],
): Cause {
  const [changed] = next.length > 0 ? next : base;
  const against = next.length > 0 ? (base.length > 0 ? base : all) : all;
  const ranks = against.map(({ answer }) => rankOf(answer, changed?.answer ?? answer));
  return CAUSES[Math.max(...ranks, 1)] ?? 'route';
}

function rankOf(a: SeenAnswer, b: SeenAnswer): number {
  const differs: Readonly<Record<Cause, boolean>> = {
    missing: false,
    error: a.error !== b.error,
    route: routeText(a) !== routeText(b),
    source: a.source !== b.source,
    pvd: a.pvd !== b.pvd || a.sourcePvd !== b.sourcePvd,
    verdict: a.verdict !== b.verdict,
    finding: a.findings.join() !== b.findings.join(),
  };
  return CAUSES.findIndex((cause) => differs[cause]);
}

function flowOf({ what, comm, asked }: SeenDecision, netns: string): Flow {
  const { daddr, saddr, oif, proto, dport, mark } = asked;
  return { netns, what, comm, daddr, saddr, oif, proto, dport, mark };
}

function flowKey(flow: Flow): string {
  return JSON.stringify(Object.values(flow));
}

function routeText({ route, table, dev, via }: SeenAnswer): string {
  return `${route} via ${via} dev ${dev} table ${table}`;
}

/** One line for people. */
export function describeFlow({
  netns,
  what,
  comm,
  daddr,
  saddr,
  oif,
  proto,
  dport,
  mark,
}: Flow): string {
  const parts = [
    `${netns}: ${comm === '' ? '' : `${comm} `}${what} to ${daddr}`,
    ...(dport === 0 ? [] : [`port ${dport}`]),
    ...(proto === NONE ? [] : [proto]),
    ...(saddr === '::' ? [] : [`from ${saddr}`]),
    ...(oif === NONE ? [] : [`by ${oif}`]),
    ...(mark === 0 ? [] : [`mark ${mark}`]),
  ];
  return parts.join(' ');
}

/** One line for people, the same for equal answers. */
export function answerText(answer: SeenAnswer): string {
  const { error, source, pvd, sourcePvd, verdict, findings } = answer;
  const gave =
    error === NONE
      ? `${routeText(answer)} (PvD ${pvd}), source ${source} (PvD ${sourcePvd})`
      : error;
  return `${gave}, ${verdict}${findings.length === 0 ? '' : `, ${findings.join(', ')}`}`;
}
