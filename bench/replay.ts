/** The pipeline from record to envelope, and to the lines of `replay`; no kernel is needed. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.ts';

/** A process of its own: its memory is that of a replay only. */
export async function replayFigures(tell: (figure: Figure) => void): Promise<void> {
  const script = fileURLToPath(new URL('./replay-run.js', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    tell(JSON.parse(line) as Figure);
  }
  const code = await exit;
  if (code !== 0) throw new Error(`the replay ended with ${code}`);
}
