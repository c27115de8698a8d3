/** Which blocks of the code under test ran, from V8's precise coverage. */

import { type Profiler, Session } from 'node:inspector';

export interface Coverage {
  /** Blocks that ran since the last call. */
  take(): readonly string[];
  close(): void;
}

/** `wanted` is asked with a script's URL. */
export function startCoverage(wanted: (url: string) => boolean): Coverage {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const take = (): readonly string[] => {
    let result: Profiler.ScriptCoverage[] = [];
    // Within one thread the answer comes before the call returns.
    session.post('Profiler.takePreciseCoverage', (_error, answer) => {
      result = answer?.result ?? [];
    });
    return result.filter(({ url }) => wanted(url)).flatMap(blocksOf);
  };
  take();
  return { take, close: () => session.disconnect() };
}

/** By their starts alone: V8 merges neighbours that ran equally often, so that ends tell nothing. */
function blocksOf({ scriptId, functions }: Profiler.ScriptCoverage): string[] {
  const out: string[] = [];
  for (const { ranges } of functions) {
    for (const { startOffset, count } of ranges) {
      if (count > 0) out.push(`${scriptId}:${startOffset}`);
    }
  }
  return out;
}
