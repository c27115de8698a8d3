/** RAs whose effects keep and break each invariant about RAs. */

import type { KernelEvent } from '../../src/decode/event.ts';
import { decodeRa } from '../../src/decode/nd/ra.ts';
import { EMPTY_RA_HEADER } from '../../src/decode/nd/ra-header.ts';
import { addr6 } from '../../src/net/addr6.ts';
import type { PvdId } from '../../src/net/pvd-id.ts';
import type { Change } from '../../src/state/change.ts';
import { raContent } from '../../src/state/ra-content.ts';
import type { RaObservation } from '../../src/verify/observation.ts';
import {
  address,
  at,
  feed,
  link,
  pio,
  pvd,
  RA_DEFAULT,
  RA_PREFIX,
  type RaSpec,
  raDoneEvent,
  raEvent,
  rio,
  route,
  SEC,
  SLAAC,
  stateOf,
  worldOf,
} from '../state/fixture.ts';

const RED = 'red.example' as PvdId;
const BEFORE: readonly KernelEvent[] = [link(at(1), 1, 'lo'), link(at(1)), link(at(1), 3)];
const gateway = addr6('fe80::1');

/** An RA at 10 s with what the kernel made of it. */
function received(
  spec: RaSpec,
  made: readonly KernelEvent[] = [],
  fields: Partial<RaObservation> = {},
  before: readonly KernelEvent[] = [],
): RaObservation {
  const world = worldOf([...BEFORE, ...before]);
  const event = raEvent(10, spec);
  const changes = feed(world, [event, ...made, raDoneEvent(event, spec.accepted)]);
  const content = raContent(event);
  if (content === undefined) throw new Error('the RA is dropped');
  return {
    subject: 'ra',
    decoded: decodeRa(event.message, { saddr: event.saddr, hopLimit: 255, verifyChecksum: false }),
    content,
    accepted: spec.accepted ?? true,
    snapshot: stateOf(world),
    changes: changes.filter(({ object }) => object !== 'pvd'),
    ...fields,
  };
}

const A = '2001:db8:a::/64';
const B = '2001:db8:b::/64';
const inA = address(at(10), '2001:db8:a::5', SLAAC);
const inB = address(at(10), '2001:db8:b::5', SLAAC);
const onLinkB = route(at(10), 7, B, RA_PREFIX);
const byDefault = route(at(10), 1, '::/0', { gateway, ...RA_DEFAULT, expiresNs: 1810n * SEC });
const rioB = route(at(10), 8, B, { gateway, ...RA_DEFAULT, flags: 0xc40003 });
const lladdr = (text: string): Change =>
  ({
    netnsCookie: 4099n,
    object: 'neighbour',
    op: 'change',
    key: '2 fe80::1',
    value: { addr: gateway, ifindex: 2, nudState: 4, isRouter: true, lladdr: text },
  }) as const;
const slla = { kind: 'slla', lladdr: Uint8Array.of(2, 0, 0, 0, 0, 1) } as const;
const NESTED = { options: [pio(A), pvd(RED, [pio(B)])] };
const TWO = { options: [pio(A), slla, pvd(RED), pvd('blue.example', [pio(B)])] };
/** An FQDN that does not end. */
const MALFORMED = {
  options: [pio(A), slla, { kind: 'raw', type: 21, data: new Uint8Array(6).fill(63) } as const],
};

const INNER = { ...EMPTY_RA_HEADER, lifetimeSec: 600, preference: 'high', hopLimit: 7 } as const;
const INNER_RA = { options: [pvd(RED, [], { ra: INNER })] };
const HIGH = 0x0800_0000;
const innerDefault = (expires: bigint, flags: number): KernelEvent =>
  route(at(10), 1, '::/0', {
    gateway,
    ...RA_DEFAULT,
    flags: RA_DEFAULT.flags | flags,
    expiresNs: expires * SEC,
  });
const hopLimit = (value: number): Change =>
  ({
    netnsCookie: 4099n,
    object: 'devconf',
    op: 'change',
    key: '2',
    value: { ifindex: 2, conf: { hopLimit: value } },
  }) as unknown as Change;

const ZERO = { header: { lifetimeSec: 0 }, options: [pio(A)] };
const ours = route(at(5), 1, '::/0', { gateway, ...RA_DEFAULT });
const theirs = route(at(5), 2, '::/0', { gateway: addr6('fe80::2'), ...RA_DEFAULT });
const gone = (event: KernelEvent): KernelEvent => ({ ...event, ...at(10, 'del') }) as KernelEvent;

const again = (sequence: number, ...options: ReturnType<typeof pio>[]): RaSpec => ({
  options: [...options, pvd(RED, [], { sequence })],
});
const previous = received(again(1, pio(A))).content;
const tag = (observation: RaObservation, pvdId: PvdId | null): RaObservation => {
  const routes = observation.changes?.filter(({ object }) => object === 'route') ?? [];
  return { ...observation, kernelTags: new Map(routes.map(({ key }) => [key, pvdId])) };
};

