/** `pvdscope predict`: asks the model alone, without a kernel. */

import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { explainLines } from '../../src/model/explain.ts';
import { predict } from '../../src/model/predict.ts';
import {
  PROFILES,
  type Profile,
  profileByName,
  QUIRKS_NEW,
  withQuirks,
} from '../../src/model/profile.ts';
import type { Prediction } from '../../src/model/query.ts';
import { toJson } from '../../src/net/json.ts';
import { escapeJson, escapeTerminal } from '../../src/publish/escape.ts';
import { AgentError, EXIT } from '../error.ts';
import { parseQueryFile, parseStateFile } from './predict-input.ts';

interface Options {
  readonly state: string;
  readonly query: string;
  readonly profile: string;
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
    .option('--quirk <name=on|off>', 'switch of the profile; may be repeated', collect, [])
    .addOption(new Option('--format <format>').choices(['text', 'json']).default('text'))
    .option('--explain', 'tell the ladder: everything tried, and what removed it')
    .action((options: Options) => {
      const snapshot = parseStateFile(read(options.state), options.state);
      const query = parseQueryFile(read(options.query), options.query, snapshot.tsNs);
      const profile = chooseProfile(options);
      const prediction = predict(snapshot, query, profile, options.explain === true);
      process.stdout.write(format(prediction, options.format));
    });
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

function chooseProfile(options: Options): Profile {
  const quirks: Record<string, boolean> = {};
  for (const word of options.quirk) {
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
  return withQuirks(profileByName(options.profile) as Profile, quirks);
}

function format(prediction: Prediction, form: 'text' | 'json'): string {
  if (form === 'json') return `${escapeJson(JSON.stringify(toJson(prediction)))}\n`;
  return explainLines(prediction)
    .map((line) => `${escapeTerminal(line)}\n`)
    .join('');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AgentError({
      code: 'PVD_ERR_FILE',
      op: `read ${path}`,
      message: `${path}: ${(cause as Error).message}`,
      cause,
      exitCode: EXIT.usage,
    });
  }
}
