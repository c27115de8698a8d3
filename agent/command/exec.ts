/** `pvdscope exec`: runs a command that is bound to provisioning domains (kernel/). */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Command } from 'commander';
import { AgentError, EXIT } from '../error.ts';
import { bindProcessToPvd, canBindToPvd } from '../libbpf/pvd-binding.ts';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

const HELP = `
The command's IPv6 sockets use only the routes and source addresses of those domains, those of its
children too. Works on a kernel with the series in kernel/ of this project.
Exit status: the command's own; 128 + N when signal N ended it; 2 it cannot be started; 3 the kernel
refuses the binding, e.g. there is no such domain.
`;

interface ExecFlags {
  readonly pvd?: readonly string[] | false;
  readonly ifSupported?: boolean;
}

export function execCommand(): Command {
  return new Command('exec')
    .description('run a command bound to provisioning domains')
    .option('--pvd <name...>', 'the domains, up to 8')
    .option('--no-pvd', 'bound to none, whatever this process is bound to')
    .option('--if-supported', 'unbound where the kernel cannot bind')
    .argument('<command...>', 'after --')
    .addHelpText('after', HELP)
    .action(async (command: string[], options: ExecFlags) => {
      if (options.pvd === undefined) {
        throw new AgentError({
          code: 'PVD_ERR_USAGE',
          op: 'exec',
          message: 'give --pvd NAME or --no-pvd',
          exitCode: EXIT.usage,
        });
      }
      // Children take the binding of the process over at fork (copy_signal(), kernel/fork.c).
      if (!options.ifSupported || canBindToPvd()) {
        bindProcessToPvd(
          options.pvd === false ? { kind: 'none' } : { kind: 'set', names: options.pvd },
        );
      }
      process.exitCode = await runBound(command);
    });
}

function runBound([file = '', ...args]: readonly string[]): Promise<number> {
  const child = spawn(file, args, { stdio: 'inherit' });
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('exit', (status, signal) => {
      resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
    child.on('error', (cause) => {
      reject(
        new AgentError({
          code: 'PVD_ERR_COMMAND',
          op: `start ${file}`,
          message: `cannot start ${file}: ${cause.message}`,
          cause,
          exitCode: EXIT.usage,
        }),
      );
    });
  });
}
