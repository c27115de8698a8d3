/**
 * Operating failures: the environment did not do what was asked. Thrown, caught only
 * by `main.ts`, which prints `message` and `hint` and exits with `exitCode`.
 */

/** Exit codes of every verb. */
export const EXIT = {
  ok: 0,
  /** A divergence or a failed expectation. */
  failed: 1,
  usage: 2,
  /** Kernel, privilege or a missing tool. */
  environment: 3,
  skipped: 4,
  /** Too much undecided or lost. */
  incomplete: 5,
} as const;

export interface AgentErrorOptions {
  /** Stable code, e.g. `PVD_ERR_BPF_LOAD`; all are listed in docs/errors.md. */
  readonly code: string;
  /** What was attempted, e.g. `load dist/bpf/pvdscope.bpf.o`. */
  readonly op: string;
  readonly message: string;
  /** What the user can do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly exitCode?: number;
}

export class AgentError extends Error {
  readonly code: string;
  readonly op: string;
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(options: AgentErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AgentError';
    this.code = options.code;
    this.op = options.op;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT.environment;
  }
}
