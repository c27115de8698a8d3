/** Runs a scenario on this kernel: topology, routers, actions; tells what came of each. */

import os from 'node:os';
import { isBad, type TestResult } from '../../src/expect/result.ts';
import { AgentError } from '../error.ts';
import { MAIN } from '../paths.ts';
import { type ExecResult, shell } from './exec.ts';
import { type Action, actionName } from './scenario.ts';
import type { ScenarioFile } from './scenario-file.ts';
import { type Topology, withTopology } from './topology.ts';

export interface ActionResult {
  readonly name: string;
  readonly ok: boolean;
  /** Of the last run of `run`. */
  readonly exitCode?: number;
  readonly durationMs: number;
  /** Why it is not ok, and the last the command said. */
  readonly message?: string;
}

/** A scenario's begin, its actions, what its expectations came to, its end. */
export type ScenarioEvent =
  | {
      readonly event: 'begin';
      readonly scenario: string;
      readonly file: string;
      readonly kernel: string;
      /** How many actions follow, unless it ends before. */
      readonly actions: number;
    }
  | ({ readonly event: 'action' } & ActionResult)
  | ({ readonly event: 'check' } & TestResult)
  | {
      readonly event: 'end';
      readonly ok: boolean;
      /** From its begin; absent when it could not be run. */
      readonly durationMs?: number;
      /** Why the checks prove less than they seem to. */
      readonly incomplete?: string;
      /** Nothing failed, but it was incomplete: it begins anew, and this time does not count. */
      readonly again?: true;
      /** The topology could not be built, or an observer failed. */
      readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
    };

/** Who watches a scenario, e.g. the agent. */
export interface Observer {
  /** Namespaces, links and addresses are there; no router has been started. */
  attach?(topology: Topology): Promise<void>;
  /** The actions are over; everything is still there: what the expectations came to. */
  check?(topology: Topology): Promise<Checked>;
  /** As `check`, after it. Not called when `attach` failed. */
  detach?(topology: Topology, results: readonly ActionResult[]): Promise<void>;
}

export interface Checked {
  readonly tests: readonly TestResult[];
  readonly incomplete?: string | undefined;
}

export interface RunOptions {
  readonly observe?: Observer;
  readonly onEvent?: (event: ScenarioEvent) => void;
  readonly signal?: AbortSignal | undefined;
  /** How often an incomplete run in which nothing failed may be followed by another. */
  readonly retries?: number;
}

export interface RunResult {
  readonly ok: boolean;
  readonly results: readonly ActionResult[];
  readonly checked?: Checked;
  /** What kept the scenario from being run to its end. */
  readonly error?: AgentError;
}

const SAID_MAX_LINES = 5;

/**
 * Runs it until nothing is incomplete, `retries` more times at most: a kernel may skip a hook in
 * any run (`__bpf_prog_enter_recur`), and what is undecided for that proves nothing either way.
 * Rejects only when aborted, and for errors that are not operating failures.
 */
export async function runScenario(
  file: ScenarioFile,
  options: RunOptions = {},
): Promise<RunResult> {
  for (let left = options.retries ?? 0; left > 0; left--) {
    const result = await runOnce(file, options, true);
    if (!isOpen(result)) return result;
  }
  return runOnce(file, options, false);
}

/** Nothing failed, but not all was decided. */
function isOpen({ ok, checked }: RunResult): boolean {
  return ok && checked?.incomplete !== undefined;
}

