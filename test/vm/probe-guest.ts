/** Runs inside a guest: what probe.test.ts asserts, one JSON line a check. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { doctorCommand } from '../../agent/command/doctor.ts';
import { netnsCookieOf } from '../../agent/libbpf/libc.ts';
import { openProbe } from '../../agent/probe/probe.ts';
import { runSelfTest } from '../../agent/probe/self-test.ts';
import { decodeRecord } from '../../src/decode/record.ts';

const AGENT = fileURLToPath(new URL('./probe-agent.js', import.meta.url));
const PATIENCE_MS = 20_000;

function tell(name: string, value: unknown): void {
  process.stdout.write(`${JSON.stringify({ name, value })}\n`);
}

/** Programs, maps and links in the kernel. */
function bpfCounts(): Record<string, number> {
  const count = (what: string): number =>
    (JSON.parse(execFileSync('bpftool', ['-j', what, 'show'], { encoding: 'utf8' })) as unknown[])
      .length;
  return { prog: count('prog'), map: count('map'), link: count('link') };
}

/** The kernel frees some 0.1 s a function after the last reference is gone. */
async function settled(base: Record<string, number>): Promise<Record<string, number>> {
  const startMs = performance.now();
  for (;;) {
    const now = bpfCounts();
    if (JSON.stringify(now) === JSON.stringify(base)) return now;
    if (performance.now() - startMs > PATIENCE_MS) return now;
    await sleep(200);
  }
}

interface Agent {
  readonly child: ChildProcess;
  readonly next: () => Promise<string>;
  readonly end: Promise<void>;
}

async function startAgent(): Promise<Agent> {
  const child = spawn(process.execPath, [AGENT], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout === null) throw new Error('no stdout');
  const end = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  await next();
  return { child, next, end };
}

/** Everything attaches, an RA and a lookup are seen, and closing takes no time. */
async function attaches(): Promise<void> {
  const troubles: string[] = [];
  const { probe, result } = await runSelfTest((error) => troubles.push(error.message));
  const absent = probe.hooks.filter((hook) => !hook.attached);
  const hits = probe.hookHits();
  const skipped = { ours: probe.skippedRuns(), bpftool: skippedByBpftool() };
  const startMs = performance.now();
  probe.close();
  const closeMs = performance.now() - startMs;
  const { degraded, times } = probe;
  tell('attaches', { absent, degraded, times, result, troubles, closeMs, hits, skipped });
}

/** Runs that the kernel skipped of all tracing programs. */
function skippedByBpftool(): number {
  const stdout = execFileSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8' });
  const programs = JSON.parse(stdout) as { recursion_misses?: number }[];
  return programs.reduce((sum, program) => sum + (program.recursion_misses ?? 0), 0);
}

/** The verb itself, to its exit code. */
async function doctor(): Promise<void> {
  await doctorCommand().parseAsync(['--format', 'json'], { from: 'user' });
  tell('doctor', { exitCode: process.exitCode });
}

async function killed(base: Record<string, number>): Promise<void> {
  const { child, end } = await startAgent();
  const during = bpfCounts();
  child.kill('SIGKILL');
  await end;
  tell('killed', { base, during, after: await settled(base) });
}

/** Two probes see the same, and one that ends takes nothing from the other. */
async function together(base: Record<string, number>): Promise<void> {
  const first = await startAgent();
  const second = await startAgent();
  execFileSync('ip', ['netns', 'add', 'both']);
  const fd = openSync('/run/netns/both', 'r');
  const cookie = netnsCookieOf(fd);
  closeSync(fd);
  execFileSync('ip', ['-n', 'both', 'link', 'set', 'lo', 'up']);
  execFileSync('ip', ['-n', 'both', '-6', 'route', 'get', '::1']);
  await sleep(300);
  const startMs = performance.now();
  first.child.kill('SIGINT');
  const one = JSON.parse(await first.next());
  await first.end;
  const endMs = performance.now() - startMs;
  execFileSync('ip', ['-n', 'both', '-6', 'route', 'get', '::1']);
  await sleep(300);
  second.child.kill('SIGINT');
  const two = JSON.parse(await second.next());
  await second.end;
  execFileSync('ip', ['netns', 'delete', 'both']);
  const after = await settled(base);
  tell('together', { cookie: String(cookie), one, two, endMs, base, after });
}

