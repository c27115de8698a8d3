/** The command behind `--` of a verb. */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { AgentError, EXIT } from '../error.ts';
import { interrupted } from '../observe/interrupted.ts';

/**
 * Runs a command on our own terminal, or with its output elsewhere; resolves to its exit code as a
 * shell gives it.
 */
export function runToEnd(
  argv: readonly string[],
  stdout: 'inherit' | NodeJS.WriteStream = 'inherit',
): Promise<number> {
  const [file = '', ...args] = argv;
  // A Ctrl-C reaches the command as well: it decides, and we end with it.
  void interrupted();
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['inherit', stdout, 'inherit'] });
    child.on('error', (cause) =>
      reject(
        new AgentError({
          code: 'PVD_ERR_COMMAND',
          op: `run ${file}`,
          message: `cannot run ${file}: ${cause.message}`,
          cause,
          exitCode: EXIT.usage,
        }),
      ),
    );
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}
