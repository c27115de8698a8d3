/**
 * Inside a guest: everything changes while processes connect, recorded into DIR/churn.pcapng.
 * `churn-guest.js DIR SECONDS SEED CHANGES_A_SECOND TALKERS [RECORD-OPTION…]`.
 */

import { spawn } from 'node:child_process';
import { copyFileSync, openSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MAIN } from '../../agent/paths.ts';
import { job, topology } from './churn-bed.ts';

const [dir = '/tmp', ...rest] = process.argv.slice(2);
const [seconds = 20, seed = 1, changesPerSecond = 100, talkers = 2] = rest.slice(0, 4).map(Number);
const options = rest.slice(4);

topology();
const trace = '/tmp/churn.pcapng';
const live = '/tmp/live.ndjson';
const args = [MAIN, 'record', '-o', trace, '--format', 'ndjson', ...options];
const churn = job({ seconds, seed, changesPerSecond, talkers });
const record = spawn(process.execPath, [...args, '--', 'bash', '-c', `{ ${churn}; } >&2`], {
  stdio: ['ignore', openSync(live, 'w'), 'inherit'],
});
process.exitCode = await new Promise<number>((resolve) =>
  record.on('exit', (code) => resolve(code ?? 1)),
);
for (const file of [trace, live]) copyFileSync(file, join(dir, basename(file)));
