/** `scripts/oracles`: fetches the dissectors ours is compared with, and says how to start them. */

import { AgentError } from '../../agent/error.ts';
import { openOracles } from './debian.ts';

const progress = (line: string): void => {
  process.stderr.write(`oracles: ${line}\n`);
};
try {
  const { tshark, tsharkVersion, python, scapyVersion } = await openOracles(progress);
  process.stdout.write(`tshark ${tsharkVersion}: ${tshark.join(' ')}\n`);
  process.stdout.write(`scapy ${scapyVersion}: ${python.join(' ')}\n`);
} catch (error) {
  if (!(error instanceof AgentError)) throw error;
  process.stderr.write(`oracles: ${error.message}\n  hint: ${error.hint}\n`);
  process.exitCode = error.exitCode;
}
