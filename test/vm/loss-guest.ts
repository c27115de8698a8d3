/**
 * Inside a guest: an agent whose ring is 64 KiB and that is stopped now and then, in a storm.
 * `loss-guest.js DIR`: DIR gets loss.ndjson and loss.pcapng. Says on stdout, as JSON, how many
 * datagrams were sent and what BPF itself has counted.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAIN } from '../../agent/paths.ts';

const PATIENCE_MS = 240_000;
const NEAR = ['ip', 'netns', 'exec', 'near'] as const;
const DIR = process.argv[2] ?? '/tmp';
const LIVE = '/tmp/loss.ndjson';
const TRACE = '/tmp/loss.pcapng';

/** Sends a datagram to each of `count` destinations, none of them twice in a row. */
const SENDER = `
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for i in range(int(sys.argv[1])):
    s.sendto(b"x", (f"2001:db8:{i % 61 + 1:x}::{i % 7 + 1:x}", 9))
`;
let sent = 0;

function send(count: number): void {
  execFileSync(NEAR[0], [...NEAR.slice(1), 'python3', '-c', SENDER, String(count)]);
  sent += count;
}

function batch(lines: readonly string[]): void {
  execFileSync('ip', ['-n', 'near', '-6', '-force', '-batch', '-'], { input: lines.join('\n') });
}

const route = (verb: string, i: number, metric: number): string =>
  `route ${verb} 2001:db8:${i.toString(16)}::/48 via fe80::9 dev d${metric % 3} metric ${metric}`;

function topology(): void {
  execFileSync('ip', ['netns', 'add', 'near']);
  const links = [0, 1, 2].flatMap((i) => [
    `link add d${i} type dummy`,
    `link set d${i} up`,
    `addr add 2001:db8:a${i}::1/64 dev d${i} nodad`,
    `neigh add fe80::9 lladdr 02:00:00:00:00:09 dev d${i} nud permanent`,
  ]);
  batch(['link set lo up', ...links]);
  batch(Array.from({ length: 61 }, (_, i) => route('add', i + 1, 100)));
}

/** Changes that decide, in `rounds` rounds of 61 additions and as many removals but for the last. */
function changes(rounds: number, seed: number): void {
  const lines: string[] = [];
  for (let round = 0; round < rounds; round++) {
    for (let i = 1; i <= 61; i++) {
      lines.push(route(round % 2 === 0 ? 'add' : 'del', i, 10 + ((seed + (round >> 1)) % 50)));
    }
  }
  batch(lines);
}

interface Told {
  readonly kind: string;
  readonly data: { readonly verdict?: { readonly verdict: string } };
}

function told(): Told[] {
  const lines = readFileSync(LIVE, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Told);
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const startMs = performance.now();
  while (!holds()) {
    if (performance.now() - startMs > PATIENCE_MS) throw new Error(`not so: ${what}`);
    await sleep(300);
  }
}

/** The kernel's own copy of the counters. */
function countedByBpf(): { lost: number; lostByKind: number[]; leftOutByKind: number[] } {
  const stdout = execFileSync('bpftool', ['-j', 'map', 'dump', 'name', 'counters']);
  const rows = JSON.parse(stdout.toString()) as { formatted: { value: Counters } }[];
  const sum = (of: (row: Counters) => number[]): number[] =>
    rows
      .map(({ formatted }) => of(formatted.value))
      .reduce((a, b) => a.map((n, i) => n + (b[i] ?? 0)));
  return {
    lost: sum(({ lost }) => [lost])[0] ?? 0,
    lostByKind: sum((row) => row.lost_by_kind),
    leftOutByKind: sum((row) => row.left_out_by_kind),
  };
}

interface Counters {
  readonly lost: number;
  readonly lost_by_kind: number[];
  readonly left_out_by_kind: number[];
}

async function stopped(agent: ChildProcess, body: () => void): Promise<void> {
  agent.kill('SIGSTOP');
  body();
  agent.kill('SIGCONT');
  await sleep(3000);
}

topology();
const options = ['--ring', '64K', '--netns', 'near', '--format', 'ndjson'];
const agent = spawn(process.execPath, [MAIN, 'record', '-o', TRACE, ...options], {
  stdio: ['ignore', openSync(LIVE, 'w'), 'inherit'],
});
const ended = new Promise<number | null>((resolve) => agent.on('exit', resolve));
await until('the dump is there', () => told().some(({ kind }) => kind === 'snapshot'));
send(5);
// Decisions alone: they are left out before the ring is full.
await stopped(agent, () => send(500));
const early = countedByBpf();
// Changes fill what is left of the ring.
await stopped(agent, () => {
  send(100);
  changes(9, 0);
  send(100);
});
// And a storm under an agent that runs.
for (let i = 0; i < 3; i++) {
  const job = spawn(NEAR[0], [...NEAR.slice(1), 'python3', '-c', SENDER, '600']);
  const done = new Promise((resolve) => job.on('exit', resolve));
  sent += 600;
  changes(8, 10 * i + 10);
  agent.kill('SIGSTOP');
  changes(2, 10 * i + 15);
  agent.kill('SIGCONT');
  await done;
}
await until('decisions agree again', () => {
  send(3);
  const last = told()
    .filter(({ kind }) => kind === 'decision')
    .slice(-30);
  return last.length === 30 && last.every(({ data }) => data.verdict?.verdict === 'agree');
});
await sleep(3000);
const bpf = countedByBpf();
agent.kill('SIGINT');
const code = await ended;
for (const [from, name] of [
  [LIVE, 'loss.ndjson'],
  [TRACE, 'loss.pcapng'],
] as const)
  copyFileSync(from, join(DIR, name));
process.stdout.write(`${JSON.stringify({ sent, code, early, bpf })}\n`);
