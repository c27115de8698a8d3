/** How a scenario's router is started. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { MAIN } from '../paths.ts';
import type { YamlSource } from '../yaml/source.ts';
import { formatRadvd } from './radvd-config.ts';
import type { Router } from './scenario.ts';

/** Writes its configuration into `dir`; gives the command for within its namespace. */
export function routerCommand(
  name: string,
  router: Router,
  source: YamlSource,
  dir: string,
): string[] {
  if (router.radvd !== undefined) {
    const file = path.join(dir, `${name}.radvd.conf`);
    writeFileSync(file, formatRadvd(router.interface, router.radvd));
    const pid = path.join(dir, `${name}.radvd.pid`);
    return ['radvd', '--nodaemon', '--logmethod', 'stderr_clean', '-C', file, '-p', pid];
  }
  const config = routerConfig(name, router, source, dir);
  return [process.execPath, MAIN, 'router', config, '--interface', router.interface];
}

/** Inline configuration keeps its lines and columns, so that an error points into the scenario. */
function routerConfig(name: string, router: Router, source: YamlSource, dir: string): string {
  if (typeof router.pvdscope === 'string') {
    return path.resolve(path.dirname(source.file), router.pvdscope);
  }
  const file = path.join(dir, `${name}.router.yaml`);
  const text = source.excerpt(['routers', name, 'pvdscope']) ?? stringify(router.pvdscope);
  writeFileSync(file, text);
  return file;
}
