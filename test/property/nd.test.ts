/** Properties of the Neighbor Discovery codec. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { icmp6Checksum } from '../../src/decode/nd/checksum.ts';
import type { DecodedOption, NdOption } from '../../src/decode/nd/option.ts';
import { EXPERIMENTAL_TYPES } from '../../src/decode/nd/options.ts';
import { decodeRa, encodeRa, type RaDecoded } from '../../src/decode/nd/ra.ts';
import { raPvds, raPvdUnaware } from '../../src/decode/nd/ra-pvds.ts';
import { RULES } from '../../src/decode/nd/rules.ts';
import { type Addr6, addr6 } from '../../src/net/addr6.ts';
import { dnsNameToWire, readWireName } from '../../src/net/dns-name.ts';
import { toJson } from '../../src/net/json.ts';
import { addr6Arb, hostileArb, raArb, wireNameArb } from './nd-arbitrary.ts';

const RUNS = { numRuns: 2000 };

function flat(options: readonly DecodedOption[]): DecodedOption[] {
  return options.flatMap((o) => (o.kind === 'pvd' ? [o, ...flat(o.options)] : [o]));
}

function wasWalked(ra: RaDecoded): boolean {
  const codes = ra.problems.map(({ code }) => code);
  return !codes.some((code) => /^option-(length-zero|overrun)|padding-not-zero/.test(code));
}

test('what was encoded is decoded to the same octets and the same content', () => {
  fc.assert(
    fc.property(raArb, (ra) => {
      const bytes = encodeRa(ra);
      const decoded = decodeRa(bytes);
      assert.ok(decoded.header);
      assert.deepEqual(decoded.header, { ...ra.header });
      assert.deepEqual(
        decoded.options.map(({ kind }) => kind),
        ra.options.map(({ kind }) => kind),
      );
      for (const [i, option] of ra.options.entries()) sameContent(decoded.options[i], option);
      assert.deepEqual(encodeRa({ header: decoded.header, options: decoded.options }), bytes);
      assert.equal(decoded.outcome, 'accept');
    }),
    RUNS,
  );
});

function sameContent(decoded: DecodedOption | undefined, option: NdOption): void {
  for (const [key, value] of Object.entries(option)) {
    if (key === 'options') {
      const nested = decoded?.kind === 'pvd' ? decoded.options : [];
      (value as NdOption[]).forEach((inner, i) => {
        sameContent(nested[i], inner);
      });
      continue;
    }
    const got = (decoded as unknown as Record<string, unknown>)[key];
    assert.deepEqual(toJson(got), toJson(value), key);
  }
}

test('hostile octets are decoded without a throw, within bounds, and told apart', () => {
  fc.assert(
    fc.property(hostileArb, fc.boolean(), (bytes, drafts) => {
      // Octets around the message must not matter: they are there, and differ.
      const wide = new Uint8Array(bytes.length + 64).fill(0xa5);
      wide.set(bytes, 32);
      const view = wide.subarray(32, 32 + bytes.length);
      const options = drafts ? { pvdTypes: EXPERIMENTAL_TYPES } : {};
      const decoded = decodeRa(view, options);
      wide.fill(0x5a, 0, 32).fill(0x5a, 32 + bytes.length);
      assert.deepEqual(decodeRa(view, options), decoded);
      for (const problem of decoded.problems) {
        assert.ok(problem.offset >= 0 && problem.offset <= bytes.length, problem.code);
        assert.equal(problem.message, RULES[problem.code].message);
      }
      for (const option of flat(decoded.options)) {
        assert.ok(option.offset >= 16 && option.offset + option.lenBytes <= bytes.length);
        assert.equal(option.outcome === 'ignored', option.reason !== null);
      }
      assert.equal(decoded.outcome === 'drop', decoded.reason !== null);
      assert.ok(decoded.outcome === 'accept' || RULES[decoded.reason ?? 'ra-type'] !== undefined);
    }),
    { numRuns: 5000 },
  );
});

test('hostile octets that can be walked survive the way back', () => {
  fc.assert(
    fc.property(hostileArb, (bytes) => {
      const decoded = decodeRa(bytes);
      fc.pre(decoded.header !== null && wasWalked(decoded));
      assert.deepEqual(encodeRa(decoded as never), Uint8Array.from(bytes));
    }),
    { numRuns: 3000, maxSkipsPerRun: 1000 },
  );
});

test('an accepted RA is about one PvD; nobody who does not know PvD sees what is nested', () => {
  const source = { ifindex: 3, saddr: addr6('fe80::1') };
  fc.assert(
    fc.property(raArb, (ra) => {
      const decoded = decodeRa(encodeRa(ra));
      const [pvd, ...others] = raPvds(decoded, source);
      assert.deepEqual(others, []);
      const container = ra.options.find((o) => o.kind === 'pvd');
      assert.equal(pvd?.kind, container ? 'explicit' : 'implicit');
      const nested = container?.kind === 'pvd' ? container.options.length : 0;
      assert.equal(pvd?.options.filter((o) => o.nested).length, nested);
      const outer = ra.options.length - (container ? 1 : 0);
      assert.equal(pvd?.options.filter((o) => !o.nested).length, outer);
      const unaware = raPvdUnaware(decoded, source);
      assert.equal(unaware?.options.length, outer);
      assert.deepEqual(unaware?.header, { ...ra.header });
    }),
  );
});

test('names: wire to presentation and back; visible ASCII only', () => {
  fc.assert(
    fc.property(wireNameArb, (wire) => {
      const read = readWireName(wire, 0, wire.length);
      assert.ok(read.ok);
      assert.match(read.name, /^[\x21-\x7e]+$/);
      assert.deepEqual(dnsNameToWire(read.name), wire);
    }),
    RUNS,
  );
});

test('names: any text is a name or none; what is one comes back', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'aA.\\019:-_ "') }));
  fc.assert(
    fc.property(text, (name) => {
      const wire = dnsNameToWire(name);
      if (wire === undefined) return;
      const read = readWireName(wire, 0, wire.length);
      assert.ok(read.ok && read.end === wire.length);
      assert.deepEqual(dnsNameToWire(read.name), wire);
    }),
    RUNS,
  );
});

test('the checksum covers addresses and every octet', () => {
  const saddr = addr6('fe80::1');
  const hasSum = (bytes: Uint8Array, daddr: Addr6) =>
    !decodeRa(bytes, { saddr, daddr }).problems.some(({ code }) => code === 'ra-checksum');
  fc.assert(
    fc.property(raArb, addr6Arb, fc.nat(), fc.nat({ max: 7 }), (ra, daddr, where, bit) => {
      const checksum = icmp6Checksum(encodeRa(ra), saddr, daddr);
      const bytes = encodeRa({ ...ra, header: { ...ra.header, checksum } });
      assert.ok(hasSum(bytes, daddr));
      assert.equal(hasSum(bytes, addr6('ff02::1')), daddr === 'ff02::1');
      const at = 4 + (where % (bytes.length - 4));
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      assert.ok(!hasSum(bytes, daddr));
    }),
  );
});
