/** Waits for the end of a run: a signal, or a duration. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP, or after `durationSec`. Later signals while
 * the run ends are ignored: the end is bounded, and cutting it short would lose the tail.
 */
export function interrupted(durationSec?: number): Promise<void> {
  return new Promise((resolve) => {
    for (const name of SIGNALS) process.on(name, () => resolve());
    if (durationSec !== undefined) setTimeout(resolve, durationSec * 1000);
  });
}
