/** Entry point: argv → verb → exit code. The only place that exits or prints an error. */

import { Command, CommanderError } from 'commander';
import { escapeTerminal } from '../src/publish/escape.ts';
import { AgentError, EXIT } from './error.ts';

/** Each verb with what it does; its code is loaded only when it is asked for. */
const VERBS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./command/run.ts')).runCommand(),
  record: async () => (await import('./command/record.ts')).recordCommand(),
  replay: async () => (await import('./command/replay.ts')).replayCommand(),
  top: async () => (await import('./command/top.ts')).topCommand(),
  report: async () => (await import('./command/report.ts')).reportCommand(),
  state: async () => (await import('./command/state.ts')).stateCommand(),
  explain: async () => (await import('./command/explain.ts')).explainCommand(),
  check: async () => (await import('./command/check.ts')).checkCommand(),
  diff: async () => (await import('./command/diff.ts')).diffCommand(),
  parse: async () => (await import('./command/parse.ts')).parseCommand(),
  predict: async () => (await import('./command/predict.ts')).predictCommand(),
  compile: async () => (await import('./command/compile.ts')).compileCommand(),
  router: async () => (await import('./command/router.ts')).routerCommand(),
  lab: async () => (await import('./command/lab.ts')).labCommand(),
  demo: async () => (await import('./command/demo.ts')).demoCommand(),
  pvd: async () => (await import('./command/pvd.ts')).pvdCommand(),
  exec: async () => (await import('./command/exec.ts')).execCommand(),
  doctor: async () => (await import('./command/doctor.ts')).doctorCommand(),
  schema: async () => (await import('./command/schema.ts')).schemaCommand(),
  version: async () => (await import('./command/version.ts')).versionCommand(),
};

const HELP_HINT = '(run with --help for what is possible)';

const program = new Command('pvdscope')
  .description('Watch how this kernel handles IPv6 Provisioning Domains, and judge it.')
  .showHelpAfterError(HELP_HINT)
  .addHelpText(
    'after',
    '\nExit status: 0 fine, 1 divergence or failed expectation, 2 usage, 3 environment, 4 skipped, 5 incomplete.',
  );
/** The verb that is asked for; all of them when that is not clear, so that help lists them. */
async function addVerbs(word: string | undefined): Promise<void> {
  const asked = word === undefined ? undefined : VERBS[word];
  for (const load of asked ? [asked] : Object.values(VERBS)) {
    program.addCommand(exitInsteadOfProcess(await load()));
  }
}

/** Makes a verb and its sub-verbs throw on usage errors, so that the exit code is decided here. */
function exitInsteadOfProcess(command: Command): Command {
  command.exitOverride().showHelpAfterError(HELP_HINT);
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
  const [, , word] = process.argv;
  if (word === '-V' || word === '--version') process.argv[2] = 'version';
  await addVerbs(process.argv[2]);
  await program.exitOverride().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
