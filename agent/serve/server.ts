/** The agent's server: page, state, metrics and stream; read-only. */

import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { StatsData } from '../../src/publish/envelope.ts';
import { AgentError, EXIT } from '../error.ts';
import type { Certificate } from './certificate.ts';
import { createExplainService, type Explain, type ExplainService } from './explain.ts';
import {
  createGuard,
  type Guard,
  type GuardOptions,
  isLoopbackHost,
  SECURITY_HEADERS,
  splitTarget,
} from './guard.ts';
import type { EnvelopeHub } from './hub.ts';
import { formatMetrics } from './metrics.ts';
import { type StreamLimits, serveStream } from './websocket.ts';

export const DEFAULT_PORT = 8650;

export interface ServerOptions {
  /** A loopback address or `localhost`; another one only with token and certificate. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly hub: EnvelopeHub;
  readonly stats: () => StatsData;
  /** How often each hook ran, by kernel function. */
  readonly hookHits: () => Readonly<Record<string, number>>;
  /** How a decision came about; without it nobody can ask. */
  readonly explain?: Explain;
  /** Where the built page is; without it only the page is missing. */
  readonly assetsDir: string;
  readonly limits?: Partial<StreamLimits>;
  /** Readers must show it; the page itself and `/healthz` are for all. */
  readonly token?: string;
  /** Speak TLS. */
  readonly certificate?: Certificate;
  /** Compress frames for readers that offer it. */
  readonly deflate?: boolean;
  readonly rates?: Pick<GuardOptions, 'requests' | 'failures'>;
}

export interface RunningServer {
  /** E.g. `http://127.0.0.1:8650/`. */
  readonly url: string;
  /** Ends all connections; the port is free when it resolves. */
  close(): Promise<void>;
}

/** TCP connections at once, idle ones included. */
const CONNECTIONS_MAX = 512;

/** Starts to listen. Throws AgentError. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, certificate, token } = options;
  if (!isLoopbackHost(host) && (certificate === undefined || token === undefined)) {
    throw openAddress(host);
  }
  const assets = loadAssets(options.assetsDir);
  const guard = createGuard({
    ...options.rates,
    ...(token === undefined ? {} : { token }),
    ...(certificate === undefined ? {} : { certificate: certificate.leaf }),
  });
  const explain = options.explain && createExplainService(options.explain);
  const server = createListener(certificate, (request, response) =>
    reply(response, answerTo(request, options, { assets, guard, explain })),
  );
  const stream = serveStream(server, options.hub, guard, {
    clients: 64,
    pingMs: 15_000,
    deflate: options.deflate ?? false,
    ...options.limits,
  });
  await listen(server, options);
  const { address, family, port } = server.address() as AddressInfo;
  const scheme = certificate === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        stream.close();
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 300).unref();
      }),
  };
}

function openAddress(host: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_LISTEN_ADDRESS',
    op: `listen on ${host}`,
    message: `refusing to listen on ${host} without token and TLS: the stream tells who connects where`,
    hint: 'add --token-file FILE and --tls-self-signed (or --tls-cert and --tls-key), or listen on 127.0.0.1 and use ssh -L',
    exitCode: EXIT.usage,
  });
}

/** Whoever is slow with handshake or headers is cut off. */
const PATIENCE = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
} as const;

function createListener(
  certificate: Certificate | undefined,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server =
    certificate === undefined
      ? createServer(PATIENCE, answer)
      : createTlsServer(
          { ...PATIENCE, handshakeTimeout: 5000, cert: certificate.cert, key: certificate.key },
          answer,
        );
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(host, port, cause)));
    server.listen(port, host.replace(/^\[(.*)\]$/, '$1'), () => resolve());
  });
}

function listenError(host: string, port: number, cause: NodeJS.ErrnoException): AgentError {
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE:
      'another program has this port; choose one with --listen HOST:PORT (0: any free one)',
    EACCES: 'ports below 1024 need a privilege; choose a higher one with --listen',
    EADDRNOTAVAIL: 'this address is on no interface of this namespace (is lo up?)',
  };
  return new AgentError({
    code: 'PVD_ERR_LISTEN',
    op: `listen on ${host} port ${port}`,
    message: `cannot listen on ${host} port ${port}: ${cause.message}`,
    hint: hints[cause.code ?? ''] ?? 'choose another address with --listen',
    cause,
  });
}

interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const ASSET_FILES: readonly (readonly [path: string, file: string, type: string])[] = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/app.js', 'app.js', 'text/javascript; charset=utf-8'],
  ['/style.css', 'style.css', 'text/css; charset=utf-8'],
];

/** The page is read once: no request names a file. */
function loadAssets(dir: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const [path, file, type] of ASSET_FILES) {
    try {
      assets.set(path, { type, body: readFileSync(join(dir, file)) });
    } catch {
      // Answered with 404 and how to build it.
    }
  }
  return assets;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
}

interface Services {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly guard: Guard;
  readonly explain: ExplainService | undefined;
}

function answerTo(
  request: IncomingMessage,
  options: ServerOptions,
  { assets, guard, explain }: Services,
): Answer {
  const nowMs = performance.now();
  const refused = guard.refusal(request, nowMs);
  if (refused) return text(refused.status, refused.reason);
  const { path, query } = splitTarget(request);
  const asset = assets.get(path);
  if (asset) return { status: 200, ...asset };
  if (path === '/healthz') return text(200, 'ok');
  const unauthorized = guard.unauthorized(request, nowMs);
  if (unauthorized) return text(unauthorized.status, unauthorized.reason);
  const { hub } = options;
  switch (path) {
    case '/api/state': {
      const state = { hello: hub.source.hello(false), snapshots: hub.source.snapshots() };
      return { status: 200, type: 'application/json', body: JSON.stringify(state) };
    }
    case '/metrics': {
      const body = formatMetrics(options.stats(), hub.counts, options.hookHits());
      return { status: 200, type: 'text/plain; version=0.0.4', body };
    }
    case '/api/hello': {
      const body = JSON.stringify(hub.source.hello(false));
      return { status: 200, type: 'application/json', body };
    }
    case '/api/explain': {
      const { run } = hub.source.hello(false).data;
      const answer = explain?.(query, run, nowMs) ?? { untold: 'this agent explains nothing' };
      if ('status' in answer) return text(answer.status, answer.reason);
      const body = JSON.stringify(answer);
      return { status: 200, type: 'application/json', body };
    }
    case '/':
      return text(404, 'the page is not built: npm run build');
    default:
      return text(404, 'not found');
  }
}

function text(status: number, line: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${line}\n` };
}

function reply(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
