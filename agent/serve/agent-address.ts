/** Where a running agent is, and how it is known to be the right one. */

import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { AgentError, EXIT } from '../error.ts';

export interface AgentAddress {
  /** http or https. */
  readonly url: URL;
  readonly token?: string;
  /** SHA-256 of its certificate, as `run --tls-self-signed` prints it; else it must be a valid one. */
  readonly fingerprint?: string;
}

/** @throws AgentError PVD_ERR_USAGE */
export function agentAddress(
  text: string,
  { token, fingerprint }: Omit<AgentAddress, 'url'> = {},
): AgentAddress {
  const full = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw usage(`${text} is no http or https URL`, 'e.g. http://127.0.0.1:8650/');
  }
  if (fingerprint !== undefined && url.protocol !== 'https:') {
    throw usage('--fingerprint is of a certificate: it needs an https URL', 'https://HOST:PORT/');
  }
  return {
    url,
    ...(token === undefined ? {} : { token }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}

export function authorization({ token }: AgentAddress): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

const HANDSHAKE_MS_MAX = 10_000;

/**
 * What TLS trusts. A pinned certificate is looked at in a connection of its own, so that nothing,
 * a token least of all, is sent to a server that has another.
 * @throws AgentError PVD_ERR_AGENT_CERTIFICATE, or an error of the connection
 */
export async function trustOf({ url, fingerprint }: AgentAddress): Promise<ConnectionOptions> {
  if (fingerprint === undefined) return {};
  const leaf = await certificateOf(url);
  if (plain(leaf.fingerprint256) !== plain(fingerprint)) throw otherCertificate(url, leaf);
  return { ca: leaf.toString(), checkServerIdentity: () => undefined };
}

function plain(fingerprint: string): string {
  return fingerprint.replace(/[^0-9a-f]/gi, '').toLowerCase();
}

function certificateOf({ hostname, port }: URL): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({
      host,
      port: Number(port || 443),
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    socket.setTimeout(HANDSHAKE_MS_MAX, () => socket.destroy(new Error('no handshake in 10 s')));
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      resolve(new X509Certificate(raw));
    });
  });
}

function otherCertificate({ origin }: URL, leaf: X509Certificate): AgentError {
  return new AgentError({
    code: 'PVD_ERR_AGENT_CERTIFICATE',
    op: `ask ${origin}`,
    message: `${origin} has another certificate: ${leaf.fingerprint256}`,
    hint: 'a self-signed one is new at every start of `pvdscope run`; it prints the fingerprint',
  });
}

function usage(message: string, hint: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_USAGE',
    op: 'ask a running agent',
    message,
    hint,
    exitCode: EXIT.usage,
  });
}
