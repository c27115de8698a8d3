/** Gathers what runs of scenarios gave into suites of results, and tells each as it comes. */

import type { SuiteResult, TestResult } from '../../src/expect/result.ts';
import {
  TAP_HEADER,
  type TapOptions,
  tapEnd,
  tapSuiteAgain,
  tapSuiteBegin,
  tapSuiteEnd,
  tapTest,
} from '../../src/publish/report-tap.ts';
import type { ScenarioEvent } from './scenario-run.ts';

export interface Report {
  push(event: ScenarioEvent): void;
  /** A scenario that gave no events at all, or not its end. */
  broken(name: string, kernel: string, why: string): void;
  end(): void;
  readonly suites: readonly SuiteResult[];
}

/** Gets the results as they come. */
export interface Progress {
  begin(suite: SuiteResult): void;
  test(number: number, test: TestResult): void;
  end(number: number, suite: SuiteResult): void;
  /** It was incomplete and begins anew. */
  again(suite: SuiteResult): void;
  allEnded(suites: readonly SuiteResult[]): void;
}

const RAN = 'the scenario runs to its end';

export function createReport(progress?: Progress): Report {
  const suites: SuiteResult[] = [];
  let open: (SuiteResult & { tests: TestResult[] }) | undefined;
  const begin = (name: string, file: string, kernel: string) => {
    open = { name, kernel, file, tests: [] };
    progress?.begin(open);
  };
  const add = (test: TestResult) => {
    const number = open?.tests.push(test);
    if (number !== undefined) progress?.test(number, test);
  };
  const finish = (error: readonly string[], rest: Partial<SuiteResult> = {}) => {
    if (!open) return;
    const [reason, ...details] = error;
    if (reason !== undefined) add({ name: RAN, status: 'error', reason, details });
    const suite = { ...open, ...rest };
    const number = suites.push(suite);
    progress?.end(number, suite);
    open = undefined;
  };
  return {
    suites,
    push(event) {
      if (event.event === 'begin') begin(event.scenario, event.file, event.kernel);
      else if (event.event === 'action') add(actionTest(event));
      else if (event.event === 'check') {
        const { event: _, ...test } = event;
        add(test);
      } else {
        const { error, incomplete, durationMs, again } = event;
        if (again && open) {
          progress?.again({ ...open, incomplete });
          open = undefined;
          return;
        }
        const said = error ? [`${error.message} [${error.code}]`, error.hint] : [];
        finish(
          said.filter((text) => text !== undefined),
          {
            ...(durationMs === undefined ? {} : { durationMs }),
            ...(incomplete === undefined ? {} : { incomplete }),
          },
        );
      }
    },
    broken(name, kernel, why) {
      if (open === undefined) begin(name, name, kernel);
      finish([why]);
    },
    end: () => progress?.allEnded(suites),
  };
}

function actionTest({
  name,
  ok,
  message,
  durationMs,
}: Extract<ScenarioEvent, { event: 'action' }>): TestResult {
  const details = message?.split('\n') ?? [];
  return { name, status: ok ? 'pass' : 'fail', reason: '', details, durationMs };
}

/** TAP 13 line by line. */
export function tapProgress(write: (text: string) => void, options: TapOptions = {}): Progress {
  write(TAP_HEADER);
  return {
    begin: (suite) => write(tapSuiteBegin(suite)),
    test: (number, test) => write(tapTest(number, test, options)),
    end: (number, suite) => write(tapSuiteEnd(number, suite, options)),
    again: (suite) => write(tapSuiteAgain(suite)),
    allEnded: (suites) => write(tapEnd(suites)),
  };
}
