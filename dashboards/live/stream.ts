/** The stream of the agent that served this page: reconnects, and resumes where it left off. */

import type { Envelope } from '../../src/publish/envelope.ts';

export type StreamState = 'connecting' | 'live' | 'offline';

export interface StreamHandlers {
  onFrame(frame: readonly Envelope[]): void;
  onState(state: StreamState): void;
  /** Where to resume; undefined to start anew. */
  position(): { readonly seq: number; readonly run: string } | undefined;
}

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 10_000;
/** RAs and decisions of the past that a new page asks for. */
const RECENT = 500;
/** The agent sends statistics every second: longer silence means a dead connection. */
const SILENCE_MS_MAX = 15_000;

/** Follows the stream until the page goes. */
export function followStream(base: URL, handlers: StreamHandlers): void {
  let retryMs = RETRY_MS_MIN;
  const connect = (): void => {
    handlers.onState('connecting');
    const socket = new WebSocket(streamUrl(base, handlers.position()));
    let silence = setTimeout(() => socket.close(), SILENCE_MS_MAX);
    socket.addEventListener('message', (event: MessageEvent<string>) => {
      clearTimeout(silence);
      silence = setTimeout(() => socket.close(), SILENCE_MS_MAX);
      retryMs = RETRY_MS_MIN;
      handlers.onFrame(JSON.parse(event.data) as Envelope[]);
      handlers.onState('live');
    });
    socket.addEventListener('close', () => {
      clearTimeout(silence);
      handlers.onState('offline');
      setTimeout(connect, retryMs);
      retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
    });
  };
  connect();
}

export function streamUrl(
  base: URL,
  position: { readonly seq: number; readonly run: string } | undefined,
): URL {
  const url = new URL('stream', base);
  url.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = '';
  url.hash = '';
  if (position === undefined) url.searchParams.set('recent', `${RECENT}`);
  else {
    url.searchParams.set('since', `${position.seq}`);
    url.searchParams.set('run', position.run);
  }
  return url;
}
