/** What an RA may do to addresses, routes and neighbours, and what it may not. */

import type { Change } from '../../state/change.ts';
import type { RaContent } from '../../state/ra-content.ts';
import type { Route } from '../../state/snapshot.ts';
import { broken, type Holding, type Invariant, unless } from '../invariant.ts';
import type { RaObservation } from '../observation.ts';
import { changeText, type Honoured, outside, unexplained } from './ra-explained.ts';

const KEPT = ['linux-pvd', 'rfc'] as const;
const RTF_DEFAULT = 0x10000;
const RTF_ADDRCONF = 0x40000;
const RTF_PREF_SHIFT = 27;
/** `ICMPV6_ROUTER_PREF_*`, as the flags of a route have it. */
const PREF = { high: 1, medium: 0, low: 3, reserved: 0 } as const;
const NS_PER_SEC = 1_000_000_000n;
/** A lifetime in seconds on a timer of jiffies. */
const SLACK_NS = 2n * NS_PER_SEC;

/** Holds when the options that count explain every effect. */
function nothingBeyond(o: RaObservation, applies: boolean, honoured: Honoured): Holding {
  if (!applies || !o.accepted) return 'not-applicable';
  if (o.changes === undefined) return 'unobservable';
  const effect = unexplained(o.changes, honoured);
  return unless(effect === undefined, () => {
    return `the RA of ${o.content.ra.router} made ${changeText(effect as Change)}`;
  });
}

function hasIgnored({ decoded }: RaObservation, duplicate: boolean): boolean {
  return decoded.options.some(({ name, reason }) => {
    return name === 'PvD' && reason !== null && (reason === 'pvd-duplicate') === duplicate;
  });
}

function hasNested({ content }: RaObservation): boolean {
  return content.options.some(({ nested }) => nested);
}

function isVisibleWithItsPvd(o: RaObservation): Holding {
  if (!o.accepted) return 'not-applicable';
  if (o.changes === undefined || o.kernelTags === undefined) return 'unobservable';
  for (const change of o.changes) {
    if (change.object !== 'route' || change.op !== 'new') continue;
    if ((change.value.flags & RTF_ADDRCONF) === 0) continue;
    if ((o.kernelTags.get(change.key) ?? null) === null) {
      return broken(`${changeText(change)} became visible without a PvD`);
    }
  }
  return 'holds';
}

/** RFC 8801, section 3.4: the header inside takes precedence. */
function innerHeaderCounts(o: RaObservation): Holding {
  const { content, changes, accepted } = o;
  const { header, outerHeader, ra } = content;
  if (!accepted || header === outerHeader) return 'not-applicable';
  if (changes === undefined) return 'unobservable';
  for (const change of changes) {
    if (change.object === 'devconf' && header.hopLimit !== 0) {
      const { hopLimit } = change.value.conf;
      if (hopLimit !== header.hopLimit) return broken(`hop limit ${hopLimit}, ${inner(content)}`);
    }
    if (change.object !== 'route' || change.op === 'del') continue;
    const { value: route } = change;
    if (!isDefaultOf(route, content)) continue;
    const wantNs = ra.tsNs + BigInt(header.lifetimeSec) * NS_PER_SEC;
    const pref = (route.flags >>> RTF_PREF_SHIFT) & 3;
    const offNs = (route.expiresNs ?? 0n) - wantNs;
    const isTimely = header.lifetimeSec > 0 && offNs <= SLACK_NS && -offNs <= SLACK_NS;
    if (!isTimely || pref !== PREF[header.preference]) {
      return broken(
        `default route until ${route.expiresNs}, preference ${pref}, ${inner(content)}`,
      );
    }
  }
  return 'holds';
}

function inner({ header, ra }: RaContent): string {
  const { lifetimeSec, preference, hopLimit } = header;
  return `inside at ${ra.tsNs}: ${lifetimeSec} s, ${preference}, hop limit ${hopLimit}`;
}

function isDefaultOf(route: Route, { ra }: RaContent): boolean {
  const { flags, gateway, oif } = route;
  const mask = RTF_DEFAULT | RTF_ADDRCONF;
  return (flags & mask) === mask && gateway === ra.router && oif === ra.ifindex;
}

