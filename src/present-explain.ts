/** An explained decision as data and as lines. Lines hold names from outside: escape them. */

import type { DecisionEvent, LookupEvent } from './decode/event.ts';
import type { ExplainedPart } from './explain-decision.ts';
import { errnoName, explainLines, outcomeText } from './model/explain.ts';
import type { Prediction, Query } from './model/query.ts';
import { ANY6 } from './net/addr6.ts';
import type { Instant } from './net/instant.ts';
import { type Json, toJson } from './net/json.ts';
import type { Envelope } from './publish/envelope.ts';
import type { ChangeData } from './publish/snapshot-data.ts';
import { formatAttribution, formatChange, formatVerdict } from './publish/text.ts';
import { formatTime, ipProtocol } from './publish/words.ts';
import type { Change } from './state/change.ts';
import type { Attribution, Snapshot } from './state/snapshot.ts';
import type { Explained, Race } from './verify/explain.ts';
import { observedOutcome } from './verify/observed.ts';

/** Where the objects that a prediction names come from. */
export interface Origins {
  readonly devices: readonly { readonly ifindex: number; readonly name: string }[];
  readonly routes: readonly { readonly text: string; readonly attribution: Attribution }[];
  readonly addresses: readonly { readonly text: string; readonly attribution: Attribution }[];
}

/** Devices, routes and addresses that the ladder and the outcomes of a prediction name. */
export function originsOf({ outcomes, ladder = [] }: Prediction, state: Snapshot): Origins {
  const devices = new Set<number>();
  const ids = new Set<bigint>();
  const addresses = new Set<string>();
  for (const { entry, oif, nhOif, saddr } of outcomes) {
    if (entry !== undefined) ids.add(entry);
    for (const ifindex of [oif, nhOif]) devices.add(ifindex);
    for (const a of state.addresses.values()) if (a.addr === saddr) addresses.add(keyOf(a));
  }
  for (const step of ladder) {
    if (step.step === 'entry' && step.id !== undefined) ids.add(step.id);
    if (step.step === 'saddr') addresses.add(keyOf(step));
    if (step.step === 'saddr') devices.add(step.ifindex);
  }
  const routes = [...ids].flatMap((id) => state.routes.get(id) ?? []);
  for (const { oif } of routes) devices.add(oif);
  return {
    devices: [...state.links.values()].filter(({ ifindex }) => devices.has(ifindex)),
    routes: routes.map(({ attribution, ...r }) => ({
      text: `${r.dst}/${r.dstLen}${r.gateway === ANY6 ? '' : ` via ${r.gateway}`} dev ${r.oif} table ${r.table} metric ${r.metric}`,
      attribution,
    })),
    addresses: [...state.addresses.values()]
      .filter((a) => addresses.has(keyOf(a)))
      .map(({ attribution, ...a }) => ({
        text: `${a.addr}/${a.prefixLen} dev ${a.ifindex}`,
        attribution,
      })),
  };
}

function keyOf({ addr, ifindex }: { readonly addr: string; readonly ifindex: number }): string {
  return `${addr} ${ifindex}`;
}

/** What was asked and what is allowed, for a query that nobody asked a kernel. */
export function predictionLines(prediction: Prediction, state: Snapshot): string[] {
  return [...explainLines(prediction), ...originLines(originsOf(prediction, state), state)];
}

/** The whole decision, its records one after the other. */
export function decisionLines(
  { data, seq, netns }: Envelope<'decision'>,
  parts: readonly ExplainedPart[],
): string[] {
  const { what, id, task, query, findings, incomplete, beginNs, blame } = data;
  const who = task === null ? 'softirq' : `${task.comm}[${task.tgid}]`;
  const name = netns?.name || netns?.cookie;
  return [
    `decision ${id} (envelope ${seq}): ${what} to ${query.daddr}, ${who}, netns ${name}`,
    `began ${formatTime(beginNs)}; ${formatVerdict(data)}`,
    ...(incomplete === null ? [] : [`records of it are missing: ${incomplete}`]),
    ...findings.map(({ code, evidence }) => `finding ${code}: ${evidence}`),
    ...parts.flatMap((one) => ['', ...partLines(one, parts, isBlamed(one, blame))]),
    ...(parts.some(({ explained }) => explained) ? ['', ...allOriginLines(parts)] : []),
  ];
}

