/** A scenario: a topology of network namespaces, its routers, and what is done in it. */

import type { Expectation } from '../../src/expect/expectation.ts';

/** Map keys are the names by which other parts refer to a thing; order is the file's. */
export interface Scenario {
  readonly name: string;
  readonly about?: string | undefined;
  readonly links: Readonly<Record<string, Link>>;
  readonly namespaces: Readonly<Record<string, Namespace>>;
  readonly routers: Readonly<Record<string, Router>>;
  readonly processes: Readonly<Record<string, Process>>;
  readonly actions: readonly Action[];
  readonly expect: readonly Expectation[];
}

/** Two interfaces on a link are a veth pair; any other number share a bridge. */
export interface Link {
  readonly mtu?: number | undefined;
}

export interface Namespace {
  /** Full names below `net.`, set before there are interfaces. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly interfaces: Readonly<Record<string, Interface>>;
  /** Arguments of `ip -6 route add` and `ip -6 rule add`, set once the links are up. */
  readonly routes: readonly string[];
  readonly rules: readonly string[];
}

/** Has either a link or a type; `lo`, which is there by itself, has neither. */
export interface Interface {
  readonly link?: string | undefined;
  /** Arguments behind `ip link add NAME type`, e.g. `dummy` or `vrf table 10`. */
  readonly type?: string | undefined;
  readonly master?: string | undefined;
  readonly mac?: string | undefined;
  /** Arguments of `ip address add`, e.g. `2001:db8::1/64 nodad`. */
  readonly addresses: readonly string[];
  /** Of `net.ipv6.conf.NAME`; `neigh.KEY` for its neighbours, `ipv4.KEY` for IPv4. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly up: boolean;
}

/** Has either `radvd` or `pvdscope`. */
export interface Router {
  readonly in: string;
  readonly interface: string;
  /** radvd.conf(5): a whole file as text, or the options of the one interface. */
  readonly radvd?: string | RadvdOptions | undefined;
  /** A file (relative to the scenario's), or what would stand in it. */
  readonly pvdscope?: string | Readonly<Record<string, unknown>> | undefined;
  /** Otherwise it waits for an action that starts it. */
  readonly start: boolean;
}

/** `Option: value`; `prefix 2001:db8::/64: {…}` and the like are blocks. */
export interface RadvdOptions {
  readonly [option: string]: string | number | boolean | null | RadvdOptions;
}

export interface Process {
  readonly in: string;
  readonly run: string | readonly string[];
  readonly ready?: Condition | undefined;
  readonly readyMs: number;
  readonly start: boolean;
}

/** Has exactly one of `address`, `route`, `listen` and `command`. */
export interface Condition {
  /** A prefix: some address within it is assigned and not tentative. */
  readonly address?: string | undefined;
  /** Arguments of `ip -6 route show` that must select something. */
  readonly route?: string | undefined;
  /** A TCP port. */
  readonly listen?: number | undefined;
  /** Must exit with 0. */
  readonly command?: string | readonly string[] | undefined;
  /** Interface of `address`. */
  readonly dev?: string | undefined;
  /** Wait until it is so no more. */
  readonly gone: boolean;
}

/** Has exactly one of `run`, `wait`, `start` and `stop`. */
export interface Action {
  readonly name?: string | undefined;
  /** Namespace of `run` and `wait`. */
  readonly in?: string | undefined;
  /** A string is for `/bin/sh -c`, a list is executed as it is. */
  readonly run?: string | readonly string[] | undefined;
  /**
   * PvDs that what is run is bound to, the most wanted first; `none`: to none. Without effect on
   * a kernel that cannot bind.
   */
  readonly bind?: 'none' | readonly string[] | undefined;
  /** How often. */
  readonly repeat: number;
  /** What `run` must exit with; `fail` is anything but 0. */
  readonly exit: number | 'any' | 'fail';
  readonly wait?: Condition | undefined;
  /** A router or a process. */
  readonly start?: string | undefined;
  readonly stop?: string | undefined;
  readonly timeoutMs: number;
}

/** What an action is called in reports. */
export function actionName(action: Action): string {
  if (action.name !== undefined) return action.name;
  if (action.run !== undefined) {
    return `${action.in}: ${typeof action.run === 'string' ? action.run : action.run.join(' ')}`;
  }
  if (action.wait) return `${action.in}: wait for ${conditionName(action.wait)}`;
  return action.start === undefined ? `stop ${action.stop}` : `start ${action.start}`;
}

export function conditionName(condition: Condition): string {
  const { address, route, listen, command, dev, gone } = condition;
  const what =
    (address !== undefined && `address ${address}`) ||
    (route !== undefined && `route ${route}`) ||
    (listen !== undefined && `port ${listen}`) ||
    (typeof command === 'string' ? command : (command ?? []).join(' '));
  return `${what}${dev === undefined ? '' : ` on ${dev}`}${gone ? ' to go' : ''}`;
}
