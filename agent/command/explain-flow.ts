/** A decision that nobody asked a kernel for: its flow from the command line, its state from a file. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { predict } from '../../src/model/predict.ts';
import {
  LINUX,
  LINUX_PVD,
  PROFILES,
  type Profile,
  profileByName,
} from '../../src/model/profile.ts';
import type { FlowQuery, Prediction } from '../../src/model/query.ts';
import { type Addr6, ANY6, parseAddr6 } from '../../src/net/addr6.ts';
import { explicitPvdId, isImplicitPvdId, type PvdId } from '../../src/net/pvd-id.ts';
import { type Pipeline, snapshotsOf } from '../../src/pipeline.ts';
import type { Snapshot } from '../../src/state/snapshot.ts';
import { AgentError, EXIT } from '../error.ts';
import { readText } from './named-file.ts';
import { parseStateFile } from './predict-input.ts';
import { type PointInTime, replayUntil } from './trace-at.ts';

export interface FlowOptions {
  readonly dst?: string;
  readonly at?: PointInTime;
  readonly state?: string;
  readonly netns?: string;
  readonly src?: string;
  readonly pvd?: readonly string[];
  readonly oif?: string;
  readonly mark?: number;
  readonly uid?: number;
  readonly proto?: number;
  readonly sport?: number;
  readonly dport?: number;
  readonly prefs?: number;
  readonly profile?: string;
}

/** Options that describe the flow of `--dst`. */
export function addFlowOptions(command: Command): Command {
  const names = PROFILES.map((profile) => profile.name);
  return command
    .option('--state <file>', 'with --dst: state as `pvdscope state --format json` writes it')
    .option('--netns <name>', 'with --dst: which namespace, when there are several')
    .option('--src <address>', 'source address')
    .option('--pvd <name>', 'PvD the flow is bound to; may be repeated', collect)
    .option('--oif <device>', 'outgoing device, by name or number')
    .option('--mark <number>', 'fwmark', parseNumber)
    .option('--uid <number>', 'owner', parseNumber)
    .option('--proto <number>', 'IP protocol', parseNumber)
    .option('--sport <number>', 'source port', parseNumber)
    .option('--dport <number>', 'destination port', parseNumber)
    .option('--prefs <number>', 'IPV6_PREFER_SRC_* of the socket', parseNumber)
    .addOption(
      new Option('--profile <name>', 'algorithm; with --pvd linux-pvd, else linux').choices(names),
    );
}

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

function parseNumber(text: string): number {
  const value = /^(0x[\da-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : Number.NaN;
  if (value <= 0xffff_ffff) return value;
  throw new InvalidArgumentError('not a number of 32 bits');
}

/** Asks the model. Throws AgentError. */
export function explainFlow(
  file: string | undefined,
  dst: string,
  options: FlowOptions,
): { query: FlowQuery; prediction: Prediction; state: Snapshot; profile: Profile } {
  const { pvd } = options;
  const { state, known } = load(file, options);
  const named = options.profile === undefined ? undefined : profileByName(options.profile);
  const profile = named ?? (pvd === undefined ? (known ?? LINUX) : LINUX_PVD);
  const oif = deviceOf(state, options.oif);
  const query: FlowQuery = {
    kind: 'flow',
    daddr: address('--dst', dst),
    saddr: options.src === undefined ? ANY6 : address('--src', options.src),
    oif,
    mark: options.mark ?? 0,
    uid: options.uid ?? 0,
    proto: options.proto ?? 0,
    sport: options.sport ?? 0,
    dport: options.dport ?? 0,
    sock: { boundDevIf: oif, srcprefs: options.prefs ?? 0 },
    binding: pvd?.map((name) =>
      isImplicitPvdId(name as PvdId) ? (name as PvdId) : explicitPvdId(name),
    ),
    fromNs: state.tsNs,
    toNs: state.tsNs,
  };
  return { query, prediction: predict(state, query, profile, true), state, profile };
}

/** The state, and the profile a trace was calibrated to. */
function load(
  file: string | undefined,
  { state, at, netns }: FlowOptions,
): { state: Snapshot; known?: Profile | undefined } {
  if ((file === undefined) === (state === undefined)) {
    throw usage('--dst needs either --state or a trace', 'e.g. --dst 2001:db8::1 --state S.json');
  }
  if (state !== undefined) return { state: parseStateFile(readText(state), state, netns) };
  const pipeline = replayUntil(file as string, at);
  const snapshots = JSON.stringify(withContent(pipeline, netns));
  const parsed = parseStateFile(snapshots, file as string, netns);
  return { state: parsed, known: pipeline.court.judge.profile };
}

/** Without a name: the namespaces that routes are known of. */
function withContent(pipeline: Pipeline, netns: string | undefined): unknown[] {
  const all = snapshotsOf(pipeline);
  return netns === undefined ? all.filter(({ data }) => data.tables.route.length > 0) : all;
}

function deviceOf(state: Snapshot, text: string | undefined): number {
  if (text === undefined) return 0;
  for (const { name, ifindex } of state.links.values()) {
    if (name === text || `${ifindex}` === text) return ifindex;
  }
  const names = [...state.links.values()].map(({ name }) => name);
  throw usage(`--oif ${text}: there is no such device`, `one of ${names.join(', ')}`);
}

function address(option: string, text: string): Addr6 {
  const addr = parseAddr6(text);
  if (addr !== undefined) return addr;
  throw usage(`${option} ${text}: not an IPv6 address`, 'e.g. 2001:db8::1');
}

function usage(message: string, hint: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_USAGE',
    op: 'explain',
    message,
    hint,
    exitCode: EXIT.usage,
  });
}
