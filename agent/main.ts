/** Entry point: argv → verb → exit code. The only place that exits or prints an error. */

import { Command, CommanderError } from 'commander';
import { escapeTerminal } from '../src/publish/escape.ts';
import { demoCommand } from './command/demo.ts';
import { doctorCommand } from './command/doctor.ts';
import { labCommand } from './command/lab.ts';
import { parseCommand } from './command/parse.ts';
import { predictCommand } from './command/predict.ts';
import { recordCommand } from './command/record.ts';
import { replayCommand } from './command/replay.ts';
import { routerCommand } from './command/router.ts';
import { runCommand } from './command/run.ts';
import { stateCommand } from './command/state.ts';
import { VERSION, versionCommand } from './command/version.ts';
import { AgentError, EXIT } from './error.ts';

const program = new Command('pvdscope')
  .description('Watch how this kernel handles IPv6 Provisioning Domains, and judge it.')
  .version(VERSION, '-V, --version')
  .showHelpAfterError('(run with --help for what is possible)')
  .addHelpText(
    'after',
    '\nExit status: 0 fine, 1 divergence or failed expectation, 2 usage, 3 environment, 4 skipped, 5 incomplete.',
  );
for (const verb of [
  runCommand(),
  recordCommand(),
  replayCommand(),
  stateCommand(),
  parseCommand(),
  predictCommand(),
  routerCommand(),
  labCommand(),
  demoCommand(),
  doctorCommand(),
  versionCommand(),
]) {
  program.addCommand(exitInsteadOfProcess(verb));
}

/** Makes a verb and its sub-verbs throw on usage errors, so that the exit code is decided here. */
function exitInsteadOfProcess(command: Command): Command {
  command.exitOverride();
  command.commands.forEach((sub) => {
    exitInsteadOfProcess(sub as Command);
  });
  return command;
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (error instanceof AgentError) {
    process.stderr.write(`pvdscope: ${escapeTerminal(error.message)} [${error.code}]\n`);
    if (error.hint) process.stderr.write(`  hint: ${escapeTerminal(error.hint)}\n`);
    return error.exitCode;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`pvdscope: internal error, please report it\n${stack}\n`);
  return EXIT.environment;
}

// A reader that went away (`pvdscope replay … | head`) is a normal end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.environment);
});

try {
  await program.exitOverride().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
