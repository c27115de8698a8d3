/** Where fetched kernels and what was made of them are kept between runs. */

import os from 'node:os';
import path from 'node:path';

/** `$PVDSCOPE_CACHE`, else `pvdscope` under the user's cache (XDG Base Directory Specification). */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const { PVDSCOPE_CACHE: own, XDG_CACHE_HOME: xdg } = env;
  if (own) return path.resolve(own);
  // The specification says to ignore a relative path.
  const base = xdg && path.isAbsolute(xdg) ? xdg : path.join(os.homedir(), '.cache');
  return path.join(base, 'pvdscope');
}
