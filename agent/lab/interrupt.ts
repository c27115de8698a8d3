/** SIGINT, SIGTERM and SIGHUP as an AbortSignal, so that what was built is taken down in order. */

import os from 'node:os';
import { AgentError } from '../error.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `body` with a signal that is aborted (reason: an AgentError) by the first of {@link SIGNALS}. */
export async function interruptible<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    controller.abort(
      new AgentError({
        code: 'PVD_ERR_INTERRUPTED',
        op: 'run',
        message: `interrupted by ${name}`,
        exitCode: 128 + os.constants.signals[name],
      }),
    );
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  try {
    return await body(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal);
  }
}
