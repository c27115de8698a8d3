/** From a router's configuration file to checked values; every error has its place. */

import type { AgentError } from '../error.ts';
import { faultsError, faultsOf } from '../yaml/faults.ts';
import { readYaml, type YamlPath, type YamlSource } from '../yaml/source.ts';
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

const ERROR = { code: 'PVD_ERR_ROUTER_CONFIG', op: 'check the router configuration' } as const;

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
  if (!parsed.success) throw faultsError(ERROR, faultsOf(parsed.error, routerConfigSchema, source));
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
  return faultsError(ERROR, [{ place: source.at(path, what), message }]);
}
