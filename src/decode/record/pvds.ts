/** `struct pvd_pvds`: PvDs by id, behind a record; its length tells that they are there. */

import { LAYOUT, LENGTH } from '../layout.gen.ts';

const S = LAYOUT.pvd_pvds;
const IDS_MAX = LENGTH.pvd_pvds.ids;

export interface Pvds {
  readonly ids: readonly number[];
  /** Of the route of a selection; 0: none. */
  readonly route: number;
}

/** What stands behind the `bodyBytes` of a record of `len` bytes at `at`; undefined: nothing. */
export function readPvds(
  view: DataView,
  at: number,
  len: number,
  bodyBytes: number,
): Pvds | undefined {
  if (len < bodyBytes + S.size) return undefined;
  const start = at + bodyBytes;
  const count = Math.min(view.getUint32(start + S.count, true), IDS_MAX);
  const ids: number[] = [];
  for (let i = 0; i < count; i++) ids.push(view.getUint32(start + S.ids + 4 * i, true));
  return { ids, route: view.getUint32(start + S.route, true) };
}

/** Bytes they take, when they are written. */
export function pvdsBytes(isThere: boolean): number {
  return isThere ? S.size : 0;
}

export function writePvds(view: DataView, at: number, { ids, route }: Pvds): void {
  const kept = ids.slice(0, IDS_MAX);
  view.setUint32(at + S.count, kept.length, true);
  view.setUint32(at + S.route, route, true);
  for (const [i, id] of kept.entries()) view.setUint32(at + S.ids + 4 * i, id, true);
}
