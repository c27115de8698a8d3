/** From a router's configuration file to checked values; every error has its place. */

import type { z } from 'zod';
import { AgentError, EXIT } from '../error.ts';
import { nearest } from '../lab/nearest.ts';
import { knownKeys } from '../lab/schema-words.ts';
import { readYaml, type YamlPath, type YamlSource } from '../lab/yaml-source.ts';
import { routerConfigSchema } from './config-schema.ts';
import type { RaConfig, RouterConfig } from './config-types.ts';

export interface RouterFile {
  readonly config: RouterConfig;
  readonly ras: readonly PlacedRa[];
  readonly source: YamlSource;
}

/** One RA and where in the file it stands. */
export interface PlacedRa {
  readonly ra: RaConfig;
  readonly path: YamlPath;
}

/** Keys of one RA: beside `ras` they would say nothing. */
const OF_ONE_RA = ['options', 'hex', 'lifetime', 'hopLimit', 'preference'] as const;

/** @throws AgentError PVD_ERR_YAML_READ, PVD_ERR_YAML, PVD_ERR_ROUTER_CONFIG. */
export function loadRouterConfig(file: string): RouterFile {
  return checkRouterConfig(readYaml(file));
}

/** @throws AgentError PVD_ERR_ROUTER_CONFIG with the place of the first fault. */
export function checkRouterConfig(source: YamlSource): RouterFile {
  const value = source.value ?? {};
  const parsed = routerConfigSchema.safeParse(value);
  if (!parsed.success) {
    throw configError(parsed.error.issues.flatMap((issue) => describe(issue, source)));
  }
  const config = parsed.data;
  if (config.ras === undefined) return { config, ras: [{ ra: config, path: [] }], source };
  const stray = OF_ONE_RA.find((key) => Object.hasOwn(value, key));
  if (stray !== undefined) throw faultAt(source, [stray], 'each RA under "ras" has its own', 'key');
  return { config, ras: config.ras.map((ra, i) => ({ ra, path: ['ras', i] })), source };
}

/** A fault that shows only when the configuration is put into octets. */
export function faultAt(
  source: YamlSource,
  path: YamlPath,
  message: string,
  what: 'key' | 'value' = 'value',
): AgentError {
  return configError([`${source.at(path, what)}: ${message}`]);
}

const ERRORS_SHOWN_MAX = 5;

function configError(faults: readonly string[]): AgentError {
  const [first = '', ...more] = faults;
  const shown = more.slice(0, ERRORS_SHOWN_MAX).join('; ');
  return new AgentError({
    code: 'PVD_ERR_ROUTER_CONFIG',
    op: 'check the router configuration',
    message: first,
    ...(more.length > 0 ? { hint: `more errors: ${shown}` } : {}),
    exitCode: EXIT.usage,
  });
}

function describe(issue: z.core.$ZodIssue, source: YamlSource): string[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(routerConfigSchema, path);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      const hint =
        near === undefined ? `; there are ${known.join(', ')}` : `, did you mean "${near}"?`;
      return `${source.at([...path, key], 'key')}: unknown key "${key}"${hint}`;
    });
  }
  const place = source.at(path);
  if (issue.code === 'invalid_type' && valueAt(source.value, path) === undefined) {
    return [`${place}: "${String(path.at(-1))}" is missing`];
  }
  return [`${place}: ${issue.code === 'invalid_union' ? unionMessage(issue) : issue.message}`];
}

/** What the branches would have taken. */
function unionMessage(issue: z.core.$ZodIssueInvalidUnion): string {
  return [...new Set(issue.errors.flat().map((branch) => branch.message))].join(', or: ');
}

function valueAt(value: unknown, path: YamlPath): unknown {
  return path.reduce<unknown>(
    (at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step],
    value,
  );
}
