/**
 * Checks scenarios against their expectations while they run. One session watches all the
 * scenarios of a run, since attaching and detaching take longer than many a scenario.
 */

import { type Checker, createChecker, isWaiting, resultsOf } from '../../src/expect/check.ts';
import type { ExpectationSet } from '../../src/expect/expectation.ts';
import type { TestResult } from '../../src/expect/result.ts';
import {
  learnRun,
  type Names,
  nameEnvelope,
  noNames,
  showChecker,
} from '../../src/expect-stage.ts';
import { snapshotsOf } from '../../src/pipeline.ts';
import type { Envelope } from '../../src/publish/envelope.ts';
import { snapshots } from '../../src/state/world.ts';
import { waitUntil } from '../lab/condition.ts';
import { namespacesOfRun } from '../lab/netns.ts';
import type { ScenarioFile } from '../lab/scenario-file.ts';
import type { Checked, Observer } from '../lab/scenario-run.ts';
import type { Topology } from '../lab/topology.ts';
import { type Session, startSession } from '../observe/session.ts';
import { expectationsOf } from './expect-file.ts';
import { settled } from './settle.ts';
import { suiteOf } from './suite.ts';

export interface LabCheckOptions {
  readonly version: string;
  readonly tracePath?: string | undefined;
  /** How long to wait for what is expected and has not come. */
  readonly withinMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface LabCheck {
  /** The observer of one scenario. */
  of(file: ScenarioFile): Observer;
  /** Detaches, closes the trace. */
  close(): Promise<void>;
}

const SEED_MAX_MS = 60_000;

export function createLabCheck(options: LabCheckOptions): LabCheck {
  const { version, tracePath, signal } = options;
  const names = noNames();
  let session: Session | undefined;
  let checker: Checker | undefined;
  let before: Pick<Names, 'lost' | 'skipped'> = names;
  const onEnvelopes = (envelopes: readonly Envelope[]): void => {
    for (const envelope of envelopes) {
      if (checker) showChecker(checker, names, envelope);
      else nameEnvelope(names, envelope);
    }
  };
  const start = async (): Promise<Session> => {
    session ??= await startSession({
      version,
      netns: [`${namespacesOfRun()}*`],
      ...(tracePath === undefined ? {} : { tracePath }),
      onEnvelopes,
    });
    return session;
  };
  return {
    of: (file) => ({
      attach: async (topology) => {
        const set = expectationsOf(file.scenario, file.source);
        const here = namesOf(topology);
        checker = createChecker(set, { netnsName: (full) => here.get(full) });
        before = { lost: names.lost, skipped: names.skipped };
        const { pipeline, observation } = await start();
        learnRun(checker, pipeline.hello);
        await observation.seeded;
        const isSeeded = async () => seededCount(pipeline, here) === here.size;
        await waitUntil(isSeeded, SEED_MAX_MS, signal);
        // What was told before there was somebody to look at it.
        for (const snapshot of snapshotsOf(pipeline)) showChecker(checker, names, snapshot);
      },
      check: () => checkNow(options, session, checker, names, before),
      // What follows is the end of the topology, and nothing that anybody expects.
      detach: async (topology) => {
        checker = undefined;
        session?.observation.forget([...namesOf(topology).keys()]);
      },
    }),
    close: async () => session?.stop(),
  };
}

async function checkNow(
  { withinMs, signal }: LabCheckOptions,
  session: Session | undefined,
  checker: Checker | undefined,
  names: Names,
  before: Pick<Names, 'lost' | 'skipped'>,
): Promise<Checked> {
  if (session === undefined || checker === undefined) return { tests: [] };
  const isThrough = await settled(session, signal);
  await waitUntil(async () => !isWaiting(checker), withinMs, signal);
  const damage = isThrough ? undefined : 'the observation lagged behind';
  return suiteOf(checker, names, [], damage, before);
}

/** Where the kernel cannot be traced nothing is checked, and that is told. */
export function skippedChecks(set: ExpectationSet, reason: string): TestResult[] {
  return resultsOf(createChecker(set)).map(({ name, place }) => ({
    name,
    place,
    status: 'skip',
    reason,
    details: [],
  }));
}

/** Full name of each namespace → its name in the scenario. */
function namesOf(topology: Topology): Map<string, string> {
  const names = Object.keys(topology.scenario.namespaces);
  return new Map(names.map((name) => [topology.netns(name), name]));
}

function seededCount({ world }: Session['pipeline'], here: Map<string, string>): number {
  return [...snapshots(world)].filter(({ name, seeded }) => seeded && here.has(name)).length;
}
