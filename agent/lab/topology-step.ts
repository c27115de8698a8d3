/** Carries out the steps of a plan; an error names the scenario's line, not ip's. */

import { AgentError } from '../error.ts';
import { exec } from './exec.ts';
import { quote } from './guest-script.ts';
import type { Step } from './topology-plan.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

/** @throws AgentError `PVD_ERR_TOPOLOGY` */
export async function runSteps(
  steps: readonly Step[],
  source: YamlSource,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const step of steps) {
    if (step.kind === 'ip') await runIp(step, source, signal);
    else await runSysctl(step, source, signal);
  }
}

async function runIp(
  step: Step & { kind: 'ip' },
  source: YamlSource,
  signal: AbortSignal | undefined,
): Promise<void> {
  const input = step.lines.map((line) => `${line.text}\n`).join('');
  const where = step.netns === undefined ? [] : ['-n', step.netns];
  const result = await exec(['ip', '-6', ...where, '-batch', '-'], { input, signal });
  if (result.exitCode === 0) return;
  // "Command failed -:3"
  const at = Number(/^Command failed -:(\d+)/m.exec(result.stderr)?.[1] ?? 1) - 1;
  const line = step.lines[at];
  const why = result.stderr
    .split('\n')
    .filter((l) => l !== '' && !l.startsWith('Command failed'))
    .join('; ');
  throw topologyError(source, line?.path ?? [], `ip ${line?.text ?? ''}: ${why}`);
}

async function runSysctl(
  step: Step & { kind: 'sysctl' },
  source: YamlSource,
  signal: AbortSignal | undefined,
): Promise<void> {
  const script = step.sysctls.map(
    ({ file, value }, i) =>
      `printf %s ${quote(value)} > ${quote(file)} || { echo "line ${i}" >&2; exit 1; }\n`,
  );
  const argv = ['ip', 'netns', 'exec', step.netns, 'sh', '-s'];
  const result = await exec(argv, { input: script.join(''), signal });
  if (result.exitCode === 0) return;
  const sysctl = step.sysctls[Number(/^line (\d+)$/m.exec(result.stderr)?.[1] ?? 0)];
  const why = /Directory nonexistent|No such file/.test(result.stderr)
    ? 'this kernel has no such sysctl'
    : (result.stderr.split('\n')[0] ?? '');
  const message = `cannot write ${sysctl?.value} to ${sysctl?.file}: ${why}`;
  throw topologyError(source, sysctl?.path ?? [], message);
}

function topologyError(source: YamlSource, path: YamlPath, message: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_TOPOLOGY',
    op: `build ${source.file}`,
    message: `${source.at(path)}: ${message}`,
  });
}
