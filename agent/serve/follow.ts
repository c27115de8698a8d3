/** Follows the stream of a running agent; comes back when it does. */

import { WebSocket } from 'ws';
import type { Envelope } from '../../src/publish/envelope.ts';
import { AgentError } from '../error.ts';
import { type AgentAddress, authorization, trustOf } from './agent-address.ts';
import { foreignServer, unauthorized, unreachable } from './client.ts';

export interface FollowHandlers {
  onFrame(frame: readonly Envelope[]): void;
  /** The connection is lost, or was not to be had, and why; it is tried again. */
  onLoss(error: AgentError): void;
}

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 10_000;
/** The agent tells its totals every second: longer silence means a dead connection. */
const SILENCE_MS_MAX = 15_000;
/** A snapshot of a full routing table is some hundred MB. */
const FRAME_BYTES_MAX = 1 << 30;

/** Until the returned function is called. `query`: a filter and the like (docs/stream.md). */
export function followAgent(
  address: AgentAddress,
  query: Readonly<Record<string, string>>,
  handlers: FollowHandlers,
): () => void {
  const url = new URL('/stream', address.url);
  url.search = new URLSearchParams(query).toString();
  let retryMs = RETRY_MS_MIN;
  let socket: WebSocket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const lose = (error: AgentError): void => {
    clearTimeout(timer);
    if (ended) return;
    handlers.onLoss(error);
    timer = setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  };
  const connect = async (): Promise<void> => {
    try {
      const trust = await trustOf(address);
      if (ended) return;
      const headers = authorization(address);
      socket = new WebSocket(url, { ...trust, headers, maxPayload: FRAME_BYTES_MAX });
    } catch (cause) {
      lose(cause instanceof AgentError ? cause : unreachable(url, cause as Error));
      return;
    }
    attend(socket);
  };
  const attend = (ws: WebSocket): void => {
    let error = unreachable(url, new Error('the connection ended'));
    const listen = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => ws.terminate(), SILENCE_MS_MAX);
    };
    listen();
    ws.on('unexpected-response', (request, { statusCode = 0 }) => {
      error =
        statusCode === 401 ? unauthorized(url) : foreignServer(url.href, `HTTP ${statusCode}`);
      request.destroy();
    });
    ws.on('error', (cause) => {
      if (error.code === 'PVD_ERR_AGENT_UNREACHABLE') error = unreachable(url, cause);
    });
    ws.on('close', () => lose(error));
    ws.on('message', (data) => {
      if (ended) return;
      listen();
      retryMs = RETRY_MS_MIN;
      handlers.onFrame(JSON.parse(`${data}`) as Envelope[]);
    });
  };
  void connect();
  return () => {
    ended = true;
    clearTimeout(timer);
    socket?.terminate();
  };
}
