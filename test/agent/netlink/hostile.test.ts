/** Decoders on messages that no kernel sends: nothing is thrown, sizes stay bounded. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeAttribute } from '../../../agent/netlink/attributes.ts';
import type { DumpItem } from '../../../agent/netlink/dump-netns.ts';
import { decodeLink } from '../../../agent/netlink/link.ts';
import { decodeNexthop } from '../../../agent/netlink/nexthop.ts';
import { recordOf } from '../../../agent/netlink/record.ts';
import { decodeRoute } from '../../../agent/netlink/route.ts';
import { decodeRule } from '../../../agent/netlink/rule.ts';
import { DECODERS, GOLDEN_FILES, readGolden, spanAt } from './golden.ts';

const CLOCK = { origin: { netnsCookie: 7n, tsNs: 10n ** 12n }, span: spanAt(0n, 10n ** 12n) };

/** The events in what a decoder returned. */
function eventsIn(value: unknown): DumpItem[] {
  if (value === undefined || value === null || typeof value !== 'object') return [];
  if ('kind' in value && 'hook' in value) return [value as DumpItem];
  return Object.values(value).flatMap(eventsIn);
}

for (const [file, name] of Object.entries(GOLDEN_FILES)) {
  const decode = DECODERS[name];
  assert.ok(decode);
  const golden = readGolden(file);
  const types = [...new Set(golden.messages.map((message) => message.type))];

  test(`${file}: every truncation decodes to something or nothing`, () => {
    for (const message of golden.messages) {
      for (let len = 0; len < message.payload.length; len++) {
        decode({ ...message, payload: message.payload.subarray(0, len) }, golden);
      }
    }
  });

  test(`${file}: flipped bytes never throw, and what they give can be recorded`, () => {
    const flips = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...golden.messages), flips, (message, list) => {
        const payload = message.payload.slice();
        for (const [at, value] of list) payload[at % payload.length] = value;
        for (const event of eventsIn(decode({ ...message, payload }, golden))) recordOf(event);
      }),
      { numRuns: 300 },
    );
  });

  test(`${file}: any payload never throws`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 120 }), (type, payload) => {
        decode({ type, flags: 2, seq: 1, payload }, CLOCK);
      }),
    );
  });

  test(`${file}: other types of message are not taken for it`, () => {
    for (const message of golden.messages) {
      const got = decode({ ...message, type: 1000 }, golden);
      assert.deepEqual(got ?? [], []);
    }
  });
}

test('a link-layer address and names are bounded', () => {
  const long = encodeAttribute(1, new Uint8Array(60_000).fill(0xab));
  const payload = Buffer.concat([new Uint8Array(16), long]);
  const decoded = decodeLink({ type: 16, flags: 2, seq: 1, payload }, CLOCK.origin);
  assert.equal(decoded?.link.lladdr.length, 32 * 3 - 1);
});

test('a rule with a long device name keeps what a device name can have', () => {
  const name = encodeAttribute(3, Buffer.from('x'.repeat(500)));
  const payload = Buffer.concat([Uint8Array.of(10, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0), name]);
  const decoded = decodeRule({ type: 32, flags: 2, seq: 1, payload }, CLOCK.origin, new Map());
  assert.equal(decoded?.rule.iifname.length, 15);
});

test('members beyond the limit are cut and the event says so', () => {
  const group = new Uint8Array(8 * 40);
  for (let i = 0; i < 40; i++) group[8 * i] = i + 1;
  const id = encodeAttribute(1, Uint8Array.of(9, 0, 0, 0));
  const payload = Buffer.concat([new Uint8Array(8), id, encodeAttribute(2, group)]);
  const event = decodeNexthop({ type: 104, flags: 2, seq: 1, payload }, CLOCK.origin);
  assert.equal(event?.members.length, 16);
  assert.equal(event?.truncated, true);
});

test('hops of a multipath route that claim no length do not loop', () => {
  const multipath = encodeAttribute(9, new Uint8Array(64));
  const payload = Buffer.concat([Uint8Array.of(10, 64, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0), multipath]);
  const events = decodeRoute({ type: 24, flags: 2, seq: 1, payload }, CLOCK.origin, () => 1n);
  assert.equal(events.length, 1);
});
