/** The options of `run` that say where, to whom and how the page and the stream are served. */

import { type Command, InvalidArgumentError } from 'commander';
import { AgentError, EXIT } from '../error.ts';
import { type Certificate, readCertificate, selfSigned } from '../serve/certificate.ts';
import { DEFAULT_PORT, type ServerOptions } from '../serve/server.ts';
import { readToken } from '../serve/token.ts';

export interface ListenFlags {
  readonly listen: { readonly host: string; readonly port: number };
  readonly serve: boolean;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsSelfSigned?: boolean;
  readonly deflate?: boolean;
}

export type ListenOptions = Pick<
  ServerOptions,
  'host' | 'port' | 'token' | 'certificate' | 'deflate'
>;

export function listenOptions(command: Command): Command {
  return command
    .option('--listen <host:port>', 'address of page and stream', address, {
      host: '127.0.0.1',
      port: DEFAULT_PORT,
    })
    .option('--no-serve', 'no page and no stream')
    .option('--token-file <file>', 'readers must show the token in this file')
    .option('--tls-cert <file>', 'speak TLS with this certificate (PEM)…')
    .option('--tls-key <file>', '…and its key')
    .option(
      '--tls-self-signed',
      'speak TLS with a certificate made now; its fingerprint is printed',
    )
    .option('--deflate', 'compress the stream for readers that can');
}

/** Undefined when nothing is to be served. Throws AgentError. */
export function listenOptionsOf(flags: ListenFlags): ListenOptions | undefined {
  if (!flags.serve) return undefined;
  const certificate = certificateOf(flags);
  return {
    ...flags.listen,
    ...(flags.tokenFile === undefined ? {} : { token: readToken(flags.tokenFile) }),
    ...(certificate === undefined ? {} : { certificate }),
    deflate: flags.deflate ?? false,
  };
}

function certificateOf(flags: ListenFlags): Certificate | undefined {
  const { tlsCert, tlsKey, tlsSelfSigned } = flags;
  if (tlsSelfSigned && tlsCert === undefined && tlsKey === undefined) {
    return selfSigned(flags.listen.host);
  }
  if (!tlsSelfSigned && tlsCert === undefined && tlsKey === undefined) return undefined;
  if (!tlsSelfSigned && tlsCert !== undefined && tlsKey !== undefined) {
    return readCertificate(tlsCert, tlsKey);
  }
  throw new AgentError({
    code: 'PVD_ERR_USAGE',
    op: 'choose a certificate',
    message: '--tls-cert and --tls-key go together, and not with --tls-self-signed',
    exitCode: EXIT.usage,
  });
}

function address(value: string): { host: string; port: number } {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(value);
  const port = Number(match?.[2]);
  if (!match || port > 65535) throw new InvalidArgumentError('HOST:PORT or PORT is needed');
  return { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
}
