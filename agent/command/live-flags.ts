/** The options of verbs that ask a running agent: its token, and what its certificate must be. */

import { type Command, InvalidArgumentError } from 'commander';
import { type AgentAddress, agentAddress } from '../serve/agent-address.ts';
import { DEFAULT_PORT } from '../serve/server.ts';
import { readToken } from '../serve/token.ts';

export interface LiveFlags {
  readonly tokenFile?: string;
  readonly fingerprint?: string;
}

export function liveOptions(command: Command): Command {
  return command
    .option('--token-file <file>', 'the token that the agent asks for')
    .option('--fingerprint <sha256>', 'what its certificate must be, as `run` prints it', sha256);
}

/** Without a URL: the agent of this machine. @throws AgentError PVD_ERR_USAGE PVD_ERR_TOKEN */
export function addressOf(
  url: string | undefined,
  { tokenFile, fingerprint }: LiveFlags,
): AgentAddress {
  return agentAddress(url ?? `http://127.0.0.1:${DEFAULT_PORT}/`, {
    ...(tokenFile === undefined ? {} : { token: readToken(tokenFile) }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  });
}

function sha256(value: string): string {
  if (/^([0-9a-f]{2}:?){32}$/i.test(value)) return value;
  throw new InvalidArgumentError('32 bytes in hex are needed');
}
