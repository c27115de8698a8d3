/** Who used a PvD: the processes whose decisions took a route or a source of it. */

import type { Envelope } from '../../src/publish/envelope.ts';

export interface PvdUser {
  readonly comm: string;
  readonly tgid: number;
  routes: number;
  sources: number;
  /** Decisions whose route and source belong to different PvDs. */
  mixed: number;
}

export interface BoundSocket {
  readonly cookie: string;
  readonly comm: string;
  readonly ifindex: number;
}

const USERS_MAX = 200;

/** By process, the busiest first; softirq is no process. */
export function usersOf(
  decisions: readonly Envelope<'decision'>[],
  netns: string,
  pvd: string,
): PvdUser[] {
  const users = new Map<string, PvdUser>();
  for (const { data, netns: where } of decisions) {
    if (where?.cookie !== netns || data.task === null) continue;
    const route = data.outcome.route?.attribution?.pvd ?? null;
    const source = data.outcome.source?.attribution?.pvd ?? null;
    if (route !== pvd && source !== pvd) continue;
    const { comm, tgid } = data.task;
    const key = `${tgid} ${comm}`;
    let user = users.get(key);
    if (user === undefined) {
      if (users.size >= USERS_MAX) continue;
      user = { comm, tgid, routes: 0, sources: 0, mixed: 0 };
      users.set(key, user);
    }
    if (route === pvd) user.routes++;
    if (source === pvd) user.sources++;
    if (route !== null && source !== null && route !== source) user.mixed++;
  }
  return [...users.values()].sort((a, b) => b.routes + b.sources - a.routes - a.sources);
}

/** Sockets bound to one of the interfaces (SO_BINDTODEVICE) that decided something. */
export function boundTo(
  decisions: readonly Envelope<'decision'>[],
  netns: string,
  ifindexes: ReadonlySet<number>,
): BoundSocket[] {
  const sockets = new Map<string, BoundSocket>();
  for (const { data, netns: where } of decisions) {
    if (where?.cookie !== netns || data.sock === null || sockets.size >= USERS_MAX) continue;
    const { cookie, boundDevIf } = data.sock;
    if (!ifindexes.has(boundDevIf)) continue;
    sockets.set(cookie, { cookie, comm: data.task?.comm ?? '', ifindex: boundDevIf });
  }
  return [...sockets.values()];
}
