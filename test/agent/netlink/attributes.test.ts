import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  eachAttribute,
  encodeAttribute,
  encodeU32,
  nested,
  parseAttributes,
  s32,
  text,
  u8,
  u16,
  u32,
} from '../../../agent/netlink/attributes.ts';

const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits, 'hex'));

const TABLE: readonly [name: string, bytes: string, want: readonly [number, string][]][] = [
  ['nothing', '', []],
  ['less than a header', '0500', []],
  ['an empty attribute', '04000100', [[1, '']]],
  [
    'padding between two',
    '05000100aa00000006000200bbcc',
    [
      [1, 'aa'],
      [2, 'bbcc'],
    ],
  ],
  ['the last one unpadded', '05000100aa', [[1, 'aa']]],
  ['a length below the header', '03000100aabbccdd', []],
  ['a length of zero does not loop', '00000100aabbccdd', []],
  ['a length beyond the end', '09000100aabbccdd', []],
  ['a good one before a cut one', '05000100aa0000000900020001', [[1, 'aa']]],
  ['NLA_F_NESTED is no part of the type', '05000180aa', [[1, 'aa']]],
  ['NLA_F_NET_BYTEORDER is no part of the type', '05000140aa', [[1, 'aa']]],
  ['less than a header after the last', '05000100aa000000ffff', [[1, 'aa']]],
];

for (const [name, bytes, want] of TABLE) {
  test(`attributes: ${name}`, () => {
    const got = [...eachAttribute(hex(bytes))].map(([type, value]) => [
      type,
      Buffer.from(value).toString('hex'),
    ]);
    assert.deepEqual(got, want);
  });
}

test('of equal types the last counts', () => {
  assert.equal(u8(parseAttributes(hex('05000100aa00000005000100bb')), 1), 0xbb);
});

test('a value of the wrong size reads as absent', () => {
  const attributes = parseAttributes(hex('07000100aabbcc'));
  for (const read of [u8, u16, u32, s32]) assert.equal(read(attributes, 1), undefined);
  for (const read of [u8, u16, u32, s32]) assert.equal(read(attributes, 2), undefined);
});

test('text ends at the first zero and tolerates bytes that are no UTF-8', () => {
  const attributes = parseAttributes(
    hex('080001006c6f00ff' + '060002006cff' + '0000' + '04000300'),
  );
  assert.equal(text(attributes, 1), 'lo');
  assert.equal(text(attributes, 2), 'l\ufffd');
  assert.equal(text(attributes, 3), '');
  assert.equal(text(attributes, 4), undefined);
});

test('a nest that is absent is empty', () => {
  assert.equal(nested(new Map(), 1).size, 0);
});

test('a payload that does not fit the length field is refused', () => {
  assert.throws(() => encodeAttribute(1, new Uint8Array(65532)), RangeError);
});

const attribute = fc.tuple(fc.integer({ min: 0, max: 0x3fff }), fc.uint8Array({ maxLength: 40 }));

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.array(attribute), (list) => {
      const bytes = Buffer.concat(list.map(([type, value]) => encodeAttribute(type, value)));
      const got = [...eachAttribute(bytes)].map(([type, value]) => [type, Uint8Array.from(value)]);
      assert.deepEqual(got, list);
    }),
  );
  assert.equal(u32(parseAttributes(encodeU32(3, 0xfffffffe)), 3), 0xfffffffe);
  assert.equal(s32(parseAttributes(encodeU32(3, 0xfffffffe)), 3), -2);
});

test('any bytes: never throws, stays inside, ends', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(250), (bytes, offset) => {
      let total = 0;
      for (const [type, value] of eachAttribute(bytes, offset)) {
        assert.ok(type <= 0x3fff);
        total += 4 + value.length;
      }
      assert.ok(total <= Math.max(0, bytes.length - offset));
    }),
  );
});
