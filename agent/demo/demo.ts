/** The main job: a host with three routers and three PvDs' worth of RAs, watched live. */

import { join } from 'node:path';
import { statsOf } from '../../src/pipeline.ts';
import { escapeTerminal } from '../../src/publish/escape.ts';
import { snapshots } from '../../src/state/world.ts';
import { EXIT } from '../error.ts';
import { loadScenario } from '../lab/scenario-file.ts';
import { runScenario } from '../lab/scenario-run.ts';
import type { Topology } from '../lab/topology.ts';
import { type Session, startSession } from '../observe/session.ts';
import { PACKAGE_ROOT } from '../paths.ts';
import { count, createTally, type Promised, promisesOf } from './promises.ts';

export interface DemoOptions {
  readonly version: string;
  readonly port: number;
  /** Check, print and end; otherwise stay until a signal. */
  readonly once: boolean;
  /** Write a trace too. */
  readonly tracePath?: string;
  readonly signal: AbortSignal;
}

/** The namespace of the scenario that is the host. */
const HOST = 'host';
const SCENARIO = join(PACKAGE_ROOT, 'test/scenarios/main-job.yaml');
/** Between two rounds of traffic while somebody watches. */
const ROUND_MS = 2000;

/** Runs on this kernel; returns the exit code: 0 only when all that is promised was seen. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { version, port, tracePath, signal } = options;
  const tally = createTally();
  let session: Session | undefined;
  let promises: readonly Promised[] = [];
  const attach = async (topology: Topology): Promise<void> => {
    const host = topology.netns(HOST);
    session = await startSession({
      version,
      netns: Object.keys(topology.scenario.namespaces).map((name) => topology.netns(name)),
      listen: { host: '127.0.0.1', port },
      ...(tracePath === undefined ? {} : { tracePath }),
      onEnvelopes: (envelopes) => count(tally, envelopes, host),
    });
    await session.observation.seeded;
    say(`watching the kernel; dashboard at ${session.url}`);
  };
  const detach = async (topology: Topology): Promise<void> => {
    if (!session) return;
    const host = [...snapshots(session.pipeline.world)].find(
      ({ name }) => name === topology.netns(HOST),
    );
    promises = promisesOf(host, tally, statsOf(session.pipeline).lost);
    print(promises);
    if (!options.once) {
      say(`the page stays at ${session.url} until Ctrl-C`);
      await chatter(topology, signal);
    }
  };
  try {
    say('building three routers and a host in network namespaces');
    const run = await runScenario(loadScenario(SCENARIO), {
      observe: { attach, detach },
      onEvent: (event) => {
        if (event.event === 'action') say(`${event.ok ? 'done' : 'FAILED'}: ${event.name}`);
      },
      signal,
    });
    if (run.error) throw run.error;
    return run.ok && promises.length > 0 && promises.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
  } finally {
    await session?.stop();
  }
}

/** Repeats the host's own commands, so that there is something to watch. */
async function chatter(topology: Topology, signal: AbortSignal): Promise<void> {
  const commands = topology.scenario.actions.filter(({ in: where, run }) => where === HOST && run);
  while (!signal.aborted) {
    for (const { run = [], timeoutMs } of commands) {
      if (signal.aborted) return;
      await topology.exec(HOST, run, { timeoutMs }).catch(() => {}); // aborted: the loop ends
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ROUND_MS);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

function print(promises: readonly Promised[]): void {
  for (const { what, ok, seen } of promises) {
    process.stdout.write(`${ok ? 'ok    ' : 'not ok'} ${what}\n       ${escapeTerminal(seen)}\n`);
  }
}

function say(line: string): void {
  process.stderr.write(`demo: ${escapeTerminal(line)}\n`);
}
