/** What the PvD kernel is asked for, and what it says. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeAttribute, encodeU32, parseAttributes } from '../../../agent/netlink/attributes.ts';
import { encodeMessage, NLMSG_ERROR } from '../../../agent/netlink/message.ts';
import {
  addPvdRequest,
  decodePvd,
  deletePvdRequest,
  RTM_DELPVD,
  RTM_NEWPVD,
} from '../../../agent/netlink/pvd.ts';
import { type ChangeRequest, change } from '../../../agent/netlink/request.ts';

const join = (parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));
const s32 = (value: number) => new Uint8Array(new Int32Array([value]).buffer);

test('a domain asked for is the domain read', () => {
  const { type, flags, body } = addPvdRequest({
    name: 'a.example',
    legacy: true,
    seq: 0x1234,
    delay: 9,
  });
  assert.equal(type, RTM_NEWPVD);
  assert.equal(flags, 0x600);
  const payload = join(body);
  const read = decodePvd({ type, flags: 0, seq: 0, payload });
  assert.deepEqual(
    { ...read, router: undefined },
    {
      name: 'a.example',
      id: 0,
      ifindex: 0,
      flags: ['legacy'],
      seq: 0x1234,
      delay: 9,
      router: undefined,
      refs: 0,
    },
  );
});

test('a deletion names it and says no more', () => {
  const { type, flags, body } = deletePvdRequest('a.example');
  assert.deepEqual([type, flags], [RTM_DELPVD, 0]);
  const attributes = parseAttributes(join(body), 8);
  assert.deepEqual([...attributes.keys()], [1]);
  assert.equal(Buffer.from(attributes.get(1) ?? []).toString(), 'a.example\0');
});

const ANSWERS: readonly [string, Uint8Array | number, RegExp | undefined][] = [
  ['an ack', encodeMessage(NLMSG_ERROR, 0x100, 1, [s32(0), new Uint8Array(16)]), undefined],
  [
    'an error with its text',
    encodeMessage(NLMSG_ERROR, 0x300, 1, [
      s32(-16),
      new Uint8Array(16),
      encodeAttribute(1, Buffer.from('Not made by hand\0')),
    ]),
    /^cannot delete x: EBUSY: Not made by hand$/,
  ],
  ['the ack of another', encodeMessage(NLMSG_ERROR, 0x100, 2, [s32(0)]), /no answer/],
  ['nothing', -11, /^cannot delete x: EWOULDBLOCK$/],
];

for (const [name, answer, want] of ANSWERS) {
  test(`a change answered by ${name}`, () => {
    const sent: Uint8Array[] = [];
    const socket = {
      send: (message: Uint8Array) => void sent.push(message),
      receive: (buffer: Uint8Array) => {
        if (typeof answer === 'number') return answer;
        buffer.set(answer);
        return answer.length;
      },
      close: () => undefined,
    };
    const request: ChangeRequest = { type: RTM_DELPVD, flags: 0, body: [encodeU32(1, 1)] };
    const run = () => change(socket, request, 'delete x');
    if (want === undefined) run();
    else assert.throws(run, { code: 'PVD_ERR_NETLINK', message: want });
    assert.equal(sent.length, 1);
    assert.deepEqual([...(sent[0] ?? new Uint8Array()).subarray(4, 8)], [125, 0, 5, 0]);
  });
}