/** 100 namespaces come and go under a probe; each is reported, none is kept. */
async function namespaces(): Promise<void> {
  const born = new Set<bigint>();
  const gone = new Set<bigint>();
  const probe = await openProbe({
    ringBytes: 16 << 20,
    onRecord(bytes, offset, len) {
      const event = decodeRecord(bytes, offset, len);
      if (event.kind !== 'netns') return;
      if (event.op === 'new') born.add(event.netnsCookie);
      else if (born.has(event.netnsCookie)) gone.add(event.netnsCookie);
    },
    onError(error) {
      throw error;
    },
  });
  probe.start();
  const fdsBefore = readdirSync('/proc/self/fd').length;
  const rssBefore = rssKib();
  const names = Array.from({ length: 100 }, (_, i) => `n${i}`);
  batch(names.map((name) => `netns add ${name}`));
  batch(names.map((name) => `netns delete ${name}`));
  const startMs = performance.now();
  while (gone.size < names.length && performance.now() - startMs < PATIENCE_MS) await sleep(100);
  const fds = readdirSync('/proc/self/fd').length - fdsBefore;
  const lost = probe.lossByKind();
  tell('namespaces', { born: born.size, gone: gone.size, fds, lost, rssKib: rssKib() - rssBefore });
  probe.close();
}

function batch(lines: readonly string[]): void {
  execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
}

function rssKib(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

/** Filters: only the watched namespace, and routes dumped by the iterator. */
async function filtered(): Promise<void> {
  const cookies = new Set<bigint>();
  const probe = await openProbe({
    ringBytes: 1 << 20,
    filters: { netns: [] },
    onRecord(bytes, offset, len) {
      cookies.add(decodeRecord(bytes, offset, len).netnsCookie);
    },
    onError(error) {
      throw error;
    },
  });
  probe.start();
  batch(['netns add seen', 'netns add unseen']);
  const fd = openSync('/run/netns/seen', 'r');
  const cookie = netnsCookieOf(fd);
  probe.watch(cookie);
  for (const name of ['seen', 'unseen']) {
    execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    execFileSync('ip', ['-n', name, '-6', 'route', 'add', '2001:db8::/64', 'dev', 'lo']);
    execFileSync('ip', ['-n', name, '-6', 'route', 'get', '2001:db8::1']);
  }
  await sleep(300);
  const whileWatched = [...cookies].map(String);
  const dump = probe.dumpRoutes(fd);
  const routes = routesIn(dump);
  probe.unwatch(cookie);
  await sleep(50);
  cookies.clear();
  execFileSync('ip', ['-n', 'seen', '-6', 'route', 'get', '2001:db8::1']);
  await sleep(300);
  tell('filtered', { cookie: String(cookie), whileWatched, afterwards: cookies.size, routes });
  closeSync(fd);
  probe.close();
  batch(['netns delete seen', 'netns delete unseen']);
}

function routesIn(dump: Uint8Array): string[] {
  const view = new DataView(dump.buffer, dump.byteOffset, dump.byteLength);
  const routes: string[] = [];
  for (let at = 0; at < dump.length; ) {
    const event = decodeRecord(dump, at);
    if (event.kind !== 'route') throw new Error(`the iterator gave ${event.kind}`);
    routes.push(`${event.entry.dst}/${event.entry.dstLen} table ${event.entry.table}`);
    at += view.getUint32(at + 24, true);
  }
  return routes;
}

const base = bpfCounts();
await attaches();
await filtered();
await namespaces();
await doctor();
tell('nothing left', { base, after: await settled(base) });
await killed(base);
await together(base);