async function runOnce(
  file: ScenarioFile,
  options: RunOptions,
  mayRunAgain: boolean,
): Promise<RunResult> {
  const { scenario, source } = file;
  const { observe, onEvent = () => {}, signal } = options;
  const results: ActionResult[] = [];
  let checked: Checked | undefined;
  const add = (result: ActionResult) => {
    results.push(result);
    onEvent({ event: 'action', ...result });
  };
  const startedAt = performance.now();
  onEvent({
    event: 'begin',
    scenario: scenario.name,
    file: source.file,
    kernel: os.release(),
    actions: scenario.actions.length,
  });
  try {
    await withTopology(
      file,
      async (topology) => {
        await observe?.attach?.(topology);
        try {
          await topology.startAll();
          for (const action of scenario.actions) add(await act(topology, action));
          for (const { name, exitCode, output } of topology.ended()) {
            const message = `it ended with exit code ${exitCode}${lastLines(output)}`;
            add({ name: `${name} keeps running`, ok: false, durationMs: 0, message });
          }
          checked = await observe?.check?.(topology);
        } finally {
          await observe?.detach?.(topology, results);
        }
      },
      { signal },
    );
  } catch (error) {
    if (signal?.aborted || !(error instanceof AgentError)) throw error;
    const { code, message, hint } = error;
    onEvent({
      event: 'end',
      ok: false,
      error: { code, message, ...(hint === undefined ? {} : { hint }) },
    });
    return { ok: false, results, error };
  }
  for (const test of checked?.tests ?? []) onEvent({ event: 'check', ...test });
  const bad = checked?.tests.some(({ status }) => isBad(status)) ?? false;
  const ok = !bad && results.every((result) => result.ok);
  const incomplete = checked?.incomplete;
  const result = { ok, results, ...(checked === undefined ? {} : { checked }) };
  onEvent({
    event: 'end',
    ok,
    durationMs: Math.round(performance.now() - startedAt),
    ...(incomplete === undefined ? {} : { incomplete }),
    ...(mayRunAgain && isOpen(result) ? { again: true } : {}),
  });
  return result;
}

async function act(topology: Topology, action: Action): Promise<ActionResult> {
  const startedAt = performance.now();
  const done = (rest: Pick<ActionResult, 'ok' | 'exitCode' | 'message'>): ActionResult => ({
    name: actionName(action),
    durationMs: Math.round(performance.now() - startedAt),
    ...rest,
  });
  if (action.wait && action.in !== undefined) {
    const ok = await topology.wait(action.in, action.wait, action.timeoutMs);
    return done(ok ? { ok } : { ok, message: `not so after ${action.timeoutMs / 1000} s` });
  }
  if (action.stop !== undefined) {
    await topology.stop(action.stop);
    return done({ ok: true });
  }
  if (action.start !== undefined) {
    await topology.start(action.start);
    return done({ ok: true });
  }
  const { in: name = '', run = [], bind, timeoutMs } = action;
  const command = bind === undefined ? run : bound(bind, run);
  for (let i = 1; ; i++) {
    const result = await topology.exec(name, command, { timeoutMs });
    const message = judge(action, result);
    const { exitCode } = result;
    if (message !== undefined) {
      const which = action.repeat > 1 ? `time ${i} of ${action.repeat}: ` : '';
      return done({ ok: false, exitCode, message: which + message });
    }
    if (i >= action.repeat) return done({ ok: true, exitCode });
  }
}

/** The command, by the verb that binds it. */
function bound(
  bind: NonNullable<Action['bind']>,
  run: string | readonly string[],
): readonly string[] {
  const to = bind === 'none' ? ['--no-pvd'] : ['--pvd', ...bind];
  return [process.execPath, MAIN, 'exec', '--if-supported', ...to, '--', ...shell(run)];
}

/** Why `result` is not what the action wants. */
function judge(action: Action, result: ExecResult): string | undefined {
  const { exitCode, timedOut, stdout, stderr } = result;
  const said = lastLines(`${stdout}\n${stderr}`);
  if (timedOut) return `ended after ${action.timeoutMs / 1000} s${said}`;
  if (action.exit === 'any' || action.exit === exitCode) return undefined;
  if (action.exit === 'fail' && exitCode !== 0) return undefined;
  const expected = action.exit === 'fail' ? 'a failure' : String(action.exit);
  return `exit code ${exitCode}, expected ${expected}${said}`;
}

function lastLines(text: string): string {
  const lines = text.split('\n').filter((l) => l.trim() !== '');
  return lines.length === 0 ? '' : `:\n${lines.slice(-SAID_MAX_LINES).join('\n')}`;
}
