/**
 * Who may ask: pages of this server only, by a loopback name.
 *
 * A page elsewhere can make a browser connect to loopback (and, by DNS rebinding, under a
 * name of its own); what it cannot do is lie in Host and Origin (RFC 6455, section 10.2).
 */

import type { IncomingMessage } from 'node:http';

/** Whether `host` (no port, IPv6 in brackets or bare) names this machine's loopback. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(bare);
}

/** Why a request is refused; undefined when it is welcome. */
export function refusal(
  request: IncomingMessage,
): { readonly status: number; readonly reason: string } | undefined {
  const host = request.headers.host ?? '';
  const name = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(:\d{1,5})?$/.exec(host)?.[1];
  if (name === undefined || !isLoopbackHost(name)) {
    return { status: 421, reason: 'this server answers to loopback names only' };
  }
  const { origin } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`) {
    return { status: 403, reason: 'pages of other origins may not read this server' };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, reason: 'this server is read-only' };
  }
  return undefined;
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
