/** ip(8) in a network namespace that lives as long as that process. */

import { spawn } from 'node:child_process';

/** What `ip -j route get` says, as far as calibration reads it. */
export interface RouteAnswer {
  readonly dev?: string;
  readonly gateway?: string;
  readonly prefsrc?: string;
}

const TIMEOUT_MS = 10_000;

/**
 * Runs the lines in a fresh namespace; the answers to those that are `route get`, in order.
 * Lines that fail are passed over. None when there is no ip(8) or no privilege.
 */
export async function askFresh(
  options: readonly string[],
  lines: readonly string[],
): Promise<readonly RouteAnswer[]> {
  const ip = ['ip', ...options, '-force', '-j', '-batch', '-'];
  return answersOf(await output('unshare', ['-n', ...ip], lines));
}

/** The command's stdout, empty when it cannot be run. */
function output(command: string, args: readonly string[], lines: readonly string[]) {
  return new Promise<string>((resolve) => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.stdin.on('error', () => {}).end(`${lines.join('\n')}\n`);
    child.on('error', () => resolve('')).on('close', () => resolve(text));
  });
}

/** The answers in `ip -j -batch` output: one JSON array each. */
export function answersOf(text: string): RouteAnswer[] {
  const answers: RouteAnswer[] = [];
  for (const part of text.split(/(?<=\])\s*(?=\[)/)) {
    try {
      const [answer] = JSON.parse(part) as RouteAnswer[];
      if (answer !== undefined) answers.push(answer);
    } catch {
      // Nothing was said.
    }
  }
  return answers;
}
