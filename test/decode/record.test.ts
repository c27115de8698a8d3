/** Records: what the kernel and the agent write is read back; what nobody wrote is refused. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { KIND, LAYOUT, LIMIT } from '../../src/decode/layout.gen.ts';
import { decodeRecord, encodeRecord } from '../../src/decode/record.ts';
import { anyEvent, eventOf, KINDS } from './record-arbitrary.ts';

const H = LAYOUT.pvd_hdr;

/** 40 bytes as `struct pvd_hdr`, then `body`. */
function raw(fields: { kind: number; version?: number; len?: number }, body = 0): Uint8Array {
  const bytes = new Uint8Array(H.size + body);
  const view = new DataView(bytes.buffer);
  view.setUint16(H.kind, fields.kind, true);
  view.setUint8(H.version, fields.version ?? LIMIT.WIRE_VERSION);
  view.setUint32(H.len, fields.len ?? bytes.length, true);
  return bytes;
}

/** What an event of kind `unknown` says; undefined for others. */
function refusal(bytes: Uint8Array, offset?: number, len?: number): string | undefined {
  const event = decodeRecord(bytes, offset, len);
  return event.kind === 'unknown' ? event.reason : undefined;
}

describe('every kind', () => {
  test('has a codec', () => {
    const known = Object.values(KIND).filter((kind) => kind !== KIND.NONE);
    assert.equal(KINDS.length, known.length);
    for (const kind of known) assert.notEqual(refusal(raw({ kind })), 'kind', `kind ${kind}`);
  });

  for (const kind of KINDS) {
    test(`${kind} survives a round trip, wherever its record lies`, () => {
      fc.assert(
        fc.property(eventOf(kind), fc.nat(9), (event, shift) => {
          const record = encodeRecord(event);
          assert.equal(record.length % 8, 0);
          const bytes = new Uint8Array(shift + record.length + 3).fill(0xee);
          bytes.set(record, shift);
          assert.deepEqual(decodeRecord(bytes, shift), event);
          assert.deepEqual(decodeRecord(bytes.subarray(shift), 0, record.length), event);
        }),
        { numRuns: 60 },
      );
    });
  }
});

describe('hostile bytes', () => {
  test('never throw', () => {
    const bytes = fc.uint8Array({ maxLength: 600 });
    fc.assert(fc.property(bytes, fc.nat(50), (b, offset) => void decodeRecord(b, offset)));
  });

  test('never throw below a valid header', () => {
    const kinds = fc.constantFrom(...Object.values(KIND));
    fc.assert(
      fc.property(kinds, fc.uint8Array({ maxLength: 600 }), (kind, body) => {
        const bytes = new Uint8Array([...raw({ kind, len: H.size + body.length }), ...body]);
        assert.ok(decodeRecord(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  test('a record that is cut anywhere is short', () => {
    fc.assert(
      fc.property(anyEvent, fc.double({ min: 0, max: 0.999, noNaN: true }), (event, part) => {
        const record = encodeRecord(event);
        const cut = Math.floor(record.length * part);
        assert.equal(refusal(record.subarray(0, cut)), 'short');
        assert.equal(refusal(record, 0, cut), 'short');
      }),
    );
  });

  const cases: readonly [string, Uint8Array, string][] = [
    ['nothing', new Uint8Array(0), 'short'],
    ['less than a header', new Uint8Array(39), 'short'],
    ['unknown kind', raw({ kind: 77 }), 'kind'],
    ['newer version', raw({ kind: KIND.TICK, version: LIMIT.WIRE_VERSION + 1 }), 'version'],
    ['version 0', raw({ kind: KIND.TICK, version: 0 }), 'version'],
    ['len past the end', raw({ kind: KIND.TICK, len: 48 }), 'short'],
    ['len below the header', raw({ kind: KIND.TICK, len: 39 }), 'short'],
    ['len below the struct', raw({ kind: KIND.ADDR }, 8), 'short'],
    ['JSON that is none', raw({ kind: KIND.LOST }, 8), 'malformed'],
  ];
  for (const [name, bytes, reason] of cases) {
    test(`${name}: ${reason}`, () => assert.equal(refusal(bytes), reason));
  }

  test('an offset or length outside the bytes is short', () => {
    const tick = raw({ kind: KIND.TICK });
    assert.equal(refusal(tick, -1), 'short');
    assert.equal(refusal(tick, 1), 'short');
    assert.equal(refusal(tick, 0, 1e9), undefined);
    assert.equal(refusal(tick, 0, Number.NaN), 'short');
  });

  test('an RA whose cap_len reaches past its record is malformed', () => {
    const bytes = raw({ kind: KIND.RA }, LAYOUT.pvd_ra.size - H.size + 8);
    new DataView(bytes.buffer).setUint16(LAYOUT.pvd_ra.cap_len, 9, true);
    assert.equal(refusal(bytes), 'malformed');
  });

  const startBody =
    '{"version":"","host":"","bootId":"","kernel":"","hz":250,"realtimeOffsetNs":"0","hooks":[]';
  const bodies: readonly [keyof typeof KIND, string][] = [
    ['LOST', '{"byKind":{"route":-1},"total":0}'],
    ['LOST', '{"byKind":[],"total":0}'],
    ['LOST', `${'['.repeat(60000)}`],
    ['AGENT_NETNS', '{"name":1,"inum":2}'],
    ['AGENT_START', '{"version":"1"}'],
    ['AGENT_START', `${startBody},"quirks":{"mip6":1}}`],
    ['AGENT_START', `${startBody},"quirks":[]}`],
    ['DUMP_END', '{"missing":[{"part":"x"}]}'],
    ['DUMP_END', `{"missing":[],"pad":"${'x'.repeat(70000)}"}`],
  ];
  for (const [kind, text] of bodies) {
    test(`${kind} with the body ${text.slice(0, 40)} is malformed`, () => {
      const body = new TextEncoder().encode(text);
      const bytes = new Uint8Array([
        ...raw({ kind: KIND[kind], len: H.size + body.length }),
        ...body,
      ]);
      assert.equal(refusal(bytes), 'malformed');
    });
  }

  test('a dump mark without a body misses nothing', () => {
    const event = decodeRecord(raw({ kind: KIND.DUMP_BEGIN }));
    assert.deepEqual(event.kind === 'dump-begin' && event.missing, []);
  });
});

test('bytes of an RA are copies, for the ring is reused', () => {
  const [event] = fc.sample(eventOf('ra'), { numRuns: 1, seed: 1 });
  assert.ok(event?.kind === 'ra');
  const record = encodeRecord(event);
  const decoded = decodeRecord(record);
  record.fill(0);
  assert.deepEqual(decoded, event);
});
