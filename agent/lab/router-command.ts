/** What a scenario's router is started with. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { loadRouterConfig, type RouterFile } from '../router/config.ts';
import type { YamlSource } from '../yaml/source.ts';
import { formatRadvd } from './radvd-config.ts';
import type { RadvdOptions, Router } from './scenario.ts';

/** Writes the configuration of radvd into `dir`; gives the command for within its namespace. */
export function radvdCommand(
  name: string,
  ifname: string,
  radvd: string | RadvdOptions,
  dir: string,
): string[] {
  const file = path.join(dir, `${name}.radvd.conf`);
  writeFileSync(file, formatRadvd(ifname, radvd));
  const pid = path.join(dir, `${name}.radvd.pid`);
  return ['radvd', '--nodaemon', '--logmethod', 'stderr_clean', '-C', file, '-p', pid];
}

/**
 * The RAs of a router of ours. Inline ones keep their lines and columns in a file in `dir`, so that
 * an error points into the scenario. @throws AgentError when they are wrong.
 */
export function routerFile(
  name: string,
  router: Router,
  source: YamlSource,
  dir: string,
): RouterFile {
  if (typeof router.pvdscope === 'string') {
    return loadRouterConfig(path.resolve(path.dirname(source.file), router.pvdscope));
  }
  const file = path.join(dir, `${name}.router.yaml`);
  const text = source.excerpt(['routers', name, 'pvdscope']) ?? stringify(router.pvdscope);
  writeFileSync(file, text);
  return loadRouterConfig(file);
}
