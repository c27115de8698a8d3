/**
 * A scenario's topology on this kernel. Whatever happens, nothing of it stays: not after an error,
 * not after a signal; what a killed run has left goes when the next one starts.
 */

import path from 'node:path';
import { AgentError } from '../error.ts';
import { atExit } from './at-exit.ts';
import { type Background, startBackground } from './background.ts';
import { isMet, isSettled, waitUntil } from './condition.ts';
import { type ExecOptions, type ExecResult, exec, shell } from './exec.ts';
import { deleteNamespaces, namespaceNames, needNamespaces, sweepNamespaces } from './netns.ts';
import { radvdCommand, routerFile } from './router-command.ts';
import { startRouterHere } from './router-here.ts';
import { type Condition, conditionName, type Scenario } from './scenario.ts';
import type { ScenarioFile } from './scenario-file.ts';
import { planTopology } from './topology-plan.ts';
import { runSteps } from './topology-step.ts';
import { makeWorkDir } from './work-dir.ts';

export interface TopologyOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface Topology {
  readonly scenario: Scenario;
  /** Full name of a namespace (its file is `/run/netns/<full name>`). */
  netns(name: string): string;
  /** Runs a command in a namespace to its end; a string is for `/bin/sh -c`. */
  exec(
    name: string,
    command: string | readonly string[],
    options?: ExecOptions,
  ): Promise<ExecResult>;
  /** Whether the condition came true in time. */
  wait(name: string, condition: Condition, timeoutMs: number): Promise<boolean>;
  /** Starts every router and process that is not to wait for an action. */
  startAll(): Promise<void>;
  /** Starts a router or a process; resolves when it is ready. */
  start(name: string): Promise<void>;
  stop(name: string): Promise<void>;
  /** Routers and processes that ended though nobody stopped them. */
  ended(): { name: string; exitCode: number; output: string }[];
}

const SETTLE_MAX_MS = 60_000;
const ROUTER_READY_MAX_MS = 180_000;

/**
 * Builds the topology (no router runs yet), calls `body`, takes it down.
 * @throws AgentError `PVD_ERR_PRIVILEGE`, `PVD_ERR_TOPOLOGY`, and what `body` throws
 */
export async function withTopology<T>(
  file: ScenarioFile,
  body: (topology: Topology) => Promise<T>,
  options: TopologyOptions = {},
): Promise<T> {
  needNamespaces();
  sweepNamespaces();
  const { scenario, source } = file;
  const { signal } = options;
  const fullName = namespaceNames();
  const plan = planTopology(scenario, fullName);
  const work = makeWorkDir();
  const running = new Map<string, Background>();
  const forget = atExit(() => deleteNamespaces(plan.namespaces));
  try {
    await runSteps(plan.links, source, signal);
    const settled = async (name: string) => isSettled(fullName(name));
    for (const name of Object.keys(scenario.namespaces)) {
      if (!(await waitUntil(() => settled(name), SETTLE_MAX_MS, signal))) {
        throw failed(file, name, `addresses in ${name} are still tentative`);
      }
    }
    await runSteps(plan.routes, source, signal);
    return await body(createTopology(file, fullName, running, work.path, signal));
  } finally {
    await Promise.all([...running.values()].map((background) => background.stop()));
    deleteNamespaces(plan.namespaces);
    forget();
    work.remove();
  }
}

function createTopology(
  file: ScenarioFile,
  fullName: (name: string) => string,
  running: Map<string, Background>,
  dir: string,
  signal: AbortSignal | undefined,
): Topology {
  const { scenario, source } = file;
  const cwd = path.resolve(path.dirname(source.file));
  const netns = (name: string) => {
    if (!Object.hasOwn(scenario.namespaces, name)) throw new Error(`no namespace ${name}`);
    return fullName(name);
  };
  const wait = (name: string, condition: Condition, timeoutMs: number) =>
    waitUntil(() => isMet(condition, netns(name), { signal, timeoutMs }), timeoutMs, signal);
  const ready = async (name: string, background: Background): Promise<boolean> => {
    const process = scenario.processes[name];
    if (process?.ready === undefined) return process !== undefined || background.hasRouterSocket();
    return isMet(process.ready, netns(process.in), { signal, timeoutMs: process.readyMs });
  };
  const launch = async (name: string): Promise<Background> => {
    const router = scenario.routers[name];
    const process = scenario.processes[name];
    const inside = netns(router?.in ?? process?.in ?? '');
    if (router === undefined) return startBackground(inside, shell(process?.run ?? []), cwd);
    if (router.radvd === undefined) {
      return startRouterHere(inside, router.interface, routerFile(name, router, source, dir));
    }
    return startBackground(inside, radvdCommand(name, router.interface, router.radvd, dir), cwd);
  };
  const start = async (name: string) => {
    if (running.get(name)?.exitCode === undefined && running.has(name)) return;
    const process = scenario.processes[name];
    const background = await launch(name);
    running.set(name, background);
    const withinMs = process?.readyMs ?? ROUTER_READY_MAX_MS;
    const look = async () => background.exitCode !== undefined || (await ready(name, background));
    const inTime = await waitUntil(look, withinMs, signal);
    const { exitCode, output } = background;
    if (inTime && exitCode === undefined) return;
    const what =
      exitCode !== undefined
        ? `${name} ended at once (exit code ${exitCode})`
        : `${name} is not ready after ${withinMs / 1000} s${process?.ready ? ` (${conditionName(process.ready)})` : ''}`;
    throw failed(file, name, what, output);
  };
  return {
    scenario,
    netns,
    exec: (name, command, options = {}) =>
      exec(['ip', 'netns', 'exec', netns(name), ...shell(command)], { cwd, signal, ...options }),
    wait,
    start,
    startAll: async () => {
      const all = { ...scenario.routers, ...scenario.processes };
      await Promise.all(
        Object.keys(all)
          .filter((name) => all[name]?.start)
          .map(start),
      );
    },
    stop: async (name) => {
      await running.get(name)?.stop();
      running.delete(name);
    },
    ended: () =>
      [...running].flatMap(([name, { exitCode, output }]) =>
        exitCode === undefined ? [] : [{ name, exitCode, output }],
      ),
  };
}

function failed({ scenario, source }: ScenarioFile, name: string, what: string, output = '') {
  const kind = (['routers', 'processes', 'namespaces'] as const).find((k) =>
    Object.hasOwn(scenario[k], name),
  );
  const place = source.at(kind === undefined ? [] : [kind, name], 'key');
  const said = output.trim().split('\n').slice(-3).join('; ');
  return new AgentError({
    code: 'PVD_ERR_TOPOLOGY',
    op: `build ${source.file}`,
    message: `${place}: ${what}${said === '' ? '' : `: ${said}`}`,
  });
}
