/** Runs one verb in a process of its own, as the entry point would. */

import { spawn } from 'node:child_process';

export interface VerbResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `module`: of agent/command/, `name`: what it exports; resolves when the verb has ended. */
export function runVerb(
  module: string,
  name: string,
  args: readonly string[],
): Promise<VerbResult> {
  const at = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    const { ${name} } = await import(${at(`../../../agent/command/${module}.js`)});
    const { AgentError } = await import(${at('../../../agent/error.js')});
    process.stdout.on('error', (e) => process.exit(e.code === 'EPIPE' ? 0 : 3));
    try { await ${name}().exitOverride().parseAsync(process.argv.slice(1), { from: 'user' }); }
    catch (e) {
      process.exitCode = e instanceof AgentError ? e.exitCode : 2;
      console.error(e instanceof AgentError ? e.code + ' ' + e.hint : e.message);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...args]);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