const SOURCE_STEPS: ReadonlySet<string> = new Set(['prefsrc', 'saddr', 'source']);

/** How the answer came about, in lines that are the same for another decision made likewise. */
export function ladderLines(parts: readonly ExplainedPart[]): string[] {
  const hasSelection = parts.some(({ part }) => part === 'saddr');
  return parts.flatMap((one) => {
    const { part, index, event, explained } = one;
    const head = part === 'flow' ? 'the flow as a whole' : `${part} ${index + 1}`;
    if (explained === undefined) return [head, '  the state was not known: not judged'];
    const { prediction, found, state } = explained;
    // A flow's lookups are told by themselves, and so are its selections if they were seen.
    const ladder = (prediction.ladder ?? []).filter(
      ({ step }) => part !== 'flow' || (!hasSelection && SOURCE_STEPS.has(step)),
    );
    const told = { ...prediction, ladder };
    return [
      head,
      `  kernel: ${answerText(event, lookupsOf(parts), state)}`,
      ...(found ? [] : ['  the model does not allow it']),
      ...explainLines(told).map(indent),
    ];
  });
}

function isBlamed({ part, index }: ExplainedPart, blame: { part: string; index: number } | null) {
  return blame !== null && blame.part === part && blame.index === index;
}

function partLines(one: ExplainedPart, parts: readonly ExplainedPart[], blamed: boolean): string[] {
  const { part, index, event, explained } = one;
  const head = part === 'flow' ? 'the flow as a whole' : `${part} ${index + 1}`;
  const took = `${formatTime(`${event.beginNs}`)} +${event.tsNs - event.beginNs} ns`;
  const lines = [`${head}${blamed ? ' (diverges here)' : ''}, ${took}`];
  if (explained === undefined) return [...lines, '  the state was not known: not judged'];
  const { query, prediction, found, state } = explained;
  lines.push(`  asked:  ${queryText(query)}`);
  lines.push(`  kernel: ${answerText(event, lookupsOf(parts), state)}`);
  if (!found) lines.push(`  the model does not allow it on ${statesText(explained)}`);
  // What a flow went through stands with its lookups and selections.
  const isTold = part === 'flow' && !blamed && explained.races.length === 0;
  lines.push(...explainLines(isTold ? { ...prediction, ladder: [] } : prediction).map(indent));
  lines.push(...raceLines(explained, event));
  return lines;
}

function indent(line: string): string {
  return `  ${line}`;
}

/** Of all records together, each object once. */
function allOriginLines(parts: readonly ExplainedPart[]): string[] {
  const lines = parts.flatMap(({ explained }) =>
    explained ? originLines(originsOf(explained.prediction, explained.state), explained.state) : [],
  );
  return [...new Set(lines)].sort(
    (a, b) => ORIGINS.indexOf(wordOf(a)) - ORIGINS.indexOf(wordOf(b)),
  );
}

const ORIGINS: readonly string[] = ['device', 'route', 'address'];

function wordOf(line: string): string {
  return line.slice(0, line.indexOf(' '));
}

function statesText({ states, partial }: Explained): string {
  const which = states === 1 ? 'the state it was made in' : `any of the ${states} states it may be`;
  return `${which}${partial ? ', of which some are no longer known' : ''}`;
}

function lookupsOf(parts: readonly ExplainedPart[]): LookupEvent[] {
  return parts.map(({ event }) => event).filter((event) => event.kind === 'lookup');
}

