/** Named network namespaces of one run: `pvd-<run>-<number>-<name>`, swept when their run is dead. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { AgentError } from '../error.ts';
import { isRunAlive, runId } from './run-id.ts';

/** Where ip-netns(8) keeps them. */
const NETNS_DIR = '/run/netns';
const NAME = /^pvd-([0-9a-z]+-[0-9a-z]+)-\d+-/;
const KILL_ROUNDS_MAX = 20;

let topologies = 0;

/** Gives the full names of one topology's namespaces; unique on this machine. */
export function namespaceNames(): (name: string) => string {
  const prefix = `${namespacesOfRun()}${++topologies}-`;
  return (name) => prefix + name;
}

/** How the names of all namespaces of this run begin. */
export function namespacesOfRun(): string {
  return `pvd-${runId()}-`;
}

export function namespacePath(fullName: string): string {
  return `${NETNS_DIR}/${fullName}`;
}

/** @throws AgentError `PVD_ERR_PRIVILEGE`, `PVD_ERR_NO_IPROUTE` */
export function needNamespaces(): void {
  if (process.geteuid?.() !== 0) {
    throw new AgentError({
      code: 'PVD_ERR_PRIVILEGE',
      op: 'build a topology',
      message: 'network namespaces can be made by root only',
      hint: 'use sudo, or run the scenario in a guest, which needs no privileges: --kernel debian:6.12',
    });
  }
  if (spawnSync('ip', ['-V']).status === 0) return;
  throw new AgentError({
    code: 'PVD_ERR_NO_IPROUTE',
    op: 'build a topology',
    message: 'ip(8) is not installed here',
    hint: 'scripts/setup lab, or apt-get install iproute2',
  });
}

/** Ends every process in the namespaces (not this one) and removes them. Never throws. */
export function deleteNamespaces(fullNames: readonly string[]): void {
  const here = fullNames.filter((name) => existsSync(namespacePath(name)));
  if (here.length === 0) return;
  for (let round = 0; round < KILL_ROUNDS_MAX; round++) {
    const pids = here.flatMap(processesIn).filter((pid) => pid !== process.pid);
    if (pids.length === 0) break;
    for (const pid of pids) kill(pid);
  }
  const input = here.map((name) => `netns delete ${name}\n`).join('');
  spawnSync('ip', ['-force', '-batch', '-'], { input });
}

/** Removes what runs have left that were killed. */
export function sweepNamespaces(): void {
  if (!existsSync(NETNS_DIR)) return;
  const dead = readdirSync(NETNS_DIR).filter((name) => {
    const run = NAME.exec(name)?.[1];
    return run !== undefined && !isRunAlive(run);
  });
  deleteNamespaces(dead);
}

function processesIn(fullName: string): number[] {
  const { stdout } = spawnSync('ip', ['netns', 'pids', fullName], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').filter(Boolean).map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