export interface RaCase {
  readonly holds: readonly RaObservation[];
  readonly breaks: readonly RaObservation[];
  readonly open?: readonly RaObservation[];
  readonly apart?: readonly RaObservation[];
}

/** By id: observations that keep it, break it, leave it open, and are none of its business. */
export const RA_CASES: Readonly<Record<string, RaCase>> = {
  I16: {
    holds: [received(NESTED, [], { kernelPvds: ['red.example.'] })],
    breaks: [
      received(NESTED, [], { kernelPvds: [] }),
      received(TWO, [], { kernelPvds: ['red.example.', 'blue.example.'] }),
    ],
    open: [received(NESTED)],
    apart: [received({ ...NESTED, accepted: false })],
  },
  I17: {
    holds: [
      received(NESTED, [], { kernelPvds: ['red.example.'] }),
      received(NESTED, [], { kernelPvds: ['red.example'] }),
    ],
    breaks: [received(NESTED, [], { kernelPvds: ['red.example..'] })],
    open: [received(NESTED)],
    apart: [received({ options: [pio(A)] }, [], { kernelPvds: ['fe80::1%eth2'] })],
  },
  I19: {
    holds: [
      received(TWO, [inA, byDefault]),
      received(TWO, [], { changes: [lladdr('02:00:00:00:00:01')] }),
    ],
    breaks: [
      received(TWO, [inA, inB]),
      received(TWO, [onLinkB]),
      received(TWO, [], { changes: [lladdr('02:00:00:00:00:66')] }),
    ],
    open: [received(TWO, [], { changes: undefined })],
    apart: [received(NESTED, [inB])],
  },
  I20: {
    holds: [received(NESTED, [inA], { parsePvd: false })],
    breaks: [received(NESTED, [inA, inB], { parsePvd: false })],
    open: [received(NESTED, [], { parsePvd: false, changes: undefined })],
    apart: [received(NESTED, [inB], { parsePvd: true }), received(NESTED, [inB])],
  },
  I21: {
    holds: [received({ ...NESTED, accepted: false }, [], { kernelPvds: [] })],
    breaks: [received({ ...NESTED, accepted: false }, [], { kernelPvds: ['red.example.'] })],
    open: [received({ ...NESTED, accepted: false })],
    apart: [received(NESTED)],
  },
  I24: {
    holds: [tag(received(NESTED, [byDefault, onLinkB]), RED)],
    breaks: [tag(received(NESTED, [byDefault]), null)],
    open: [received(NESTED, [byDefault])],
    apart: [tag(received({ ...NESTED, accepted: false }), RED)],
  },
  I25: {
    holds: [
      received(INNER_RA, [innerDefault(610n, HIGH)]),
      received(INNER_RA, [], { changes: [hopLimit(7)] }),
    ],
    breaks: [
      received(INNER_RA, [innerDefault(1810n, HIGH)]),
      received(INNER_RA, [innerDefault(610n, 0)]),
      received(INNER_RA, [], { changes: [hopLimit(64)] }),
    ],
    open: [received(INNER_RA, [], { changes: undefined })],
    apart: [received(NESTED, [byDefault])],
  },
  I26: {
    holds: [received(ZERO, [gone(ours)], {}, [ours, theirs]), received(ZERO)],
    breaks: [received(ZERO, [], {}, [ours]), received(ZERO, [gone(theirs)], {}, [theirs])],
    open: [received(ZERO, [], { changes: undefined })],
    apart: [
      received(NESTED, [], {}, [ours]),
      received({ ...ZERO, options: [rio('::/0')] }, [], {}, [ours]),
    ],
  },
  I37: {
    holds: [received(again(2, pio(A)), [], { previous })],
    breaks: [received(again(2, pio(A)), [inA], { previous })],
    open: [received(again(2, pio(A)), [], { previous, changes: undefined })],
    apart: [
      received(again(2, pio(A), pio(B)), [inB], { previous }),
      received(again(2, pio(A)), [inA]),
    ],
  },
  I48: {
    holds: [received(MALFORMED, [inA, byDefault])],
    breaks: [
      received(MALFORMED, [inB]),
      received(MALFORMED, [rioB]),
      received(MALFORMED, [], { changes: [lladdr('02:00:00:00:00:66')] }),
    ],
    open: [received(MALFORMED, [], { changes: undefined })],
    apart: [received(TWO, [inB]), received(NESTED, [inB])],
  },
  I49: {
    holds: [received(NESTED, [], { durationNs: 40_000n })],
    breaks: [received(NESTED, [], { durationNs: 21n * SEC })],
    open: [received(NESTED)],
  },
  I53: {
    holds: [received(NESTED, [inA, byDefault])],
    breaks: [received(NESTED, [inB]), received(NESTED, [onLinkB])],
    open: [received(NESTED, [], { changes: undefined })],
    apart: [received({ options: [pio(B), pvd(RED)] }, [inB])],
  },
};
