/** What came of expectations, for every kind of report. */

/** `xfail`: failed as known; `xpass`: known to fail, but passed; `error`: could not be tried. */
export type Status = 'pass' | 'fail' | 'xfail' | 'xpass' | 'skip' | 'error';

export interface TestResult {
  /** Stable: the same on every run and kernel. May hold names of others: escape it. */
  readonly name: string;
  readonly status: Status;
  /** Why it is known to fail, is skipped, or could not be tried; `''` otherwise. */
  readonly reason: string;
  /** What was seen instead, a line each. */
  readonly details: readonly string[];
  /** `file:line:column` of what is tested. */
  readonly place?: string | undefined;
  /** How long it took, if that was measured. */
  readonly durationMs?: number | undefined;
}

/** The tests of one scenario or one file of expectations on one kernel. */
export interface SuiteResult {
  readonly name: string;
  readonly kernel: string;
  readonly file: string;
  readonly tests: readonly TestResult[];
  /** RFC 3339, of the beginning, if it is known. */
  readonly startTime?: string | undefined;
  readonly durationMs?: number | undefined;
  /** Records lost or decisions undecided so that the rest proves less. */
  readonly incomplete?: string | undefined;
}

/** What one guest of a run took. */
export interface GuestFacts {
  readonly kernel: string;
  /** That ran to their end in it. */
  readonly scenarios: number;
  /** How it ended: `exited`, `timeout`, `died`, `hung`. */
  readonly end: string;
  readonly boots: number;
  readonly bootMs: number;
  /** From the command's start to its end. */
  readonly runMs: number;
  /** Memory in use in the guest at the end. */
  readonly usedKiB?: number | undefined;
  /** The most that it took of the host's memory. */
  readonly hostKiB?: number | undefined;
}

export interface RunFacts {
  readonly wallMs: number;
  /** Guests at once. */
  readonly jobs: number;
  readonly guests: readonly GuestFacts[];
}

export type Totals = Record<Status, number>;

export function totalsOf(suites: readonly SuiteResult[]): Totals {
  const totals: Totals = { pass: 0, fail: 0, xfail: 0, xpass: 0, skip: 0, error: 0 };
  for (const { status } of suites.flatMap(({ tests }) => tests)) totals[status]++;
  return totals;
}

/** One status for all: the worst there is; `skip` when nothing else happened. */
export function statusOf(tests: readonly TestResult[]): Status {
  const order: readonly Status[] = ['error', 'fail', 'pass', 'xpass', 'xfail', 'skip'];
  return order.find((status) => tests.some((test) => test.status === status)) ?? 'skip';
}

export function isBad(status: Status): boolean {
  return status === 'fail' || status === 'error';
}
