/**
 * Who may ask: pages of this server only, by a name that is its own, and from elsewhere than
 * loopback only with the token.
 *
 * A page elsewhere can make a browser connect to loopback (and, by DNS rebinding, under a
 * name of its own); what it cannot do is lie in Host and Origin (RFC 6455, section 10.2).
 */

import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { createRateLimit, type RateLimits } from './rate-limit.ts';
import { sameToken, shownToken } from './token.ts';

export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

export interface Guard {
  /** Why a request is refused; undefined when it is welcome. */
  refusal(request: IncomingMessage, nowMs: number): Refusal | undefined;
  /** Why it must show the token first; undefined when it did, or need not. */
  unauthorized(request: IncomingMessage, nowMs: number): Refusal | undefined;
}

export interface GuardOptions {
  /** Of a server with TLS: the names in it are the server's. */
  readonly certificate?: X509Certificate;
  readonly token?: string;
  readonly requests?: RateLimits;
  readonly failures?: RateLimits;
}

/** A page asks for a handful of files and one stream; scrapers once in seconds. */
const REQUESTS: RateLimits = { perSec: 50, burst: 500, addresses: 4096 };
/** Wrong tokens of one address. */
const FAILURES: RateLimits = { perSec: 0.2, burst: 10, addresses: 4096 };

export function createGuard(options: GuardOptions): Guard {
  const { certificate, token } = options;
  const requests = createRateLimit(options.requests ?? REQUESTS);
  const failures = createRateLimit(options.failures ?? FAILURES);
  const scheme = certificate === undefined ? 'http' : 'https';
  return {
    refusal(request, nowMs): Refusal | undefined {
      if (!requests.take(addressOf(request), nowMs)) return TOO_MANY;
      const host = request.headers.host ?? '';
      const name = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(:\d{1,5})?$/.exec(host)?.[1];
      if (name === undefined || !(isLoopbackHost(name) || isCertified(certificate, name))) {
        return { status: 421, reason: 'this server does not answer to that name' };
      }
      const { origin } = request.headers;
      if (origin !== undefined && origin !== `${scheme}://${host}`) {
        return { status: 403, reason: 'pages of other origins may not read this server' };
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return { status: 405, reason: 'this server is read-only' };
      }
      return undefined;
    },
    unauthorized(request, nowMs): Refusal | undefined {
      if (token === undefined) return undefined;
      const shown = shownToken(request.headers);
      if (shown === undefined) return { status: 401, reason: 'a token is needed' };
      const address = addressOf(request);
      if (!failures.has(address, nowMs)) return TOO_MANY;
      if (sameToken(shown, token)) return undefined;
      failures.take(address, nowMs);
      return { status: 401, reason: 'the token is wrong' };
    },
  };
}

const TOO_MANY: Refusal = { status: 429, reason: 'too many requests' };

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '';
}

/** Whether `host` (no port, IPv6 in brackets or bare) names this machine's loopback. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(bare);
}

function isCertified(certificate: X509Certificate | undefined, host: string): boolean {
  if (certificate === undefined) return false;
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const found = isIP(bare) === 0 ? certificate.checkHost(bare) : certificate.checkIP(bare);
  return found !== undefined;
}
/** Path and query of a request; unlike `URL` it accepts whatever a client sends. */
export function splitTarget(request: IncomingMessage): {
  readonly path: string;
  readonly query: URLSearchParams;
} {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: new URLSearchParams() }
    : { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}

/** Headers of every answer. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};
