/**
 * Inside a guest in which everything changes: an agent that comes, is killed (-9), one that takes
 * its place at once and ends in order, and one that comes when all is quiet.
 * `restart-guest.js DIR`: DIR gets NAME.pcapng and NAME.ndjson of first, second and quiet.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, copyFileSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAIN } from '../../agent/paths.ts';
import { job, topology } from './churn-bed.ts';

const DIR = process.argv[2] ?? '/tmp';
const PATIENCE_MS = 400_000;
/** Decisions of the churn that each agent is to judge. */
const ENOUGH = 100;
/** Longer than both need: it is ended when they are done. */
const CHURN = { seconds: 1800, seed: 3, changesPerSecond: 25, talkers: 2, asksPerSecond: 15 };
const OBJECTS = ['prog', 'map', 'link', 'btf'] as const;

/** Ids of what BPF has in this kernel, which gives none twice. */
type Objects = Readonly<Record<(typeof OBJECTS)[number], readonly number[]>>;

interface Agent {
  readonly child: ChildProcess;
  readonly live: string;
  readonly ended: Promise<number | null>;
}

function start(name: string): Agent {
  const live = `/tmp/${name}.ndjson`;
  const args = [MAIN, 'record', '-o', `/tmp/${name}.pcapng`, '--format', 'ndjson'];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', openSync(live, 'w'), 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { child, live, ended };
}

/** Decisions that agreed, of the newest statistics; reading all would take the agent's time. */
function agreed({ live }: Agent): number {
  const fd = openSync(live, 'r');
  const size = fstatSync(fd).size;
  const tail = Buffer.alloc(Math.min(size, 1 << 19));
  readSync(fd, tail, 0, tail.length, size - tail.length);
  closeSync(fd);
  const stats = tail
    .toString('latin1')
    .split('\n')
    .findLast((line) => line.includes('"kind":"stats"') && line.endsWith('}'));
  return Number(/"verdicts":\{"agree":(\d+)/.exec(stats ?? '')?.[1] ?? 0);
}

/** What `near` looks like was told whole. */
function isSeeded({ live }: Agent): boolean {
  return readFileSync(live, 'utf8')
    .split('\n')
    .some((line) => /"name":"near"\},"kind":"snapshot".*"seeded":true/.test(line));
}

async function until(what: string, holds: () => boolean, agent?: Agent): Promise<number> {
  const startMs = performance.now();
  while (!holds()) {
    const isOver = agent !== undefined && agent.child.exitCode !== null;
    if (isOver || performance.now() - startMs > PATIENCE_MS) throw new Error(`not so: ${what}`);
    await sleep(500);
  }
  process.stderr.write(`${Math.round(performance.now() / 1000)} s: ${what}\n`);
  return Math.round(performance.now() - startMs);
}

function objects(): Objects {
  const ids = OBJECTS.map((kind) => {
    const stdout = execFileSync('bpftool', ['-j', kind, 'show'], { maxBuffer: 1 << 26 });
    const all = JSON.parse(stdout.toString() || '[]') as { id: number }[];
    return [kind, all.map(({ id }) => id)];
  });
  return Object.fromEntries(ids) as Objects;
}

/** Those of `a` that are in `b`, or with `not` those that are not. */
function among(a: Objects, b: Objects, not = false): Objects {
  const kept = OBJECTS.map((kind) => [kind, a[kind].filter((id) => b[kind].includes(id) !== not)]);
  return Object.fromEntries(kept) as Objects;
}

const counts = (of: Objects) => OBJECTS.map((kind) => of[kind].length);
const isNone = (of: Objects): boolean => counts(of).every((n) => n === 0);

/** Packets that processes in `near` have sent. */
function sent(): number {
  const snmp = execFileSync('ip', ['netns', 'exec', 'near', 'cat', '/proc/net/snmp6']);
  return Number(/^Ip6OutRequests\s+(\d+)/m.exec(snmp.toString())?.[1]);
}

const base = objects();
topology();
// Before the agent, not against it: one emulated CPU is for both.
const churn = spawn('nice', ['-n', '10', 'bash', '-c', `{ ${job(CHURN)}; } >&2`], {
  detached: true,
  stdio: 'ignore',
});
const sentBefore = sent();
await until('processes send', () => sent() > sentBefore + 50);
const first = start('first');
await until('the first one judges', () => agreed(first) >= ENOUGH, first);
const held = among(objects(), base, true);
first.child.kill('SIGKILL');
await first.ended;
const second = start('second');
const goneMs = await until('nothing of the first one is left', () =>
  isNone(among(held, objects())),
);
await until('the second one judges', () => agreed(second) >= ENOUGH, second);
process.kill(-(churn.pid ?? 0), 'SIGKILL');
const quiet = start('quiet');
await until('the quiet one has seen near', () => isSeeded(quiet), quiet);
await sleep(3000);
for (const { child } of [second, quiet]) child.kill('SIGINT');
const codes = [await second.ended, await quiet.ended];
const left = (): Objects => among(objects(), base, true);
await until('nothing is left', () => isNone(left()));
for (const name of ['first', 'second', 'quiet']) {
  for (const ending of ['pcapng', 'ndjson']) {
    copyFileSync(`/tmp/${name}.${ending}`, join(DIR, `${name}.${ending}`));
  }
}
process.stdout.write(`${JSON.stringify({ codes, held: counts(held), goneMs })}\n`);
