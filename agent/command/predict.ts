/** `pvdscope predict`: asks the model alone, without a kernel. */

import { Command, Option } from 'commander';
import type { AlternativeKind } from '../../src/model/alternative.ts';
import { asAlternative, type Comparison, compare } from '../../src/model/alternative-compare.ts';
import { comparisonLines, reasonText } from '../../src/model/alternative-reason.ts';
import { effectiveBinding, flowPvd } from '../../src/model/binding.ts';
import { explainLines } from '../../src/model/explain.ts';
import { predict } from '../../src/model/predict.ts';
import {
  LINUX_PVD,
  type MultiPvd,
  PROFILES,
  type Profile,
  profileByName,
  QUIRKS_NEW,
  type Quirks,
  withQuirks,
} from '../../src/model/profile.ts';
import type { Prediction, Query } from '../../src/model/query.ts';
import { toJson } from '../../src/net/json.ts';
import { escapeJson, escapeTerminal } from '../../src/publish/escape.ts';
import type { Snapshot } from '../../src/state/snapshot.ts';
import { AgentError, EXIT } from '../error.ts';
import { readText } from './named-file.ts';
import { parseQueryFile, parseStateFile } from './predict-input.ts';

interface Options {
  readonly state: string;
  readonly query: string;
  readonly netns?: string;
  readonly profile: string;
  readonly as?: 'patch' | AlternativeKind;
  readonly multiPvd: MultiPvd;
  readonly format: 'text' | 'json';
  readonly explain?: boolean;
  readonly quirk: readonly string[];
}

export function predictCommand(): Command {
  const names = PROFILES.map((profile) => profile.name);
  return new Command('predict')
    .description('tell what a kernel may answer to a query, and why')
    .requiredOption(
      '--state <file>',
      'state of the netns, as `pvdscope state --format json` writes it',
    )
    .requiredOption('--query <file>', 'lookup, source selection or flow to predict')
    .addOption(new Option('--profile <name>', 'algorithm').choices(names).default('linux'))
    .option('--netns <name>', 'which namespace, when the state has several')
    .addOption(
      new Option(
        '--as <way>',
        'PvDs in the kernel, or compared with it: policy-based routing, VRFs',
      )
        .choices(['patch', 'pbr', 'vrf'])
        .conflicts('profile'),
    )
    .addOption(
      new Option(
        '--multi-pvd <way>',
        'a flow bound to several PvDs: all of them, or the first there is',
      )
        .choices(['union', 'first-match'])
        .default('union'),
    )
    .option('--quirk <name=on|off>', 'switch of the profile; may be repeated', collect, [])
    .addOption(new Option('--format <format>').choices(['text', 'json']).default('text'))
    .option('--explain', 'tell the ladder: everything tried, and what removed it')
    .action((options: Options) => {
      const snapshot = parseStateFile(readText(options.state), options.state, options.netns);
      const query = parseQueryFile(readText(options.query), options.query, snapshot.tsNs);
      process.stdout.write(answer(options, snapshot, query));
    });
}

function answer(options: Options, snapshot: Snapshot, query: Query): string {
  const { as, format: form, multiPvd } = options;
  const explain = options.explain === true;
  const quirks = parseQuirks(options.quirk);
  if (as === undefined || as === 'patch') {
    const base = as === 'patch' ? LINUX_PVD : (profileByName(options.profile) as Profile);
    const profile = { ...withQuirks(base, quirks), multiPvd };
    return format(predict(snapshot, query, profile, explain), query, profile, form);
  }
  const alternative = asAlternative(snapshot, as);
  const found = compare(snapshot, alternative, query, { quirks, multiPvd, explain });
  return form === 'json' ? json(comparisonJson(found)) : lines(comparisonLines(found));
}

function comparisonJson({ kind, asked, same, reasons, patch, alternative }: Comparison): unknown {
  const told = reasons.map((reason) => ({ ...reason, text: reasonText(reason) }));
  return { as: kind, same, reasons: told, patch, alternative, asked };
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

function parseQuirks(words: readonly string[]): Partial<Quirks> {
  const quirks: Record<string, boolean> = {};
  for (const word of words) {
    const [name = '', value = ''] = word.split('=');
    if (!(name in QUIRKS_NEW) || !/^(on|off)$/.test(value)) {
      throw new AgentError({
        code: 'PVD_ERR_USAGE',
        op: 'read --quirk',
        message: `--quirk ${word}: no such switch`,
        hint: `one of ${Object.keys(QUIRKS_NEW).join(', ')}, with =on or =off`,
        exitCode: EXIT.usage,
      });
    }
    quirks[name] = value === 'on';
  }
  return quirks;
}

function format(
  prediction: Prediction,
  query: Query,
  profile: Profile,
  form: 'text' | 'json',
): string {
  const binding = query.binding ?? (query.scopes && effectiveBinding(query.scopes, profile.pvd));
  const flows =
    query.kind === 'flow'
      ? prediction.outcomes.map((outcome) => flowPvd(outcome, query.daddr, binding))
      : [];
  if (form === 'json') return json({ ...prediction, flows });
  const told = flows
    .filter(({ agree }) => !agree)
    .map(
      ({ pvd, reason }) => `the flow is of PvD ${pvd ?? 'none'}, not as it should be: ${reason}`,
    );
  return lines([...explainLines(prediction), ...told]);
}

function json(value: unknown): string {
  return `${escapeJson(JSON.stringify(toJson(value)))}\n`;
}

function lines(texts: readonly string[]): string {
  return texts.map((line) => `${escapeTerminal(line)}\n`).join('');
}
