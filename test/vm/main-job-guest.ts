/**
 * Inside a guest: the main job as a user runs it, and the same recorded to a trace.
 * `main-job-guest.js DIR`: DIR is shared with the host and gets trace and live output.
 */

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAIN } from '../../agent/paths.ts';

const SCENARIO = fileURLToPath(new URL('../../../test/scenarios/main-job.yaml', import.meta.url));
const dir = process.argv[2] ?? '/tmp';

function say(name: string, value: unknown): void {
  process.stdout.write(`${JSON.stringify({ name, value })}\n`);
}

/** Programs that are loaded, by name; ours all have a hook in it. */
function loadedPrograms(): number {
  const { stdout } = spawnSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8' });
  return (JSON.parse(stdout) as { type: string }[]).filter(({ type }) => type === 'tracing').length;
}

function demo(): void {
  const args = [MAIN, 'demo', '--here', '--once'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  say('demo', { status, stdout, stderr });
}

/** The scenario is checked by an agent of its own: two watch at once. */
function record(): void {
  const live = openSync(join(dir, 'live.ndjson'), 'w');
  const trace = join(dir, 'main-job.pcapng');
  const args = [MAIN, 'record', '-o', trace, '--format', 'ndjson', '--'];
  const { status, stderr } = spawnSync(
    process.execPath,
    [...args, 'sh', '-c', `${process.execPath} ${MAIN} lab run ${SCENARIO} >&2`],
    { encoding: 'utf8', stdio: ['ignore', live, 'pipe'] },
  );
  closeSync(live);
  say('record', { status, stderr });
}

/** SIGINT ends `run` cleanly; how long it takes, and what it says. */
async function interrupt(): Promise<void> {
  const child = spawn(process.execPath, [MAIN, 'run'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  const ready = new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (stderr.includes('dashboard at')) resolve();
    });
  });
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  await Promise.race([ready, exited]);
  const begun = performance.now();
  child.kill('SIGINT');
  const status = await exited;
  say('interrupt', { status, ms: Math.round(performance.now() - begun), stderr });
}

demo();
record();
await interrupt();
// The kernel waits a tenth of a second for each function it detaches from.
const deadline = performance.now() + 30_000;
while (loadedPrograms() > 0 && performance.now() < deadline) {
  await new Promise((resolve) => setTimeout(resolve, 200));
}
say('left', {
  programs: loadedPrograms(),
  netns: readdirSync('/run/netns'),
  kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
});
