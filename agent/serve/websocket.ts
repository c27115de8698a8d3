/**
 * The stream as a WebSocket: frames are JSON arrays of envelopes, from the server only.
 *
 * Close codes: 1001 the server ends, 1008 the reader sent something, 1009 a frame was too
 * big. A reader that answers no ping is cut off. docs/stream.md is the reader's reference.
 */

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Filter, parseFilter } from '../../src/publish/filter.ts';
import { type Guard, splitTarget } from './guard.ts';
import type { EnvelopeHub, JoinOptions } from './hub.ts';

export const STREAM_PATH = '/stream';
/** Readers send nothing but control frames. */
const FRAME_BYTES_MAX = 1024;

export interface StreamLimits {
  /** Readers at once; further ones are refused with 503. */
  readonly clients: number;
  /** A reader that does not answer a ping within this time is cut off. */
  readonly pingMs: number;
  /** permessage-deflate (RFC 7692) for readers that offer it; costs CPU for each of them. */
  readonly deflate: boolean;
}

/** No window is kept between frames, so that a reader costs no memory; small frames stay plain. */
const DEFLATE = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: 1024,
  concurrencyLimit: 2,
  zlibDeflateOptions: { level: 1 },
};
/** The subprotocol; a token may be offered beside it and is never answered. */
const PROTOCOL = 'pvdscope';

export interface StreamServer {
  close(): void;
}

/** Answers upgrade requests for {@link STREAM_PATH} on `server`. */
export function serveStream(
  server: Server,
  hub: EnvelopeHub,
  guard: Guard,
  limits: StreamLimits,
): StreamServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: limits.deflate && DEFLATE,
    clientTracking: true,
    handleProtocols: (offered) => offered.has(PROTOCOL) && PROTOCOL,
  });
  const answered = new WeakSet<WebSocket>();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const { path, query } = splitTarget(request);
    const nowMs = performance.now();
    const full = sockets.clients.size >= limits.clients;
    const refused =
      guard.refusal(request, nowMs) ??
      (path === STREAM_PATH ? undefined : { status: 404, reason: 'no such stream' }) ??
      guard.unauthorized(request, nowMs) ??
      (full
        ? { status: 503, reason: `${limits.clients} readers are connected already` }
        : undefined);
    const options = joinOptions(query);
    if (refused) refuse(socket, refused.status, refused.reason);
    else if (typeof options === 'string') refuse(socket, 400, options);
    else sockets.handleUpgrade(request, socket, head, (ws) => attend(ws, options));
  });

  function attend(ws: WebSocket, options: JoinOptions): void {
    answered.add(ws);
    ws.on('pong', () => answered.add(ws));
    ws.on('error', () => ws.terminate());
    ws.on('message', () => ws.close(1008, 'this stream is read-only'));
    const reader = {
      send: (frame: string): void => ws.send(frame),
      bufferedBytes: (): number => ws.bufferedAmount,
    };
    const leave = hub.join(reader, options);
    ws.on('close', leave);
  }

  const pings = setInterval(() => {
    for (const ws of sockets.clients) {
      if (answered.delete(ws)) ws.ping();
      else ws.terminate();
    }
  }, limits.pingMs);
  pings.unref();

  return {
    close(): void {
      clearInterval(pings);
      for (const ws of sockets.clients) {
        ws.close(1001, 'the agent ends');
        setTimeout(() => ws.terminate(), 200).unref();
      }
      sockets.close();
    },
  };
}

/** Parameters that are no filter. */
const OWN: ReadonlySet<string> = new Set(['since', 'run', 'recent']);

/** The options of a stream request, or what is wrong with them. */
function joinOptions(query: URLSearchParams): JoinOptions | string {
  const terms = [...query].filter(([key]) => !OWN.has(key));
  let filter: Filter | undefined;
  if (terms.length > 0) {
    const parsed = parseFilter(terms);
    if (!parsed.ok) return parsed.message;
    filter = parsed.filter;
  }
  const since = query.get('since');
  if (since !== null && !/^\d{1,15}$/.test(since)) return 'since is not a sequence number';
  const recent = query.get('recent') ?? '0';
  if (!/^\d{1,4}$/.test(recent)) return 'recent is not a number up to 9999';
  return {
    recent: Number(recent),
    ...(since === null ? {} : { since: Number(since) }),
    run: query.get('run') ?? '',
    ...(filter ? { filter } : {}),
  };
}

/** Refuses before there is a WebSocket; the reason is ours and holds no foreign text. */
function refuse(socket: Duplex, status: number, reason: string): void {
  const body = `${reason}\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nX-Content-Type-Options: nosniff\r\n\r\n${body}`,
  );
}
