/** `pvdscope explain`: why a decision came out as it did, or how one would. */

import { Command, InvalidArgumentError, Option } from 'commander';
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
  answerText,
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
import { readTrace, type TraceProblem } from '../trace/reader.ts';
import { addFlowOptions, explainFlow, type FlowOptions } from './explain-flow.ts';
import { reportProblems } from './replay.ts';
import { reproducerScript } from './reproducer-script.ts';
import { parseTime } from './trace-at.ts';

interface Options extends FlowOptions {
  readonly format: 'text' | 'json';
  readonly reproducer?: boolean;
}

export function explainCommand(): Command {
  const command = new Command('explain')
    .description('tell why a decision came out as it did: what was tried, and what removed it')
    .argument('[file]', 'trace written by `pvdscope record`')
    .argument('[seq]', 'envelope of the decision as `replay` numbers it, or id:NUMBER', parseRef)
    .option('--dst <address>', 'instead of a recorded decision, one to this destination')
    .addOption(new Option('--at <time>', 'with --dst: state of the trace at that time'))
    .option('--reproducer', 'print a shell script that makes the state and asks a kernel the same')
    .addOption(new Option('--format <format>').choices(['text', 'json']).default('text'));
  command.options.find(({ long }) => long === '--at')?.argParser(parseTime);
  return addFlowOptions(command).action(
    (file: string | undefined, ref: DecisionRef | undefined, options: Options) => {
      const { lines, data, script } = explain(file, ref, options);
      if (options.reproducer) {
        process.stdout.write(script());
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
  /** Throws AgentError. */
  script(): string;
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

/** Of the record that diverges, else of the lookup the answer came from. Throws AgentError. */
export function scriptOf(target: Envelope<'decision'>, parts: readonly ExplainedPart[]): string {
  const { blame } = target.data;
  const known = parts.filter(({ explained }) => explained !== undefined);
  const part =
    known.find((one) => one.part === blame?.part && one.index === blame.index) ??
    known.findLast((one) => one.part === 'lookup') ??
    known[0];
  if (part?.explained === undefined) throw usage('the state was not known: nothing can be made');
  const { event, explained } = part;
  const lookups = parts.map((one) => one.event).filter((one) => one.kind === 'lookup');
  const about = [
    ...decisionLines(target, []),
    `${part.part}: ${queryText(explained.query)}`,
    `the kernel it was recorded on answered: ${answerText(event, lookups, explained.state)}`,
  ];
  return reproducerScript(reproducerOf(explained), about);
}

function parseRef(text: string): DecisionRef {
  const [, id, seq] = /^(?:id:(\d{1,20})|(\d{1,15}))$/.exec(text) ?? [];
  if (seq !== undefined) return { by: 'seq', seq: Number(seq) };
  if (id !== undefined) return { by: 'id', id: BigInt(id).toString() };
  throw new InvalidArgumentError('neither the number of an envelope nor id:NUMBER');
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
    hint: 'give FILE and SEQ, or --dst with --state or FILE',
    exitCode: EXIT.usage,
  });
}
