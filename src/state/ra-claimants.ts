/** Which routes an option of an RA is about: those that claim it (see attribution.ts). */

import { claimOfRoute } from './attribution.ts';
import type { NetnsState } from './netns-state.ts';
import type { Route, Snapshot } from './snapshot.ts';

/**
 * Routes made of the options named by `keys` (`optionKey`), in the order of the snapshot's map
 * for each key. A live replica has an index of them, so that an RA costs what it says and not
 * what the tables hold; a snapshot that was read from a file is walked.
 */
export function routesClaiming(snapshot: Snapshot, keys: readonly string[]): Route[] {
  if (!isLive(snapshot)) return walk(snapshot, new Set(keys));
  const { claimants } = snapshot.own.index.routes;
  const found: Route[] = [];
  for (const key of keys) {
    for (const id of claimants.get(key) ?? []) {
      const route = snapshot.routes.get(id);
      if (route) found.push(route);
    }
  }
  return found;
}

function isLive(snapshot: Snapshot): snapshot is NetnsState {
  return 'own' in snapshot;
}

function walk(snapshot: Snapshot, keys: ReadonlySet<string>): Route[] {
  return [...snapshot.routes.values()].filter((route) => {
    const claim = claimOfRoute(route);
    return claim.by === 'ra' && keys.has(claim.key);
  });
}
