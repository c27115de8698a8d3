/** What programs do for a PvD: resolvers, and fetchers of additional information. */

import { broken, type Holding, type Invariant, unless } from '../invariant.ts';
import type { ProgramObservation } from '../observation.ts';
import { pvdText } from './flow.ts';

const NS_PER_MS = 1_000_000n;

function asksItsServers(o: ProgramObservation): Holding {
  if (o.op !== 'dns-query' || o.binding.length === 0) return 'not-applicable';
  const { binding, server, sourcePvd, snapshot } = o;
  const known = binding.some((id) =>
    snapshot.pvds.get(id)?.rdnss.some(({ value }) => value === server),
  );
  if (!known) return broken(`bound to ${binding.join(', ')}, it asked ${server}, no RDNSS of it`);
  if (sourcePvd === undefined) return 'unobservable';
  return unless(
    sourcePvd !== null && binding.includes(sourcePvd),
    () => `bound to ${binding.join(', ')}, it asked ${server} from ${pvdText(sourcePvd)}`,
  );
}

/** RFC 8801, section 4.1: a uniform delay between 0 and 2^(10 + Delay) ms. */
function fetchesAsTold(o: ProgramObservation): Holding {
  if (o.op !== 'fetch') return 'not-applicable';
  const pvd = o.snapshot.pvds.get(o.pvd);
  if (pvd === undefined || !pvd.http) return broken(`${o.pvd} was fetched without its H flag`);
  const { routePvd, sequenceNs, drawnMs, startNs } = o;
  if (routePvd === undefined) return 'unobservable';
  if (routePvd !== o.pvd) return broken(`${o.pvd} was fetched over ${pvdText(routePvd)}`);
  if (sequenceNs === undefined) return 'holds';
  if (drawnMs === undefined) return 'unobservable';
  const maxMs = 2 ** (10 + pvd.delay);
  const waitedMs = (startNs - sequenceNs) / NS_PER_MS;
  return unless(
    drawnMs <= maxMs && waitedMs >= BigInt(Math.floor(drawnMs)),
    () => `${o.pvd} was fetched after ${waitedMs} ms; drawn: ${drawnMs} of at most ${maxMs} ms`,
  );
}

export const PROGRAM: readonly Invariant[] = [
  {
    id: 'I51',
    code: 'pvd.dns-query',
    source: 'RFC 7556, section 5.2.1; RFC 8801, section 3.4',
    text: 'A bound process asks only DNS servers of its PvD, from an address of it.',
    profiles: ['rfc'],
    checks: { program: asksItsServers },
  },
  {
    id: 'I52',
    code: 'pvd.fetch',
    source: 'RFC 8801, section 4.1',
    text: 'Additional information is fetched with H only, over its PvD, and after the delay drawn.',
    profiles: ['rfc'],
    checks: { program: fetchesAsTold },
  },
];
