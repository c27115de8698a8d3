/** `pvdscope compile`: PvDs for a kernel that knows none, as commands of ip(8). */

import { Command, Option } from 'commander';
import type {
  Alternative,
  AlternativeKind,
  Domain,
  ReasonCode,
} from '../../src/model/alternative.ts';
import { commandsOf, undoCommands } from '../../src/model/alternative-commands.ts';
import { asAlternative } from '../../src/model/alternative-compare.ts';
import { MARK_NOWHERE } from '../../src/model/alternative-pbr.ts';
import { REASONS, reasonText } from '../../src/model/alternative-reason.ts';
import type { Snapshot } from '../../src/state/snapshot.ts';
import { fetchState } from '../serve/client.ts';
import { DEFAULT_PORT } from '../serve/server.ts';
import { addressOf, type LiveFlags, liveOptions } from './live-flags.ts';
import { readText } from './named-file.ts';
import { parseStateFile } from './predict-input.ts';
import { shellComment, shellLine } from './shell-script.ts';

interface Options extends LiveFlags {
  readonly to: AlternativeKind;
  readonly state?: string;
  readonly live: string;
  readonly netns?: string;
  readonly undo?: boolean;
}

export function compileCommand(): Command {
  const command = new Command('compile')
    .description(
      'print the ip commands that realise the PvDs of a state without PvDs in the kernel',
    )
    .addOption(
      new Option('--to <way>', 'policy-based routing, or a VRF for each PvD')
        .choices(['pbr', 'vrf'])
        .makeOptionMandatory(),
    )
    .option('--state <file>', 'state, as `pvdscope state --format json` writes it')
    .option(
      '--live <url>',
      'without a file: ask a running agent',
      `http://127.0.0.1:${DEFAULT_PORT}/`,
    )
    .option('--netns <name>', 'which namespace, when the state has several')
    .option('--undo', 'print the commands that take it back');
  return liveOptions(command).action(async (options: Options) => {
    const snapshot = await load(options);
    const alternative = asAlternative(snapshot, options.to);
    process.stdout.write(options.undo ? undoScript(alternative) : compileScript(alternative));
  });
}

async function load({ state, live, netns, ...flags }: Options): Promise<Snapshot> {
  if (state !== undefined) return parseStateFile(readText(state), state, netns);
  const text = JSON.stringify(await fetchState(addressOf(live, flags)));
  return parseStateFile(text, live, netns);
}

/** What neither way can do, whatever the state. */
const LIMITS: Readonly<Record<AlternativeKind, readonly ReasonCode[]>> = {
  pbr: ['source-unrestricted', 'no-rule-5.5', 'tables-in-turn', 'mark-taken'],
  vrf: ['unbound-flows', 'one-device', 'link-scope', 'own-addresses'],
};

/** The script that realises an alternative. */
export function compileScript(alternative: Alternative): string {
  const { kind, domains, gaps } = alternative;
  const comments =
    kind === 'pbr'
      ? [
          'PvDs as policy-based routing: a table for each, chosen by a bit of the mark.',
          'Tables hold copies of the routes as they are now: run this again when RAs change them.',
          ...domains.filter(({ mark }) => mark !== 0).map(markLine),
          `a flow bound to no PvD that exists: SO_MARK ${hex(MARK_NOWHERE)}`,
        ]
      : [
          'PvDs as VRFs. Enslaving takes a device down and up: its connections break, and RAs',
          'bring again what came from them.',
          ...domains.map(
            ({ pvd, name, table }) => `PvD ${pvd}: SO_BINDTODEVICE ${name}, table ${table}`,
          ),
        ];
  const lines = [
    '#!/bin/sh',
    ...comments.map(shellComment),
    'set -eu',
    ...commandsOf(alternative).map(shellLine),
    '',
    ...[
      ...LIMITS[kind].map((code) => `${code}: ${REASONS[code].text} [${REASONS[code].source}]`),
      ...gaps.map(reasonText),
    ].map((text) => shellComment(`not covered: ${text}`)),
  ];
  return `${lines.join('\n')}\n`;
}

function undoScript(alternative: Alternative): string {
  return `${['#!/bin/sh', ...undoCommands(alternative).map(shellLine)].join('\n')}\n`;
}

function markLine({ pvd, mark, table }: Domain): string {
  return `PvD ${pvd}: SO_MARK ${hex(mark)}, table ${table}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
