/** Files that the command line names. */

import { readFileSync } from 'node:fs';
import { AgentError, EXIT } from '../error.ts';

/** A file named on the command line. Throws AgentError PVD_ERR_FILE. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AgentError({
      code: 'PVD_ERR_FILE',
      op: `read ${path}`,
      message: `${path}: ${(cause as Error).message}`,
      cause,
      exitCode: EXIT.usage,
    });
  }
}
