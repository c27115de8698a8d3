/** A hub over counted envelopes, a server for it, and a client that keeps what it gets. */

import { WebSocket } from 'ws';
import { createHub, type EnvelopeHub, type HubOptions } from '../../../agent/serve/hub.ts';
import {
  type RunningServer,
  type ServerOptions,
  startServer,
} from '../../../agent/serve/server.ts';
import type { Envelope, StatsData } from '../../../src/publish/envelope.ts';
import { DECISION, envelope } from '../../publish/fixture.ts';

export const STATS: StatsData = {
  records: 3,
  byKind: { lookup: 2, ra: 1 },
  unknown: 0,
  malformed: { 'a"b\\c\n': 1 },
  decisions: 2,
  incomplete: 0,
  verdicts: { agree: 0, diverge: 0, undecided: { unmodelled: 2 } },
  raVerdicts: { agree: 0, diverge: 0, undecided: {} },
  findings: {},
  drift: {},
  lost: 0,
  leftOut: 0,
  judgedShare: 0,
  netns: 1,
};

const TABLES = {
  link: [],
  devconf: [],
  address: [],
  route: [],
  rule: [],
  label: [],
  neighbour: [],
  nexthop: [],
  pvd: [],
  sysctl: [],
};

export interface Feed {
  readonly hub: EnvelopeHub;
  /** Publishes `count` decisions of thread `pid`. */
  publish(count: number, pid?: number, comm?: string): void;
}

/** `published`: envelopes the caller publishes itself, before the feed does. */
export function createFeed(options: HubOptions = {}, run = 'boot.1', published = 0): Feed {
  let seq = published;
  const hub = createHub(
    {
      hello: (resumed) =>
        envelope(seq, 'hello', {
          run,
          version: '0',
          kernel: '6.1',
          realtimeOffsetNs: '0',
          hooks: [],
          resumed,
        }),
      stats: () => envelope(seq, 'stats', STATS, null),
      snapshots: () => [
        envelope(seq, 'snapshot', {
          netnsCookie: '7',
          name: 'host',
          tsNs: '0',
          inum: 1,
          seeded: true,
          missing: [],
          lostNs: null,
          version: seq,
          refused: {},
          tables: TABLES,
        }),
      ],
      dropped: (from, to) => envelope(to, 'dropped', { count: to - from + 1, from, to }, null),
    },
    options,
  );
  return {
    hub,
    publish(count, pid = 1, comm = 'curl'): void {
      const task = { pid, tgid: pid, comm, cgroupId: '1' };
      for (let i = 0; i < count; i++) {
        hub.publish([envelope(++seq, 'decision', { ...DECISION, task })]);
      }
    },
  };
}

export async function serve(
  feed: Feed,
  options: Partial<ServerOptions> = {},
): Promise<RunningServer> {
  return await startServer({
    host: '127.0.0.1',
    port: 0,
    hub: feed.hub,
    stats: () => STATS,
    hookHits: () => ({ fib6_add: 3 }),
    assetsDir: '/nonexistent',
    ...options,
  });
}

export interface Client {
  readonly socket: WebSocket;
  readonly frames: readonly (readonly Envelope[])[];
  readonly envelopes: readonly Envelope[];
  /** Resolves when `done` holds, rejects after 5 s. */
  until(done: (envelopes: readonly Envelope[]) => boolean): Promise<void>;
}

export function connect(server: RunningServer, query = '', headers = {}): Client {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}stream${query}`, { headers });
  const frames: Envelope[][] = [];
  const envelopes: Envelope[] = [];
  let wake = (): void => {};
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as Envelope[];
    frames.push(frame);
    envelopes.push(...frame);
    wake();
  });
  return {
    socket,
    frames,
    envelopes,
    until: (done) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`not within 5 s: ${envelopes.length} envelopes`)),
          5000,
        );
        wake = () => {
          if (!done(envelopes)) return;
          clearTimeout(timer);
          resolve();
        };
        wake();
      }),
  };
}

/** What an upgrade was answered with: `open`, or the HTTP status of the refusal. */
export function outcome(client: Client): Promise<string> {
  return new Promise((resolve) => {
    client.socket.on('open', () => resolve('open'));
    client.socket.on('error', (error) => resolve(error.message.replace(/^.*: /, '')));
  });
}

/** The code a connection was closed with. */
export function closed(client: Client): Promise<number> {
  return new Promise((resolve) => {
    client.socket.on('close', resolve);
  });
}
