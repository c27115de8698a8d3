/** `pvdscope state`: PvDs, addresses and routes with their PvD, of a trace or of a running agent. */

import { Command, Option } from 'commander';
import { snapshotsOf } from '../../src/pipeline.ts';
import type { Envelope } from '../../src/publish/envelope.ts';
import { escapeJson } from '../../src/publish/escape.ts';
import { type Filter, matchesFilter } from '../../src/publish/filter.ts';
import { formatSnapshot } from '../../src/publish/state-text.ts';
import { AgentError, EXIT } from '../error.ts';
import { fetchState } from '../serve/client.ts';
import { DEFAULT_PORT } from '../serve/server.ts';
import { filterOption } from '../sink/format.ts';
import { addressOf, type LiveFlags, liveOptions } from './live-flags.ts';
import { type PointInTime, parseTime, replayUntil } from './trace-at.ts';

interface Options extends LiveFlags {
  readonly live?: string | true;
  readonly at?: PointInTime;
  readonly format: 'text' | 'json' | 'ndjson';
  readonly filter?: Filter;
}

export function stateCommand(): Command {
  const command = new Command('state')
    .description('show PvDs, addresses and routes with their PvD')
    .argument('[file]', 'trace written by `pvdscope record`')
    .option('--live [url]', `ask a running agent (default http://127.0.0.1:${DEFAULT_PORT}/)`)
    .option(
      '--at <time>',
      'state at +SECONDS of the run, at boot-time SECONDS, or at an RFC 3339 time',
      parseTime,
    )
    .addOption(
      new Option('--format <format>', 'tables, or JSON')
        .choices(['text', 'json', 'ndjson'])
        .default('text'),
    )
    .addOption(filterOption());
  return liveOptions(command).action(async (file: string | undefined, options: Options) => {
    const { filter } = options;
    const snapshots = (await load(file, options)).filter(
      (s) => !filter || matchesFilter(filter, s),
    );
    process.stdout.write(format(snapshots, options.format));
  });
}

async function load(
  file: string | undefined,
  { live, at, ...flags }: Options,
): Promise<readonly Envelope<'snapshot'>[]> {
  if ((file === undefined) === (live === undefined)) {
    throw usage('give either a trace file or --live', 'e.g. pvdscope state --live');
  }
  if (file !== undefined) return snapshotsOf(replayUntil(file, at));
  if (at !== undefined) throw usage('--at needs a trace file', 'a running agent knows only now');
  return await fetchState(addressOf(live === true ? undefined : live, flags));
}

function usage(message: string, hint: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_USAGE',
    op: 'state',
    message,
    hint,
    exitCode: EXIT.usage,
  });
}

function format(snapshots: readonly Envelope<'snapshot'>[], as: Options['format']): string {
  switch (as) {
    case 'text':
      return snapshots.length === 0
        ? 'no network namespace is known\n'
        : snapshots.map(formatSnapshot).join('\n');
    case 'json':
      return `${escapeJson(JSON.stringify(snapshots))}\n`;
    case 'ndjson':
      return snapshots.map((snapshot) => `${escapeJson(JSON.stringify(snapshot))}\n`).join('');
  }
}
