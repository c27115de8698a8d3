/**
 * Follows which network namespaces exist: /run/netns by inotify, everything else by
 * scans on demand (a NETNS record tells of a cookie that is not known).
 */

import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type DiscoverOptions, discoverNetns, type NetnsList, RUN_NETNS } from './discover.ts';
import type { NetnsRef } from './handle.ts';

export interface NetnsChange {
  /** New, or known under another name than before. */
  readonly appeared: readonly NetnsRef[];
  /** Not to be found any more: it lost its name, which need not mean that it is dead. */
  readonly gone: readonly NetnsRef[];
  /** Namespaces beyond the limit. */
  readonly refused: number;
}

export interface NetnsWatch {
  /** By cookie, as of the last scan. */
  known(): ReadonlyMap<bigint, NetnsRef>;
  /** Asks for a scan soon; many requests become one. */
  requestScan(): void;
  /** Scans at once and reports; the change is also given to the listener. */
  scan(): NetnsChange;
  close(): void;
}

/** Between an event and its scan, and between two scans: `ip netns add` makes several events. */
const SETTLE_MS = 30;
/** `ip netns add` mounts after it made the file, and the mount makes no event. */
const RETRY_MS = 100;
const RETRIES_MAX = 5;

/** Starts watching; the first scan is done before it returns, without calling `onChange`. */
export function watchNetns(
  onChange: (change: NetnsChange) => void,
  options: DiscoverOptions = {},
): NetnsWatch {
  const directory = options.runNetns ?? RUN_NETNS;
  let known = new Map<bigint, NetnsRef>();
  let timer: NodeJS.Timeout | undefined;
  let retries = 0;
  let watcher: FSWatcher | undefined;
  /** Identity of the directory watched; undefined while it is its parent. */
  let watched: string | undefined;
  let closed = false;

  const schedule = (delayMs: number): void => {
    if (closed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      scan();
    }, delayMs);
    timer.unref();
  };
  const requestScan = (): void => {
    retries = 0;
    schedule(SETTLE_MS);
  };
  /** /run/netns is made by the first `ip netns add`: until then its parent is watched. */
  const follow = (): void => {
    const identity = identityOf(directory);
    if (closed || (watcher !== undefined && identity === watched)) return;
    watcher?.close();
    watched = identity;
    watcher =
      identity === undefined
        ? open(dirname(directory), (name) => {
            if (name === basename(directory)) requestScan();
          })
        : open(directory, requestScan);
  };
  const scan = (): NetnsChange => {
    follow();
    const list = discoverNetns(options);
    if (list.unready > 0 && retries++ < RETRIES_MAX) schedule(RETRY_MS);
    const change = difference(known, list);
    known = new Map(list.found.map((ref) => [ref.cookie, ref]));
    if (change.appeared.length > 0 || change.gone.length > 0) onChange(change);
    return change;
  };

  follow();
  const first = discoverNetns(options);
  known = new Map(first.found.map((ref) => [ref.cookie, ref]));
  if (first.unready > 0) schedule(RETRY_MS);
  return {
    known: () => known,
    requestScan,
    scan,
    close: () => {
      closed = true;
      watcher?.close();
      clearTimeout(timer);
    },
  };
}

/** Device and inode: a directory that was removed and made again has another watch. */
function identityOf(directory: string): string | undefined {
  const stat = statSync(directory, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

function open(path: string, onEvent: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, (_, name) => onEvent(name));
    // The directory went away, or inotify is exhausted: scans on demand remain.
    watcher.on('error', () => onEvent(null));
    return watcher;
  } catch {
    return undefined;
  }
}

/** What changed from `before` to `list`. */
export function difference(before: ReadonlyMap<bigint, NetnsRef>, list: NetnsList): NetnsChange {
  const now = new Map(list.found.map((ref) => [ref.cookie, ref]));
  return {
    appeared: list.found.filter((ref) => before.get(ref.cookie)?.name !== ref.name),
    gone: [...before.values()].filter((ref) => !now.has(ref.cookie)),
    refused: list.refused,
  };
}
