/** What is wrong with a YAML file: each fault with its place, and the nearest word there is. */

import type { z } from 'zod';
import { AgentError, EXIT } from '../error.ts';
import { nearest } from './nearest.ts';
import { knownKeys } from './schema-words.ts';
import type { YamlPath, YamlSource } from './source.ts';

export interface Fault {
  /** `file:line:column` */
  readonly place: string;
  readonly message: string;
}

/** Faults told besides the first. */
const MORE_TOLD_MAX = 5;
/** Where a mistyped word resembles none, the known ones are told if they are no more than this. */
const KNOWN_TOLD_MAX = 24;

/** What `schema` said about the value of `source`. */
export function faultsOf(error: z.ZodError, schema: z.ZodType, source: YamlSource): Fault[] {
  return causes(error.issues).flatMap((issue) => describe(issue, schema, source));
}

/** The first fault as an error of the user's, some of the others as its hint. */
export function faultsError(
  error: { readonly code: string; readonly op: string },
  faults: readonly Fault[],
): AgentError {
  const [first = '', ...more] = faults.map(({ place, message }) => `${place}: ${message}`);
  return new AgentError({
    ...error,
    message: first,
    ...(more.length > 0 ? { hint: `more errors: ${more.slice(0, MORE_TOLD_MAX).join('; ')}` } : {}),
    exitCode: EXIT.usage,
  });
}

/** A key that is mistyped also seems to be missing: that is not told. */
function causes(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const mistyped = issues.filter((i) => i.code === 'unrecognized_keys').map((i) => i.path.join());
  return issues.filter((i) => i.code !== 'custom' || !mistyped.includes(i.path.join()));
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType, source: YamlSource): Fault[] {
  const at = issue.path;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      place: source.at([...at, key], 'key'),
      message: `unknown key "${key}"${suggest(key, knownKeys(schema, at))}`,
    }));
  }
  const place = source.at(at, issue.code === 'invalid_key' ? 'key' : 'value');
  if (issue.code === 'invalid_key') {
    return [{ place, message: issue.issues[0]?.message ?? 'not a possible name' }];
  }
  if (issue.code === 'invalid_union') return [{ place, message: describeUnion(issue) }];
  const isMissing = issue.code === 'invalid_type' && valueAt(source.value, at) === undefined;
  if (isMissing) return [{ place, message: `"${String(at.at(-1))}" is missing` }];
  return [{ place, message: issue.message }];
}

/** What the branches would have taken: their own complaints, or the types they expect. */
function describeUnion(issue: z.core.$ZodIssueInvalidUnion): string {
  const all = issue.errors.flat();
  const complaints = all.filter((i) => i.code !== 'invalid_type').map((i) => i.message);
  if (complaints.length > 0) return [...new Set(complaints)].join(', or: ');
  const types = all.flatMap((i) => (i.code === 'invalid_type' ? [i.expected] : []));
  return `expected ${[...new Set(types)].join(' or ')}`;
}

/** The end of a message about an unknown word: what was probably meant, or what there is. */
export function suggest(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return `, did you mean "${near}"?`;
  return known.length > 0 && known.length <= KNOWN_TOLD_MAX
    ? `; there are ${known.join(', ')}`
    : '';
}

export function valueAt(value: unknown, at: YamlPath): unknown {
  return at.reduce<unknown>(
    (v, step) => (v as Record<PropertyKey, unknown> | undefined)?.[step],
    value,
  );
}
