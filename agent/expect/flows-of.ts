/** What a recorded run decided, flow by flow. */

import { labName } from '../../src/expect/check.ts';
import { addToFlows, type FlowTable, noFlows } from '../../src/expect/diff.ts';
import { nameEnvelope, noNames } from '../../src/expect-stage.ts';
import type { TraceProblem } from '../trace/reader.ts';
import { envelopesOf } from './envelope-file.ts';

export interface DecidedRun {
  readonly flows: FlowTable;
  /** '' when not told. */
  readonly kernel: string;
  readonly problems: readonly TraceProblem[];
  /** Records lost, parts damaged: the run may lack decisions. */
  readonly incomplete: boolean;
}

/** Of a trace or NDJSON. @throws AgentError `PVD_ERR_TRACE_*` `PVD_ERR_NDJSON` */
export function flowsOf(file: string): DecidedRun {
  const flows = noFlows();
  const names = noNames();
  const problems: TraceProblem[] = [];
  let kernel = '';
  for (const envelope of envelopesOf(file, (problem) => problems.push(problem))) {
    if (envelope.kind === 'hello') kernel = envelope.data.kernel;
    const seen = nameEnvelope(names, envelope);
    if (seen) addToFlows(flows, seen, labName(seen.netns));
  }
  return { flows, kernel, problems, incomplete: problems.length > 0 || names.lost > 0 };
}
