/** Decisions that keep and that break each invariant about flows. */

import type { FlowQuery, LookupQuery, Outcome } from '../../src/model/query.ts';
import { ANY6, addr6 } from '../../src/net/addr6.ts';
import type { PvdId } from '../../src/net/pvd-id.ts';
import type { Snapshot } from '../../src/state/snapshot.ts';
import type { DecisionObservation } from '../../src/verify/observation.ts';
import {
  address,
  at,
  entry,
  link,
  pio,
  pvd,
  RA_DEFAULT,
  RA_PREFIX,
  ra,
  route,
  SLAAC,
  STATIC,
  stateOf,
  worldOf,
} from '../state/fixture.ts';

export const RED = 'red.example' as PvdId;
export const BLUE = 'blue.example' as PvdId;
export const GONE = 'gone.example' as PvdId;
const [R1, R2] = ['fe80::1', 'fe80::2'] as const;
export const RED_ADDR = '2001:db8:1::5';
export const BLUE_ADDR = '2001:db8:2::5';
export const FAR = '2001:db8:9::1';
const OLD = 90;

/** fe80::1 announces RED, fe80::2 BLUE, both their prefix outside the PvD option. */
export function twoPvds(extra: Parameters<typeof worldOf>[0] = []): Snapshot {
  return stateOf(
    worldOf([
      link(at(1), 1, 'lo'),
      link(at(1)),
      route(at(1), OLD, '::/0', { gateway: addr6('fe80::9'), ...RA_DEFAULT, metric: 2000 }),
      ...ra(2, { router: R1, options: [pio('2001:db8:1::/64'), pvd(RED)] }, [
        route(at(2), 1, '::/0', { gateway: addr6(R1), ...RA_DEFAULT }),
        route(at(2), 3, '2001:db8:1::/64', RA_PREFIX),
        address(at(2), RED_ADDR, SLAAC),
      ]),
      ...ra(3, { router: R2, options: [pio('2001:db8:2::/64'), pvd(BLUE)] }, [
        route(at(3), 2, '::/0', { gateway: addr6(R2), ...RA_DEFAULT }),
        address(at(3), BLUE_ADDR, SLAAC),
      ]),
      address(at(4), '2001:db8:77::5', STATIC),
      ...extra,
    ]),
  );
}

const SNAPSHOT = twoPvds();
const ID = { red: entry(1, '::/0').id, blue: entry(2, '::/0').id, old: entry(OLD, '::/0').id };

/** An answer: route via the router of a PvD, and a source. */
function took(by: 'red' | 'blue' | 'old', from: string, fields: Partial<Outcome> = {}): Outcome {
  const pvdOf = SNAPSHOT.addresses.get(`2 ${from}`)?.attribution.pvd;
  const routePvd = { red: RED, blue: BLUE, old: undefined }[by];
  const gateway = addr6({ red: R1, blue: R2, old: 'fe80::9' }[by]);
  return {
    ...FAILED,
    error: 0,
    entry: ID[by],
    table: 254,
    type: 1,
    nhOif: 2,
    oif: 2,
    gateway,
    saddr: addr6(from),
    routePvd,
    saddrPvd: pvdOf,
    ...fields,
  };
}

const FAILED: Outcome = {
  error: 101,
  entry: undefined,
  table: 0,
  type: 0,
  nhOif: 0,
  oif: 0,
  gateway: ANY6,
  saddr: ANY6,
  exception: false,
  routePvd: undefined,
  saddrPvd: undefined,
};

function flow(
  outcome: Outcome,
  binding: FlowQuery['binding'],
  fields: Partial<DecisionObservation> = {},
  to: string = FAR,
): DecisionObservation {
  const query = { kind: 'flow', daddr: addr6(to), fromNs: 0n, toNs: 0n, binding } as const;
  return { subject: 'decision', query, outcome, snapshot: SNAPSHOT, ...fields };
}

function input(outcome: Outcome, fields: Partial<DecisionObservation> = {}): DecisionObservation {
  const query: LookupQuery = {
    kind: 'lookup',
    daddr: addr6(FAR),
    input: true,
    iif: 2,
    fromNs: 0n,
    toNs: 0n,
  };
  return { ...flow(outcome, undefined, fields), query };
}

const OWN = took('red', RED_ADDR);
/** A route over a device, on-link. */
const ON_LINK = took('red', RED_ADDR, { gateway: ANY6, entry: entry(3, '::/0').id });
const TO_LO = took('red', RED_ADDR, {
  gateway: ANY6,
  oif: 1,
  nhOif: 1,
  type: 2,
  routePvd: undefined,
});
const MAPPED = '::ffff:c000:201';
const NO_RED = stateOf(worldOf([...ra(3, { router: R2, options: [pvd(BLUE)] })]));
const RED_WITHOUT_ROUTE = { ...SNAPSHOT, routes: new Map([...SNAPSHOT.routes].slice(3)) };

const RED_ON_LINK_ONLY = {
  ...SNAPSHOT,
  routes: new Map([...SNAPSHOT.routes].filter(([, { dstLen }]) => dstLen === 64)),
};

