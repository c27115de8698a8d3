/** Arbitrary Router Advertisements, well-formed as content. */

import fc from 'fast-check';
import type { NdOption, PlainOption } from '../../src/decode/nd/option.ts';
import type { Preference } from '../../src/decode/nd/preference.ts';
import type { Pvd } from '../../src/decode/nd/pvd.ts';
import { encodeRa, type Ra } from '../../src/decode/nd/ra.ts';
import type { RaHeader } from '../../src/decode/nd/ra-header.ts';
import { type Addr6, addr6FromBytes } from '../../src/net/addr6.ts';
import { readWireName } from '../../src/net/dns-name.ts';
import { type Prefix6, prefix6From } from '../../src/net/prefix6.ts';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const bits = (n: number) => fc.integer({ min: 0, max: 2 ** n - 1 });
const octets = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max });

export const addr6Arb: fc.Arbitrary<Addr6> = octets(16, 16).map((b) => addr6FromBytes(b));
const prefixArb = (lens: fc.Arbitrary<number>): fc.Arbitrary<Prefix6> =>
  fc.tuple(addr6Arb, lens).map(([addr, len]) => prefix6From(addr, len));
const anyLen = fc.integer({ min: 0, max: 128 });

/** A wire name of any octets, at most 255 of them. */
export const wireNameArb: fc.Arbitrary<Uint8Array> = fc
  .array(octets(1, 63), { minLength: 1, maxLength: 8 })
  .map((labels) => {
    const kept: number[] = [];
    for (const label of labels) {
      if (kept.length + label.length + 2 <= 255) kept.push(label.length, ...label);
    }
    return Uint8Array.from([...kept, 0]);
  });

/** As the decoder would name it. */
export const nameArb: fc.Arbitrary<string> = fc.oneof(
  fc.domain(),
  wireNameArb.map((wire) => {
    const name = readWireName(wire, 0, wire.length);
    return name.ok ? name.name : 'x';
  }),
);

const preferenceArb = fc.constantFrom<Preference>('low', 'medium', 'high', 'reserved');

export const headerArb: fc.Arbitrary<RaHeader> = fc.record({
  icmpType: fc.constant(134),
  code: fc.constant(0),
  checksum: fc.constant(0),
  hopLimit: u8,
  managed: fc.boolean(),
  other: fc.boolean(),
  homeAgent: fc.boolean(),
  preference: preferenceArb,
  proxy: fc.boolean(),
  reserved: bits(2),
  lifetimeSec: u16,
  reachableMs: u32,
  retransMs: u32,
});

const lladdr = octets(6, 6);
export const plainOptionArb: fc.Arbitrary<PlainOption> = fc.oneof(
  fc.record({ kind: fc.constantFrom('slla' as const, 'tlla' as const), lladdr }),
  fc.record({
    kind: fc.constant('pio' as const),
    prefix: prefixArb(fc.oneof(fc.constant(64), anyLen)),
    onLink: fc.boolean(),
    autonomous: fc.boolean(),
    routerAddress: fc.boolean(),
    pdPreferred: fc.boolean(),
    validSec: u32,
    preferredSec: u32,
    reserved1: bits(4),
    reserved2: u32,
  }),
  fc.record({
    kind: fc.constant('rio' as const),
    prefix: prefixArb(anyLen),
    preference: preferenceArb,
    lifetimeSec: u32,
    reserved: bits(8).map((b) => b & 0xe7),
  }),
  fc.record({ kind: fc.constant('mtu' as const), mtuBytes: u32, reserved: u16 }),
  fc.record({
    kind: fc.constant('rdnss' as const),
    addrs: fc.array(addr6Arb, { minLength: 1, maxLength: 4 }),
    lifetimeSec: u32,
    reserved: u16,
  }),
  fc.record({
    kind: fc.constant('dnssl' as const),
    domains: fc.array(nameArb, { minLength: 1, maxLength: 3 }),
    lifetimeSec: u32,
    reserved: u16,
  }),
  fc.record({
    kind: fc.constant('advertisement-interval' as const),
    intervalMs: u32,
    reserved: u16,
  }),
  fc.record({
    kind: fc.constant('home-agent' as const),
    haPreference: u16,
    lifetimeSec: u16,
    reserved: u16,
  }),
  fc.record({
    kind: fc.constant('pref64' as const),
    prefix: prefixArb(fc.constantFrom(32, 40, 48, 56, 64, 96)),
    lifetimeSec: bits(13).map((scaled) => 8 * scaled),
  }),
  fc.record({ kind: fc.constant('captive-portal' as const), uri: fc.webUrl() }),
  fc.record({
    kind: fc.constant('encrypted-dns' as const),
    priority: u16,
    lifetimeSec: u32,
    adn: nameArb,
    addrs: fc.array(addr6Arb, { maxLength: 2 }),
    svcParams: fc
      .uniqueArray(fc.record({ key: u16, value: octets(0, 20) }), {
        selector: ({ key }) => key,
        maxLength: 3,
      })
      .map((params) => params.sort((a, b) => a.key - b.key)),
  }),
  fc.record({ kind: fc.constant('ra-flags' as const), bits: octets(6, 6) }),
  fc.record({
    kind: fc.constant('raw' as const),
    type: fc.oneof(
      fc.constantFrom(4, 11, 12, 13, 14),
      fc.integer({ min: 41, max: 252 }).filter((type) => type !== 144),
    ),
    data: fc.integer({ min: 1, max: 4 }).chain((units) => octets(8 * units - 2, 8 * units - 2)),
  }),
);

export const pvdArb: fc.Arbitrary<Pvd> = fc.record({
  kind: fc.constant('pvd' as const),
  type: fc.constant(21),
  layout: fc.constant('rfc8801' as const),
  id: nameArb,
  http: fc.boolean(),
  legacy: fc.boolean(),
  delay: bits(4),
  sequence: u16,
  reserved: bits(9).map((b) => b << 4),
  ra: fc.option(headerArb, { nil: null }),
  options: fc.array(plainOptionArb, { maxLength: 3 }),
});

/** At most one PvD option, anywhere among the others. */
export const raArb: fc.Arbitrary<Ra> = fc
  .record({
    header: headerArb,
    before: fc.array(plainOptionArb, { maxLength: 4 }),
    pvd: fc.option(pvdArb, { nil: undefined }),
    after: fc.array(plainOptionArb, { maxLength: 2 }),
  })
  .map(({ header, before, pvd, after }) => {
    const options: NdOption[] = [...before, ...(pvd ? [pvd] : []), ...after];
    return { header, options };
  });

/** Mostly RAs with octets changed, some noise: what a fuzzer would try first. */
export const hostileArb: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }).map((rest) => Uint8Array.from([134, 0, ...rest])),
  fc
    .tuple(
      raArb,
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2, 7, 21, 63, 64, 192, 255)), {
        maxLength: 6,
      }),
      fc.nat({ max: 8 }),
    )
    .map(([ra, changes, cut]) => {
      const bytes = encodeRa(ra);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes.subarray(0, bytes.length - cut);
    }),
);
