/**
 * Judges a mutated run and compares each verdict with what it has to be. That is found out
 * another way: the state folded from the events, a model made of it from scratch, answers compared
 * field by field.
 */

import assert from 'node:assert/strict';
import type { FlowEvent, KernelEvent, LookupEvent, SaddrEvent } from '../../src/decode/event.ts';
import { createModelState } from '../../src/model/model-state.ts';
import { createModel, predictOn } from '../../src/model/predict.ts';
import { LINUX } from '../../src/model/profile.ts';
import type { Outcome, Query } from '../../src/model/query.ts';
import { createPipeline, finish, statsOf, step } from '../../src/pipeline.ts';
import type { DecisionData } from '../../src/publish/decision-data.ts';
import { createWorld } from '../../src/state/world.ts';
import { flowQuery, lookupQuery, saddrQuery } from '../../src/verify/observed.ts';
import { encode, tick } from '../pipeline-run.ts';
import { feed, stateOf } from '../state/fixture.ts';
import { type Decision, eventsOf, healthyRun, type Item, isDecision } from './healthy-run.ts';
import { KINDS, type Kind } from './mutations.ts';

/** What a decision has to come to: `agree`, `lost-records`, or the part that diverges. */
type Due = string;

export interface Tally {
  /** Mutated runs in which some decision no longer follows, and every one of these was flagged. */
  flagged: number;
  /** Mutated runs in which the model allows every answer all the same. */
  equivalent: number;
}

/** Seeds tried for one that a kind of mutation can be applied to. */
const TRIES = 40;

/** Applies each kind to `seeds` runs. Throws AssertionError at the first wrong verdict. */
export function mutateRuns(seeds: number, kinds: readonly Kind[] = KINDS): Map<string, Tally> {
  const tallies = new Map(kinds.map(({ name }) => [name, { flagged: 0, equivalent: 0 }]));
  const left = new Set(kinds);
  for (let seed = 1; left.size > 0; seed++) {
    assert(seed < seeds * TRIES, `too rare: ${[...left].map(({ name }) => name).join(', ')}`);
    const run = healthyRun(seed);
    for (const kind of left) {
      const mutated = kind.mutate(run.items, run.random);
      if (mutated === undefined) continue;
      const tally = tallies.get(kind.name) as Tally;
      if (check(`${kind.name}, seed ${seed}`, mutated, run.items)) tally.flagged++;
      else tally.equivalent++;
      if (tally.flagged + tally.equivalent >= seeds) left.delete(kind);
    }
  }
  return tallies;
}

/**
 * Whether something was to be flagged; that it was is asserted. Decisions that a mutation of the
 * `healthy` run cannot touch have to agree as there.
 */
export function check(name: string, items: readonly Item[], healthy?: readonly Item[]): boolean {
  const due = dueOf(items, healthy);
  const { verdicts: found } = judgedOf(items);
  assert.equal(found.size, due.size, `${name}: decisions`);
  for (const [id, want] of due) assert.equal(found.get(id), want, `${name}: decision ${id}`);
  return [...due.values()].some((want) => want !== 'agree');
}

export function dueOf(items: readonly Item[], healthy?: readonly Item[]): Map<string, Due> {
  const world = createWorld();
  const due = new Map<string, Due>();
  let isSame = true;
  for (const [i, item] of items.entries()) {
    if (isDecision(item)) {
      const agrees = isSame && item === healthy?.[i];
      due.set(`${item.id}`, agrees ? 'agree' : dueOfDecision(item, world));
    } else {
      isSame &&= item === healthy?.[i];
      feed(world, item.events);
    }
  }
  return due;
}

function dueOfDecision(decision: Decision, world: Parameters<typeof stateOf>[0]): Due {
  const { lookups, saddrs, flow } = decision;
  if (lookups.length !== flow.lookups || saddrs.length !== flow.saddrs) return 'lost-records';
  const model = createModel(createModelState(stateOf(world)), LINUX);
  const allows = (query: Query, same: (outcome: Outcome) => boolean): boolean =>
    predictOn(model, query).outcomes.some(same);
  for (const [i, event] of lookups.entries()) {
    if (!allows(lookupQuery(event), (o) => isSameLookup(event, o))) return `lookup ${i}`;
  }
  for (const [i, event] of saddrs.entries()) {
    if (!allows(saddrQuery(event), (o) => isSameSaddr(event, o))) return `saddr ${i}`;
  }
  return allows(flowQuery(flow, lookups), (o) => isSameFlow(flow, o)) ? 'agree' : 'flow 0';
}

/** The netns has no exceptions, so there is no excuse for one. */
function isSameLookup(event: LookupEvent, o: Outcome): boolean {
  const { entry, error, oif, gateway, exception } = event;
  if (exception || o.error !== -error || o.entry !== entry?.id) return false;
  if (entry === undefined) return true;
  const sameHop = o.nhOif === entry.oif && o.gateway === entry.gateway && o.table === entry.table;
  return sameHop && o.oif === oif && o.gateway === gateway;
}

function isSameSaddr({ error, saddr }: SaddrEvent, o: Outcome): boolean {
  return o.error === -error && (error !== 0 || o.saddr === saddr);
}

function isSameFlow({ error, saddr, oif }: FlowEvent, o: Outcome): boolean {
  return o.error === -error && (error !== 0 || (o.saddr === saddr && o.oif === oif));
}

export interface Judgements {
  readonly verdicts: ReadonlyMap<string, Due>;
  /** Rows that a dump found different, by table. */
  readonly drift: Readonly<Record<string, number>>;
}

/** What the pipeline makes of a run and of what follows it. */
export function judgedOf(items: readonly Item[], more: readonly KernelEvent[] = []): Judgements {
  const events: KernelEvent[] = [...items.flatMap(eventsOf), ...more, tick(60)];
  const pipeline = createPipeline();
  const out = encode(events).flatMap((record) => step(pipeline, record));
  out.push(...finish(pipeline));
  const decisions = out.flatMap((one) => (one.kind === 'decision' ? [one.data] : []));
  const verdicts = new Map(decisions.map((data) => [data.id, textOf(data)]));
  return { verdicts, drift: statsOf(pipeline).drift };
}

function textOf({ verdict, blame }: DecisionData): Due {
  if (verdict.verdict === 'diverge') return `${blame?.part} ${blame?.index}`;
  return verdict.verdict === 'undecided' ? verdict.reason : 'agree';
}
