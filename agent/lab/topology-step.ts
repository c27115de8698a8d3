/** Carries out the steps of a plan; an error names the scenario's line, not ip's. */

import { AgentError } from '../error.ts';
import type { YamlPath, YamlSource } from '../yaml/source.ts';
import { exec } from './exec.ts';
import { quote } from './guest-script.ts';
import type { PlannedSysctl, Step } from './topology-plan.ts';

/** Ends the lines of one step; no line of ip(8) or sh looks like it. */
const END = '--- end of step ---';

/**
 * All in one shell: starting a program from here costs more than the program, in an emulated guest.
 * @throws AgentError `PVD_ERR_TOPOLOGY`
 */
export async function runSteps(
  steps: readonly Step[],
  source: YamlSource,
  signal: AbortSignal | undefined,
): Promise<void> {
  const script = steps.map(
    (step, i) => `${command(step)} <<'${END}' || { echo "step ${i}" >&2; exit 1; }
${(step.kind === 'ip' ? step.lines.map((l) => l.text) : step.sysctls.map(writeLine)).join('\n')}
${END}
`,
  );
  const { exitCode, stderr } = await exec(['sh', '-s'], { input: script.join(''), signal });
  if (exitCode === 0) return;
  const step = steps[Number(/^step (\d+)$/m.exec(stderr)?.[1] ?? 0)];
  const { path, message } =
    step === undefined ? { path: [], message: stderr } : fault(step, stderr);
  throw new AgentError({
    code: 'PVD_ERR_TOPOLOGY',
    op: `build ${source.file}`,
    message: `${source.at(path)}: ${message}`,
  });
}

function command(step: Step): string {
  if (step.kind === 'sysctl') return `ip netns exec ${step.netns} sh -s`;
  return `ip -6 ${step.netns === undefined ? '' : `-n ${step.netns} `}-batch -`;
}

function writeLine({ file, value }: PlannedSysctl, i: number): string {
  return `printf %s ${quote(value)} > ${quote(file)} || { echo "line ${i}" >&2; exit 1; }`;
}

function fault(step: Step, stderr: string): { path: YamlPath; message: string } {
  if (step.kind === 'ip') {
    // "Command failed -:3"
    const line = step.lines[Number(/^Command failed -:(\d+)/m.exec(stderr)?.[1] ?? 1) - 1];
    const said = stderr.split('\n').filter((l) => l !== '' && !/^Command failed|^step /.test(l));
    return { path: line?.path ?? [], message: `ip ${line?.text}: ${said.join('; ')}` };
  }
  const sysctl = step.sysctls[Number(/^line (\d+)$/m.exec(stderr)?.[1] ?? 0)];
  const why = /Directory nonexistent|No such file/.test(stderr)
    ? 'this kernel has no such sysctl'
    : (stderr.split('\n')[0] ?? '');
  const message = `cannot write ${sysctl?.value} to ${sysctl?.file}: ${why}`;
  return { path: sysctl?.path ?? [], message };
}
