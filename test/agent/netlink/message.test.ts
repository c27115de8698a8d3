import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeAttribute, encodeU32 } from '../../../agent/netlink/attributes.ts';
import {
  decodeStatus,
  eachMessage,
  encodeMessage,
  type NetlinkMessage,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '../../../agent/netlink/message.ts';

const CAPPED_WITH_TLVS = 0x300;
const WITH_TLVS = 0x200;

function only(bytes: Uint8Array): NetlinkMessage {
  const [message, ...more] = eachMessage(bytes);
  assert.ok(message);
  assert.equal(more.length, 0);
  return message;
}

function s32(value: number): Uint8Array {
  return new Uint8Array(new Int32Array([value]).buffer);
}

const ACK_TEXT = encodeAttribute(1, Buffer.from('Unknown device\0'));
const ACK_OFFSET = encodeU32(2, 20);
const ECHO = encodeMessage(34, 0x301, 7, [new Uint8Array(13)]);

const STATUS: readonly [
  name: string,
  type: number,
  flags: number,
  body: Uint8Array[],
  want: [errno: number, text: string, offset: number | undefined],
][] = [
  ['an ack', NLMSG_ERROR, 0x100, [s32(0), ECHO.subarray(0, 16)], [0, '', undefined]],
  ['a bare error', NLMSG_ERROR, 0x100, [s32(-95), ECHO.subarray(0, 16)], [95, '', undefined]],
  [
    'an error with its text, request capped',
    NLMSG_ERROR,
    CAPPED_WITH_TLVS,
    [s32(-22), ECHO.subarray(0, 16), ACK_TEXT, ACK_OFFSET],
    [22, 'Unknown device', 20],
  ],
  [
    'an error with its text behind the whole request',
    NLMSG_ERROR,
    WITH_TLVS,
    [s32(-22), ECHO, new Uint8Array(3), ACK_TEXT],
    [22, 'Unknown device', undefined],
  ],
  ['a good end of a dump', NLMSG_DONE, 2, [s32(0)], [0, '', undefined]],
  ['an end of a dump without a code', NLMSG_DONE, 2, [], [0, '', undefined]],
  [
    'a failed end of a dump with its text',
    NLMSG_DONE,
    WITH_TLVS,
    [s32(-16), ACK_TEXT],
    [16, 'Unknown device', undefined],
  ],
  ['attributes promised, none there', NLMSG_ERROR, WITH_TLVS, [s32(-1)], [1, '', undefined]],
];

for (const [name, type, flags, body, [errno, text, offset]] of STATUS) {
  test(`status: ${name}`, () => {
    const message = only(encodeMessage(type, flags, 7, body));
    assert.deepEqual(decodeStatus(message), { errno, text, offset });
  });
}

test('messages follow each other, padded to four bytes', () => {
  const first = encodeMessage(16, 2, 1, [Uint8Array.of(1, 2, 3, 4, 5)]);
  const second = encodeMessage(17, 2, 1, [Uint8Array.of(6)]);
  const got = [...eachMessage(Buffer.concat([first, new Uint8Array(3), second]))];
  assert.deepEqual(
    got.map(({ type, payload }) => [type, [...payload]]),
    [
      [16, [1, 2, 3, 4, 5]],
      [17, [6]],
    ],
  );
});

test('a message cut short or with a length below its header ends the datagram', () => {
  const whole = encodeMessage(16, 2, 1, [new Uint8Array(8)]);
  assert.deepEqual([...eachMessage(whole.subarray(0, 23))], []);
  whole[0] = 15;
  assert.deepEqual([...eachMessage(whole)], []);
  whole[0] = 0;
  assert.deepEqual([...eachMessage(whole)], []);
});

test('any bytes: never throws, and so does reading their status', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const message of eachMessage(bytes)) decodeStatus(message);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(0xffff), (payload, flags) => {
      for (const type of [NLMSG_ERROR, NLMSG_DONE]) {
        assert.ok(decodeStatus({ type, flags, seq: 0, payload }).errno >= 0);
      }
    }),
  );
});
