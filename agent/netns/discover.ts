/** Finds the network namespaces this process can see. */

import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { closeNetns, type NetnsRef, openNetns } from './handle.ts';

export const RUN_NETNS = '/run/netns';
/** Namespaces kept; what is beyond is counted as refused. */
export const NETNS_MAX = 4096;
const NAME_CHARS_MAX = 255;

export interface NetnsList {
  readonly found: readonly NetnsRef[];
  /** Namespaces beyond {@link NETNS_MAX}. */
  readonly refused: number;
  /** Files under /run/netns that lead nowhere: just being made, or dying. */
  readonly unready: number;
}

export interface DiscoverOptions {
  readonly runNetns?: string;
  readonly max?: number;
}

interface Candidate {
  readonly path: Buffer;
  readonly name: string;
  readonly inum: number | undefined;
}

/**
 * Our own namespace, those under /run/netns, and those of processes (of their first
 * threads). Each once, under the first name in that order; no fd stays open.
 */
export function discoverNetns(options: DiscoverOptions = {}): NetnsList {
  const { runNetns = RUN_NETNS, max = NETNS_MAX } = options;
  const found: NetnsRef[] = [];
  const seen = new Set<number>();
  let refused = 0;
  let unready = 0;
  for (const { path, name, inum } of candidates(runNetns)) {
    if (inum === undefined) {
      unready++;
      continue;
    }
    if (seen.has(inum)) continue;
    if (found.length >= max) {
      seen.add(inum);
      refused++;
      continue;
    }
    const handle = openNetns(path, name);
    if (handle === undefined) {
      if (!name.startsWith('pid:')) unready++;
      continue;
    }
    closeNetns(handle);
    if (seen.has(handle.inum)) continue;
    seen.add(handle.inum);
    found.push({ path, name, cookie: handle.cookie, inum: handle.inum });
  }
  return { found, refused, unready };
}

function* candidates(runNetns: string): Generator<Candidate> {
  yield processNetns('self', 'self');
  for (const entry of list(runNetns)) {
    const path = Buffer.concat([Buffer.from(`${runNetns}/`), entry]);
    yield { path, name: nameOf(runNetns, entry), inum: inode(path) };
  }
  for (const entry of list('/proc')) {
    const pid = entry.toString('latin1');
    if (!/^[1-9]\d*$/.test(pid)) continue;
    const candidate = processNetns(pid, `pid:${pid}`);
    // A process that ended in between is no loss.
    if (candidate.inum !== undefined) yield candidate;
  }
}

function processNetns(pid: string, name: string): Candidate {
  const path = `/proc/${pid}/ns/net`;
  let inum: number | undefined;
  try {
    const match = /^net:\[(\d+)\]$/.exec(readlinkSync(path));
    inum = match?.[1] === undefined ? undefined : Number(match[1]);
  } catch {
    inum = undefined;
  }
  return { path: Buffer.from(path), name, inum };
}

/** A file name that could be taken for one of ours is given with its directory. */
function nameOf(directory: string, entry: Buffer): string {
  const name = entry.toString('utf8').slice(0, NAME_CHARS_MAX);
  return name === 'self' || name.startsWith('pid:') ? `${directory}/${name}` : name;
}

function inode(path: Buffer): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

function list(directory: string): Buffer[] {
  try {
    return readdirSync(directory, 'buffer').sort(Buffer.compare);
  } catch {
    return [];
  }
}
