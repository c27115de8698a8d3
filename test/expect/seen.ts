/** Things seen, for tests of expectations. */

import type {
  SeenAddress,
  SeenAnswer,
  SeenDecision,
  SeenPvd,
  SeenRoute,
} from '../../src/expect/seen.ts';

export const ANSWER: SeenAnswer = {
  error: 'none',
  route: '2001:db8:a::/64',
  table: 254,
  dev: 'eth0',
  via: 'none',
  source: '2001:db8:a::5',
  pvd: 'implicit:eth0:fe80::1',
  sourcePvd: 'implicit:eth0:fe80::1',
  verdict: 'agree',
  findings: [],
};

export function decision(
  answer: Partial<SeenAnswer> = {},
  asked: Partial<SeenDecision['asked']> = {},
  rest: Partial<Omit<SeenDecision, 'asked' | 'answer'>> = {},
): SeenDecision {
  return {
    seq: 7,
    netns: 'host',
    what: 'flow',
    comm: 'ping',
    ...rest,
    asked: {
      daddr: '2001:db8:a::1',
      saddr: '::',
      oif: 'none',
      proto: 'udp',
      sport: 0,
      dport: 4242,
      mark: 0,
      uid: 0,
      ...asked,
    },
    answer: { ...ANSWER, ...answer },
  };
}

export const ROUTE: SeenRoute = {
  object: 'route',
  dst: '::/0',
  from: '::/0',
  dev: 'eth0',
  via: 'fe80::1',
  table: 254,
  metric: 1024,
  pvd: 'pvd.example',
  reason: 'ra-router',
};

export const ADDRESS: SeenAddress = {
  object: 'address',
  addr: '2001:db8:a::5',
  dev: 'eth0',
  pvd: 'implicit:eth0:fe80::1',
  reason: 'ra-pio',
  deprecated: false,
  temporary: false,
  tentative: false,
};

export const PVD: SeenPvd = {
  object: 'pvd',
  id: 'pvd.example',
  interfaces: ['eth1', 'eth0'],
  routers: 3,
  prefixes: [{ value: '2001:db8:a::/64', nested: false }],
  routes: [{ value: '2001:db8:a0::/48', nested: false }],
  rdnss: ['2001:db8:a::53'],
  dnssl: [],
  sequence: 3,
  http: true,
};
