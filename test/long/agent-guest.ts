/**
 * Inside a guest: the whole agent as it is installed. `agent-guest.js BIN`: the installed program.
 * One JSON line a check.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BIN = process.argv[2] ?? '';
const BARE = { PATH: join(BIN, '../../../../path') };
const PATIENCE_MS = 60_000;
const NAMESPACES = 100;

function tell(name: string, value: unknown): void {
  process.stdout.write(`${JSON.stringify({ name, value })}\n`);
}

interface Agent {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<number | null>;
}

/** Starts the installed agent and waits until it says `ready`. */
async function start(args: readonly string[], ready: string): Promise<Agent> {
  const child = spawn(BIN, args, { env: BARE, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      text[name] += chunk.toString();
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.on('exit', resolve);
  });
  await until(() => text.stderr.includes(ready) || child.exitCode !== null);
  return { child, stdout: () => text.stdout, stderr: () => text.stderr, ended };
}

async function until(holds: () => boolean): Promise<boolean> {
  const startMs = performance.now();
  while (!holds() && performance.now() - startMs < PATIENCE_MS) await sleep(100);
  return holds();
}

async function interrupt({ child, ended, stderr }: Agent) {
  const startMs = performance.now();
  child.kill('SIGINT');
  const status = await ended;
  return { status, ms: Math.round(performance.now() - startMs), stderr: stderr() };
}

const fds = ({ child }: Agent): number => readdirSync(`/proc/${child.pid}/fd`).length;
const rssKib = ({ child }: Agent): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);

/** Namespaces the agent shows. */
function shown(url: string): number {
  const args = ['state', '--live', url, '--format', 'ndjson'];
  const { stdout } = spawnSync(BIN, args, { env: BARE, encoding: 'utf8', maxBuffer: 1 << 28 });
  return stdout.trim().split('\n').length;
}

function batch(lines: readonly string[]): void {
  execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** Made, used and deleted. */
function churn(): void {
  const names = Array.from({ length: NAMESPACES }, (_, i) => `churn${i}`);
  batch(names.map((name) => `netns add ${name}`));
  for (const name of names.slice(0, 10)) {
    batch(
      [
        `-n ${name} link set lo up`,
        `-n ${name} link add d0 type dummy`,
        `-n ${name} addr add 2001:db8::1/64 dev d0 nodad`,
      ].map((line) => line.replace(/^-n \S+ /, `netns exec ${name} ip `)),
    );
  }
  batch(names.map((name) => `netns delete ${name}`));
}

/** The agent among namespaces that come and go; a second one beside it is killed. */
async function namespaces(): Promise<void> {
  const url = 'http://127.0.0.1:8651/';
  const agent = await start(['run', '--listen', '127.0.0.1:8651'], 'dashboard at');
  const second = await start(['run', '--listen', '127.0.0.1:8652'], 'dashboard at');
  await sleep(2000);
  const known = shown(url);
  await sleep(1000); // until the connection of that is closed
  const before = { fds: fds(agent), shown: known, rssKib: 0 };
  const rounds: (typeof before)[] = [];
  for (let round = 0; round < 2; round++) {
    churn();
    await until(() => shown(url) === known && fds(agent) <= before.fds);
    rounds.push({ fds: fds(agent), shown: shown(url), rssKib: rssKib(agent) });
    if (round > 0) continue;
    second.child.kill('SIGKILL');
    await second.ended;
  }
  tell('namespaces', { before, rounds, end: await interrupt(agent) });
}

/** Envelopes of an agent that looks at `args` only, while `body` runs. */
async function watched(args: readonly string[], body: () => Promise<void>): Promise<unknown[]> {
  const agent = await start(['run', '--no-serve', '--format', 'ndjson', ...args], 'attached');
  await sleep(2000);
  await body();
  await sleep(1500);
  await interrupt(agent);
  return agent
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

interface Seen {
  readonly kind: string;
  readonly netns: { readonly cookie: string; readonly name: string } | null;
  readonly data: { readonly task: { readonly tgid: number; readonly cgroupId: string } | null };
}

const PING = ['ping', '-6', '-c', '1', '::1'];
const ping = (netns: string): void => {
  execFileSync('ip', ['netns', 'exec', netns, ...PING], { stdio: 'ignore' });
};

async function filters(): Promise<void> {
  batch(['netns add wanted', 'netns add other']);
  for (const name of ['wanted', 'other'])
    execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  const byNetns = (await watched(['--netns', 'wanted'], async () => {
    for (const name of ['wanted', 'other']) ping(name);
  })) as Seen[];
  const decisions = byNetns.filter(({ kind }) => kind === 'decision');
  tell('by netns', {
    cookies: new Set(byNetns.flatMap(({ netns }) => netns?.cookie ?? [])).size,
    names: decisions.map(({ netns }) => netns?.name),
  });
  // A shell that waits for a line, and then becomes the program: its process is known before.
  const waiting = spawn('sh', ['-c', `read x; exec ${PING.join(' ')}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const byPid = (await watched(['--pid', `${waiting.pid}`], async () => {
    ping('other');
    waiting.stdin?.end('\n');
    await new Promise((resolve) => waiting.on('exit', resolve));
  })) as Seen[];
  tell('by pid', { pid: waiting.pid, tasks: tasksOf(byPid).map(({ tgid }) => tgid) });
  const cgroup = '/sys/fs/cgroup/wanted';
  mkdirSync(cgroup);
  const byCgroup = (await watched(['--cgroup', cgroup], async () => {
    ping('other');
    execFileSync('sh', ['-c', `echo $$ > ${cgroup}/cgroup.procs; exec ${PING.join(' ')}`], {
      stdio: 'ignore',
    });
  })) as Seen[];
  tell('by cgroup', {
    id: String(statSync(cgroup, { bigint: true }).ino),
    tasks: tasksOf(byCgroup).map(({ cgroupId }) => cgroupId),
  });
  batch(['netns delete wanted', 'netns delete other']);
}

function tasksOf(seen: readonly Seen[]) {
  return seen
    .filter(({ kind }) => kind === 'decision')
    .flatMap(({ data }) => (data.task === null ? [] : [data.task]));
}

/** A trace, from nothing but the package, Node and libbpf. */
function records(): void {
  const trace = '/tmp/installed.pcapng';
  const args = ['record', '-o', trace, '--', '/bin/ping', ...PING.slice(1)];
  const recorded = spawnSync(BIN, args, { env: BARE, encoding: 'utf8' });
  const args2 = ['replay', '--format', 'ndjson', trace];
  const replayed = spawnSync(BIN, args2, { env: BARE, encoding: 'utf8', maxBuffer: 1 << 28 });
  const decisions = replayed.stdout.match(/"kind":"decision"/g)?.length ?? 0;
  tell('records', { status: recorded.status, stderr: recorded.stderr, decisions });
}

function tracingPrograms(): number {
  const { stdout } = spawnSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8' });
  return (JSON.parse(stdout) as { type: string }[]).filter(({ type }) => type === 'tracing').length;
}

records();
await namespaces();
await filters();
await until(() => tracingPrograms() === 0);
tell('left', { programs: tracingPrograms(), netns: readdirSync('/run/netns') });
