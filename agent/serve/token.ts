/** The token that readers on other machines show. It is never in an address, a log or an answer. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { AgentError, EXIT } from '../error.ts';

/** What a header may carry as it is (RFC 9110, section 5.6.2), long enough not to be guessed. */
const TOKEN = /^[\w.~+-]{16,256}$/;

/** @throws AgentError PVD_ERR_TOKEN */
export function readToken(file: string): string {
  let text: string;
  let mode: number;
  try {
    text = readFileSync(file, 'utf8').trim();
    mode = statSync(file).mode;
  } catch (cause) {
    throw badToken(`cannot read the token file: ${(cause as Error).message}`, cause);
  }
  if ((mode & 0o077) !== 0) throw badToken(`${file} can be read by others than its owner`);
  if (!TOKEN.test(text)) throw badToken(`${file} holds no token of 16 to 256 letters and digits`);
  return text;
}

function badToken(message: string, cause?: unknown): AgentError {
  return new AgentError({
    code: 'PVD_ERR_TOKEN',
    op: 'read the token',
    message,
    hint: 'e.g. (umask 077; head -c 24 /dev/urandom | base64 | tr +/ -_ > FILE)',
    exitCode: EXIT.usage,
    ...(cause === undefined ? {} : { cause }),
  });
}

const PROTOCOL_PREFIX = 'pvdscope.token.';

/** What a request shows: `Authorization: Bearer`, or of a browser's WebSocket an offered protocol. */
export function shownToken(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return offered.find((name) => name.startsWith(PROTOCOL_PREFIX))?.slice(PROTOCOL_PREFIX.length);
}

/** Compares in a time that tells nothing of where they differ, nor of the length. */
export function sameToken(shown: string, wanted: string): boolean {
  return timingSafeEqual(digest(shown), digest(wanted));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
