/** Which of several namespaces a verb for one is about. */

import { AgentError, EXIT } from '../error.ts';

/**
 * The snapshot called `wanted` (by name, or by inode number) of `values`, each a snapshot or an
 * envelope with one as `data`; the sole one when nothing is wanted. Throws AgentError
 * PVD_ERR_STATE_FILE.
 */
export function chooseNetns(values: readonly unknown[], from: string, wanted?: string): unknown {
  const all = values.map((value) =>
    isObject(value) && isObject(value['data']) ? value['data'] : value,
  );
  const found = wanted === undefined ? all : all.filter((value) => namesOf(value).includes(wanted));
  if (found.length === 1) return found[0];
  const known = all.map((value) => namesOf(value).find((name) => name !== '') ?? '?');
  throw new AgentError({
    code: 'PVD_ERR_STATE_FILE',
    op: `read ${from}`,
    message: `${from}: ${found.length} network namespaces${wanted === undefined ? '' : ` called ${wanted}`}`,
    hint: `choose one with --netns: ${known.join(', ') || 'there is none'}`,
    exitCode: EXIT.usage,
  });
}

function namesOf(value: unknown): string[] {
  if (!isObject(value)) return [];
  return ['name', 'inum'].filter((key) => key in value).map((key) => String(value[key]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