/** By id: observations that keep it, break it, and leave it open. */
export const FLOW_CASES: Readonly<Record<string, FlowCase>> = {
  I1: {
    holds: [flow(OWN, [RED]), flow(OWN, [BLUE, RED])],
    breaks: [flow(took('blue', RED_ADDR), [RED])],
    open: [flow(took('old', RED_ADDR), [RED])],
    apart: [
      flow(OWN, undefined),
      flow(OWN, []),
      flow(FAILED, [RED]),
      flow(ON_LINK, [BLUE], {}, 'ff02::1'),
    ],
  },
  I2: {
    holds: [flow(OWN, [RED])],
    breaks: [flow(took('red', BLUE_ADDR), [RED]), flow(took('red', '2001:db8:77::5'), [RED])],
    open: [flow(took('red', '2001:db8:78::5'), [RED])],
    apart: [flow(took('red', BLUE_ADDR), [GONE])],
  },
  I3: {
    holds: [flow(OWN, [RED])],
    breaks: [flow(took('red', BLUE_ADDR), [RED]), flow(took('red', '2001:db8:77::5'), [GONE])],
    open: [flow(took('red', '2001:db8:78::5'), [RED])],
    apart: [flow(FAILED, [RED])],
  },
  I4: {
    holds: [flow(OWN, undefined), flow(took('blue', BLUE_ADDR), [])],
    breaks: [flow(took('red', BLUE_ADDR), undefined), flow(took('blue', RED_ADDR), undefined)],
    open: [flow(took('old', BLUE_ADDR), undefined)],
    apart: [
      flow(took('red', BLUE_ADDR), [BLUE]),
      // Configured by hand: no next hop assigned it.
      flow(took('red', '2001:db8:77::5'), undefined),
      flow(took('red', BLUE_ADDR), undefined, { snapshot: NO_RED }),
      flow(ON_LINK, undefined),
    ],
  },
  I5: {
    holds: [flow(OWN, [], { withoutBinding: [OWN] })],
    breaks: [flow(took('blue', BLUE_ADDR), [], { withoutBinding: [OWN] })],
    open: [flow(OWN, [])],
    apart: [flow(OWN, undefined), flow(OWN, [RED])],
  },
  I6: {
    holds: [flow(FAILED, [GONE]), flow({ ...FAILED, error: 99 }, [GONE])],
    breaks: [
      flow(OWN, [GONE]),
      flow({ ...FAILED, error: 22 }, [GONE]),
      flow(FAILED, [GONE], { packetsSent: 1 }),
    ],
    apart: [flow(OWN, [RED]), flow(OWN, [RED, GONE])],
  },
  I7: {
    holds: [flow(FAILED, [RED], { snapshot: RED_WITHOUT_ROUTE })],
    breaks: [
      flow(took('blue', RED_ADDR), [RED], { snapshot: RED_WITHOUT_ROUTE }),
      flow({ ...FAILED, error: 22 }, [RED], { snapshot: RED_WITHOUT_ROUTE }),
      flow({ ...FAILED, error: 22 }, [RED], { snapshot: RED_ON_LINK_ONLY }),
    ],
    open: [flow(took('old', RED_ADDR), [RED])],
    apart: [flow(OWN, [RED]), flow({ ...FAILED, error: 22 }, [RED])],
  },
  I8: {
    holds: [flow(FAILED, [RED], { withoutBinding: [FAILED] }, MAPPED)],
    breaks: [flow(OWN, [RED], { withoutBinding: [FAILED] }, MAPPED)],
    open: [flow(OWN, [RED], {}, MAPPED)],
    apart: [flow(OWN, [RED]), flow(OWN, undefined, {}, MAPPED)],
  },
  I41: {
    holds: [flow(TO_LO, [BLUE], {}, RED_ADDR), flow(TO_LO, undefined, {}, '::1')],
    breaks: [flow(took('blue', BLUE_ADDR), [BLUE], {}, RED_ADDR), flow(OWN, [RED], {}, '::1')],
    apart: [flow(OWN, undefined)],
  },
  I42: {
    holds: [flow(ON_LINK, [BLUE], {}, 'ff02::1'), flow(ON_LINK, undefined, {}, 'fe80::7')],
    breaks: [flow(OWN, [RED], {}, 'ff02::fb'), flow(OWN, undefined, {}, 'fe80::7')],
    apart: [flow(OWN, undefined)],
  },
  I43: {
    holds: [flow(OWN, [RED], { phase: 'reply' })],
    breaks: [
      flow(took('red', BLUE_ADDR), [RED], { phase: 'reply' }),
      flow(took('blue', RED_ADDR), [RED], { phase: 'reply' }),
    ],
    open: [flow(OWN, [RED]), flow(took('red', '2001:db8:78::5'), [RED], { phase: 'reply' })],
    apart: [flow(OWN, [RED], { phase: 'open' }), flow(OWN, undefined, { phase: 'reply' })],
  },
  I44: {
    holds: [flow(OWN, [RED], { phase: 'established' })],
    breaks: [flow(took('blue', RED_ADDR), [RED], { phase: 'established' })],
    open: [flow(OWN, [RED]), flow(took('old', RED_ADDR), [RED], { phase: 'established' })],
    apart: [flow(took('blue', RED_ADDR), [RED], { phase: 'open' })],
  },
  I45: {
    holds: [input(OWN, { withoutBinding: [took('blue', BLUE_ADDR), OWN] })],
    breaks: [input(OWN, { withoutBinding: [took('blue', BLUE_ADDR)] })],
    open: [input(OWN)],
    apart: [flow(OWN, undefined)],
  },
};

/** What a check must make of observations; `apart`: they are none of its business. */
export interface FlowCase {
  readonly holds: readonly DecisionObservation[];
  readonly breaks: readonly DecisionObservation[];
  readonly open?: readonly DecisionObservation[];
  readonly apart?: readonly DecisionObservation[];
}
