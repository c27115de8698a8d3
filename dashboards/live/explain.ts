/** Asks the agent how a decision came about, until it says, and keeps what it said for a while. */

import { type LiveExplanation, NO_REPORT, type ReportData } from '../../src/publish/report-data.ts';

export interface Explanations {
  /** What was told, in the form a report has it. */
  readonly report: ReportData;
  /** Why something was not told, or that it was asked for, by `seq`. */
  readonly untold: Readonly<Record<string, string>>;
}

export interface Explainer {
  /** Of this run; those of another are forgotten. */
  of(run: string): Explanations;
  /** Asks unless it knows, or is asking. */
  ask(seq: number, run: string): void;
}

/** Explanations kept; a script may hold a whole routing table. */
const KEPT_MAX = 50;
const ASK_MS_MAX = 10_000;
const ASKING = 'asking the agent…';

/** `again`: nothing was learnt, so that it may be asked once more. */
type Told = LiveExplanation | { readonly untold: string; readonly again?: true };

/** `base`: where the page is; `onTold`: there is something new to show. */
export function createExplainer(base: URL, token: () => string, onTold: () => void): Explainer {
  let known = { run: '', told: new Map<number, Told>() };
  const of = (run: string): Map<number, Told> => {
    if (known.run !== run) known = { run, told: new Map() };
    return known.told;
  };
  return {
    of: (run) => explanationsOf(of(run)),
    ask(seq, run): void {
      const told = of(run);
      const before = told.get(seq);
      if (before !== undefined && !('again' in before)) return;
      const [oldest] = told.size >= KEPT_MAX ? told.keys() : [];
      if (oldest !== undefined) told.delete(oldest);
      told.set(seq, { untold: ASKING });
      void fetchExplanation(base, token(), seq, run).then((answer) => {
        told.set(seq, answer);
        onTold();
      });
      onTold();
    },
  };
}

function explanationsOf(all: ReadonlyMap<number, Told>): Explanations {
  const explanations: Record<string, readonly string[]> = {};
  const scripts: Record<string, string> = {};
  const untold: Record<string, string> = {};
  for (const [seq, told] of all) {
    if ('untold' in told) untold[seq] = told.untold;
    else {
      explanations[seq] = told.lines;
      if (told.script !== null) scripts[seq] = told.script;
    }
  }
  return { report: { ...NO_REPORT, explanations, scripts }, untold };
}

/** The explanation, or why there is none. */
async function fetchExplanation(base: URL, token: string, seq: number, run: string): Promise<Told> {
  const url = new URL('api/explain', base);
  url.hash = '';
  url.search = `${new URLSearchParams({ seq: `${seq}`, run })}`;
  const headers: Record<string, string> = token === '' ? {} : { Authorization: `Bearer ${token}` };
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ASK_MS_MAX) });
    if (response.status === 200) return (await response.json()) as Told;
    return { untold: (await response.text()).trim().slice(0, 200), again: true };
  } catch (error) {
    return { untold: `no answer: ${(error as Error).message}`, again: true };
  }
}