function endsItsDefaultOnly(o: RaObservation): Holding {
  const { content, changes, accepted, snapshot } = o;
  const { header, outerHeader, ra, options } = content;
  if (!accepted || header.lifetimeSec !== 0 || outerHeader.lifetimeSec !== 0) {
    return 'not-applicable';
  }
  const asksFor = options.some(({ option }) => option.kind === 'rio' && option.prefix === '::/0');
  if (asksFor) return 'not-applicable';
  if (changes === undefined) return 'unobservable';
  for (const change of changes) {
    if (change.object !== 'route' || change.op !== 'del') continue;
    const isDefault = (change.value.flags & RTF_DEFAULT) !== 0;
    if (isDefault && !isDefaultOf(change.value, content)) {
      const { gateway, oif } = change.value;
      return broken(`lifetime 0 from ${ra.router} removed the route via ${gateway} dev ${oif}`);
    }
  }
  for (const route of snapshot.routes.values()) {
    if (isDefaultOf(route, content)) {
      return broken(`lifetime 0 from ${ra.router} left its default route dev ${ra.ifindex}`);
    }
  }
  return 'holds';
}

function identityChangesNothing(o: RaObservation): Holding {
  const { content, previous, changes, accepted } = o;
  if (!accepted || content.pvd.kind !== 'explicit' || previous === undefined) {
    return 'not-applicable';
  }
  if (previous.pvd.id !== content.pvd.id || !saysTheSame(previous, content))
    return 'not-applicable';
  if (changes === undefined) return 'unobservable';
  const effect = changes.find(
    ({ object, op }) => op !== 'change' && (object === 'address' || object === 'route'),
  );
  return unless(effect === undefined, () => {
    const { id, sequence } = content.pvd;
    return `sequence ${sequence} of ${id}, nothing else new, made ${changeText(effect as Change)}`;
  });
}

/** Whether two RAs differ in the flags and the sequence of their PvD option at most. */
function saysTheSame(a: RaContent, b: RaContent): boolean {
  return words(a) === words(b);
}

function words({ header, options }: RaContent): string {
  const said = options.map(({ option, nested }) => ({ ...option, nested, offset: 0 }));
  return JSON.stringify([{ ...header, checksum: 0 }, said], (_, value) =>
    value instanceof Uint8Array ? [...value] : value,
  );
}

export const RA_EFFECT: readonly Invariant[] = [
  {
    id: 'I19',
    code: 'pvd.second-option',
    source: 'RFC 8801, section 3.4',
    text: 'A second PvD option in an RA has no effect on addresses, routes or neighbours.',
    profiles: ['linux', ...KEPT],
    checks: { ra: (o) => nothingBeyond(o, hasIgnored(o, true), o.content) },
  },
  {
    id: 'I20',
    code: 'pvd.parse-off',
    source: 'net.ipv6.conf.*.parse_pvd',
    text: 'With parse_pvd off nothing inside a PvD option has an effect.',
    profiles: ['linux-pvd', 'netpvd-4.15'],
    checks: {
      ra: (o) => nothingBeyond(o, o.parsePvd === false && hasNested(o), outside(o)),
    },
  },
  {
    id: 'I24',
    code: 'pvd.route-at-once',
    source: 'RFC 8801, section 3.4; rt6_add_dflt_router(), rt6_route_rcv()',
    text: 'No route of an RA is visible without its PvD, not even for a moment.',
    profiles: KEPT,
    checks: { ra: isVisibleWithItsPvd },
  },
  {
    id: 'I25',
    code: 'pvd.inner-header',
    source: 'RFC 8801, section 3.4',
    text: 'Lifetime, preference and hop limit are those of the RA header inside, if there is one.',
    profiles: ['linux-pvd', 'netpvd-4.15'],
    checks: { ra: innerHeaderCounts },
  },
  {
    id: 'I26',
    code: 'ra.lifetime-0',
    source: 'RFC 4861, section 6.3.4',
    text: 'Router lifetime 0 removes the default route of that router and device, and no other.',
    profiles: ['linux', ...KEPT, 'netpvd-4.15'],
    checks: { ra: endsItsDefaultOnly },
  },
  {
    id: 'I37',
    code: 'pvd.identity-only',
    source: 'RFC 8801, section 3.1',
    text: 'A new sequence number or H, L, R flag alone makes and removes no address and no route.',
    profiles: ['linux', ...KEPT, 'netpvd-4.15'],
    checks: { ra: identityChangesNothing },
  },
  {
    id: 'I48',
    code: 'pvd.malformed-option',
    source: 'RFC 4861, section 6.1.2; RFC 8801, section 3.1',
    text: 'A malformed PvD option has no effect on addresses, routes or neighbours.',
    profiles: ['linux', ...KEPT],
    checks: { ra: (o) => nothingBeyond(o, hasIgnored(o, false), o.content) },
  },
  {
    id: 'I53',
    code: 'pvd.unaware',
    source: 'RFC 8801, section 3.3',
    text: 'On a kernel that does not know PvD nothing inside a PvD option has an effect.',
    profiles: ['linux'],
    checks: { ra: (o) => nothingBeyond(o, hasNested(o), outside(o)) },
  },
];
