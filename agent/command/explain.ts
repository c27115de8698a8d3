/** `pvdscope explain`: why a decision came out as it did, or how one would. */

import { Command, Option } from 'commander';
import {
  createExplainer,
  type DecisionRef,
  type ExplainedPart,
  explainRecord,
  isReferred,
} from '../../src/explain-decision.ts';
import { toJson } from '../../src/net/json.ts';
import { createPipeline, finish, step } from '../../src/pipeline.ts';
import {
  decisionLines,
  explanationData,
  originsOf,
  predictionLines,
  queryText,
} from '../../src/present-explain.ts';
import type { Envelope } from '../../src/publish/envelope.ts';
import { escapeJson, escapeTerminal } from '../../src/publish/escape.ts';
import { reproducerOf } from '../../src/reproducer.ts';
import { AgentError, EXIT } from '../error.ts';
import { DEFAULT_PORT } from '../serve/server.ts';
import { readTrace, type TraceProblem } from '../trace/reader.ts';
import { scriptOf } from './decision-script.ts';
import { addFlowOptions, explainFlow, type FlowOptions } from './explain-flow.ts';
import { explainLive } from './explain-live.ts';
import { type LiveFlags, liveOptions } from './live-flags.ts';
import { reportProblems } from './replay.ts';
import { reproducerScript } from './reproducer-script.ts';
import { parseTime } from './trace-at.ts';

interface Options extends FlowOptions, LiveFlags {
  readonly live?: string | true;
  readonly format: 'text' | 'json';
  readonly reproducer?: boolean;
}

export function explainCommand(): Command {
  const command = new Command('explain')
    .description('tell why a decision came out as it did: what was tried, and what removed it')
    .argument('[file]', 'trace written by `pvdscope record`')
    .argument('[seq]', 'envelope of the decision as `replay` numbers it, or id:NUMBER')
    .option('--live [url]', `ask a running agent (default http://127.0.0.1:${DEFAULT_PORT}/)`)
    .option('--dst <address>', 'instead of a recorded decision, one to this destination')
    .addOption(new Option('--at <time>', 'with --dst: state of the trace at that time'))
    .option('--reproducer', 'print a shell script that makes the state and asks a kernel the same')
    .addOption(new Option('--format <format>').choices(['text', 'json']).default('text'));
  command.options.find(({ long }) => long === '--at')?.argParser(parseTime);
  return addFlowOptions(liveOptions(command)).action(
    async (file: string | undefined, seq: string | undefined, options: Options) => {
      const { lines, data, script } = await explanationOf(file, seq, options);
      if (options.reproducer) {
        const made = script();
        if (made === undefined) throw usage('the state was not known: nothing can be made');
        process.stdout.write(made);
        return;
      }
      process.stdout.write(
        options.format === 'json'
          ? `${escapeJson(JSON.stringify(data))}\n`
          : lines.map((line) => `${escapeTerminal(line)}\n`).join(''),
      );
    },
  );
}

interface Explanation {
  readonly lines: readonly string[];
  readonly data: unknown;
  /** Undefined when the state was not known. */
  script(): string | undefined;
}

/** Of a running agent (`--live [URL] SEQ`), of a trace (`FILE SEQ`), or of a flow (`--dst`). */
async function explanationOf(
  file: string | undefined,
  seq: string | undefined,
  options: Options,
): Promise<Explanation> {
  const { live } = options;
  if (live === undefined) return explain(file, seq === undefined ? seq : parseRef(seq), options);
  // What follows `--live` is taken for its URL.
  const words = [live === true ? undefined : live, file, seq].filter((word) => word !== undefined);
  const [ref, url] = words.reverse();
  if (ref === undefined || words.length > 2) throw usage('--live takes a URL and a decision');
  if (options.dst !== undefined) throw usage('--dst and --live contradict each other');
  const told = await explainLive(url, parseRef(ref), options);
  return { lines: told.lines, data: told.explanation, script: () => told.script ?? undefined };
}

function explain(
  file: string | undefined,
  ref: DecisionRef | undefined,
  options: Options,
): Explanation {
  if (options.dst !== undefined) {
    if (ref !== undefined) throw usage('--dst and a decision of the trace contradict each other');
    const { query, prediction, state, profile } = explainFlow(file, options.dst, options);
    const data = toJson({ query, ...prediction, origins: originsOf(prediction, state) });
    const lines = predictionLines(prediction, state);
    const made = { query, state, profile, removed: [] };
    return { lines, data, script: () => reproducerScript(reproducerOf(made), [queryText(query)]) };
  }
  if (file === undefined || ref === undefined) throw usage('no decision is named');
  const target = findDecision(file, ref);
  const parts = explainTarget(file, target);
  return {
    lines: decisionLines(target, parts),
    data: explanationData(target, parts),
    script: () => scriptOf(target, parts),
  };
}

function parseRef(text: string): DecisionRef {
  const [, id, seq] = /^(?:id:(\d{1,20})|(\d{1,15}))$/.exec(text) ?? [];
  if (seq !== undefined) return { by: 'seq', seq: Number(seq) };
  if (id !== undefined) return { by: 'id', id: BigInt(id).toString() };
  throw usage(`${text} is neither the number of an envelope nor id:NUMBER`);
}

/** First pass: the decision's envelope. Throws AgentError PVD_ERR_NO_DECISION. */
function findDecision(file: string, ref: DecisionRef): Envelope<'decision'> {
  const problems: TraceProblem[] = [];
  const pipeline = createPipeline();
  const find = (out: readonly Envelope[]) => out.find((envelope) => isReferred(ref, envelope));
  let found: Envelope | undefined;
  for (const record of readTrace(file, (problem) => problems.push(problem))) {
    found = find(step(pipeline, record));
    if (found !== undefined) break;
  }
  found ??= find(finish(pipeline));
  reportProblems(file, problems);
  if (problems.length > 0) process.exitCode = EXIT.incomplete;
  if (found?.kind === 'decision') return found;
  if (found !== undefined) throw noDecision(file, `envelope ${found.seq} is a ${found.kind}`);
  throw noDecision(
    file,
    ref.by === 'seq'
      ? `there is no envelope ${ref.seq}, the last one is ${pipeline.seq}`
      : `there is no decision ${ref.id}`,
  );
}

/** Second pass: its records, as they are judged. */
function explainTarget(file: string, target: Envelope<'decision'>): readonly ExplainedPart[] {
  const explainer = createExplainer(target);
  const pipeline = createPipeline();
  for (const record of readTrace(file, () => {})) {
    explainRecord(explainer, pipeline, record, step(pipeline, record));
    if (explainer.done) break;
  }
  return explainer.parts;
}

function noDecision(file: string, why: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_NO_DECISION',
    op: 'explain',
    message: `${file}: ${why}`,
    hint: '`pvdscope replay --format ndjson --filter kind=decision FILE` shows decisions with their seq',
    exitCode: EXIT.usage,
  });
}

function usage(message: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_USAGE',
    op: 'explain',
    message,
    hint: 'give FILE and SEQ, --live and SEQ, or --dst with --state or FILE',
    exitCode: EXIT.usage,
  });
}
