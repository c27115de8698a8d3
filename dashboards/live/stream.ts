/** The stream of the agent that served this page: reconnects, and resumes where it left off. */

import type { Envelope } from '../../src/publish/envelope.ts';

export type StreamState = 'connecting' | 'live' | 'offline' | 'unauthorized' | 'file';

export interface StreamHandlers {
  onFrame(frame: readonly Envelope[]): void;
  onState(state: StreamState): void;
  /** Where to resume; undefined to start anew. */
  position(): { readonly seq: number; readonly run: string } | undefined;
  /** '' when none is known. */
  token(): string;
}

export interface FollowedStream {
  /** Connects now, e.g. with a token that was just given. */
  retry(): void;
}

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 10_000;
/** RAs and decisions of the past that a new page asks for. */
const RECENT = 500;
/** The agent sends statistics every second: longer silence means a dead connection. */
const SILENCE_MS_MAX = 15_000;

/** Follows the stream until the page goes. */
export function followStream(base: URL, handlers: StreamHandlers): FollowedStream {
  let retryMs = RETRY_MS_MIN;
  let current = 0;
  const connect = (): void => {
    const mine = ++current;
    handlers.onState('connecting');
    const url = streamUrl(base, handlers.position());
    const socket = new WebSocket(url, streamProtocols(handlers.token()));
    let opened = false;
    let lost = false;
    // The end of a dead connection is not waited for: a browser tells it only minutes later.
    const lose = async (): Promise<void> => {
      if (lost) return;
      lost = true;
      clearTimeout(silence);
      socket.close();
      if (mine !== current) return;
      handlers.onState('offline');
      if (!opened && (await isRefused(base, handlers.token()))) {
        if (mine === current) handlers.onState('unauthorized');
        return;
      }
      setTimeout(() => mine === current && connect(), retryMs);
      retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
    };
    let silence = setTimeout(lose, SILENCE_MS_MAX);
    socket.addEventListener('message', (event: MessageEvent<string>) => {
      if (mine !== current || lost) return;
      clearTimeout(silence);
      silence = setTimeout(lose, SILENCE_MS_MAX);
      opened = true;
      retryMs = RETRY_MS_MIN;
      handlers.onFrame(JSON.parse(event.data) as Envelope[]);
      handlers.onState('live');
    });
    socket.addEventListener('close', lose);
  };
  connect();
  return { retry: connect };
}

/** A browser does not tell why an upgrade was refused; a plain request does. */
async function isRefused(base: URL, token: string): Promise<boolean> {
  try {
    const headers: Record<string, string> =
      token === '' ? {} : { Authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(SILENCE_MS_MAX);
    return (await fetch(new URL('api/hello', base), { headers, signal })).status === 401;
  } catch {
    return false;
  }
}

/** A page cannot set headers of a WebSocket, but for the protocols it offers (RFC 6455, 1.9). */
export function streamProtocols(token: string): string[] {
  return token === '' ? ['pvdscope'] : ['pvdscope', `pvdscope.token.${token}`];
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