/** The kernel's answer in the words of an outcome. */
export function answerText(
  event: DecisionEvent,
  lookups: readonly LookupEvent[],
  state: Snapshot,
): string {
  if (event.kind === 'saddr') {
    return event.error === 0 ? `source ${event.saddr}` : errnoName(-event.error);
  }
  const last = event.kind === 'lookup' ? event : lookups.at(-1);
  return outcomeText(observedOutcome(event, last, state));
}

/** A question in one line. */
export function queryText(query: Query): string {
  const words = [`to ${query.daddr}`];
  if (query.kind === 'saddr') {
    words.push(`through ${query.oif}`, query.prefs === 0 ? '' : `preferences ${query.prefs}`);
    return words.filter(Boolean).join(', ');
  }
  const { saddr, oif = 0, mark = 0, uid = 0, sport = 0, dport = 0, proto = 0 } = query;
  if (saddr !== undefined && saddr !== ANY6) words.push(`from ${saddr}`);
  if (oif !== 0) words.push(`oif ${oif}`);
  if (mark !== 0) words.push(`mark 0x${mark.toString(16)}`);
  if (uid !== 0) words.push(`uid ${uid}`);
  if (proto !== 0) words.push(ipProtocol(proto));
  if (sport !== 0 || dport !== 0) words.push(`ports ${sport} to ${dport}`);
  if (query.kind === 'lookup' && query.flags) words.push(`flags 0x${query.flags.toString(16)}`);
  return words.join(', ');
}

function raceLines({ races }: Explained, { beginNs, tsNs }: DecisionEvent): string[] {
  if (races.length === 0) return [];
  const lines = races.flatMap((race) => {
    const when = `from ${relative(race.beginNs, beginNs)} to ${relative(race.endNs, beginNs)}`;
    const why = race.decided ? 'decides' : 'does not explain it';
    return race.changes.flatMap((change) =>
      change.object === 'netns' ? [] : `    ${changeText(change)}: ${when}, ${why}`,
    );
  });
  return [`  changes meanwhile (the kernel looked from 0 to ${tsNs - beginNs} ns):`, ...lines];
}

function changeText(change: Exclude<Change, { readonly object: 'netns' }>): string {
  return formatChange(toJson(change) as ChangeData);
}

function relative(ns: Instant, zeroNs: Instant): string {
  return `${ns - zeroNs} ns`;
}

function originLines({ devices, routes, addresses }: Origins, state: Snapshot): string[] {
  const from = ({ text, attribution }: Origins['routes'][number]): string => {
    const { ra } = attribution;
    const name = ra && (state.links.get(ra.ifindex)?.name ?? `if${ra.ifindex}`);
    const learned = ra
      ? `, RA ${ra.raId} of ${ra.router} on ${name} at ${formatTime(`${ra.tsNs}`)}`
      : '';
    return `${text} ${formatAttribution(toJson(attribution))}${learned}`;
  };
  return [
    ...devices.map(({ ifindex, name }) => `device ${ifindex}: ${name}`),
    ...routes.map((route) => `route ${from(route)}`),
    ...addresses.map((address) => `address ${from(address)}`),
  ];
}

/** An explained decision for programs. */
export function explanationData(
  target: Envelope<'decision'>,
  parts: readonly ExplainedPart[],
): unknown {
  return { decision: target, parts: parts.map((one) => partData(one, parts)) };
}

function partData(one: ExplainedPart, parts: readonly ExplainedPart[]): unknown {
  const { part, index, event, explained } = one;
  if (explained === undefined) return { part, index, explained: null };
  const { query, found, prediction, outcome, profile, state, states, races, partial } = explained;
  const kernel = answerText(event, lookupsOf(parts), state);
  const told = { query, kernel, found, prediction, outcome, profile: profile.name };
  const origins = originsOf(prediction, state);
  const shownRaces: readonly Json<Race>[] = races.map((race) => toJson(race));
  return {
    part,
    index,
    explained: toJson({ ...told, origins, states, partial, races: shownRaces }),
  };
}
