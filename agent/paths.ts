/** Where the parts of this package lie, from the sources' build as from the bundle. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const PACKAGE_ROOT: string = packageRoot(dirname(fileURLToPath(import.meta.url)));

/** The program itself, for children of ours; one file, so that it starts fast from a slow disk. */
export const MAIN: string = join(PACKAGE_ROOT, 'dist/bin/pvdscope.js');

function packageRoot(from: string): string {
  let dir = from;
  while (!existsSync(join(dir, 'package.json')) && dirname(dir) !== dir) dir = dirname(dir);
  return dir;
}
