/** The dump loop against a kernel that is a list of datagrams. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentError } from '../../../agent/error.ts';
import type { RouteSocket } from '../../../agent/libbpf/netlink-socket.ts';
import { encodeAttribute } from '../../../agent/netlink/attributes.ts';
import {
  ATTEMPTS_MAX,
  type DumpRequest,
  type DumpSource,
  stableDump,
  streamDump,
} from '../../../agent/netlink/dump.ts';
import {
  eachMessage,
  encodeMessage,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '../../../agent/netlink/message.ts';

const REQUEST: DumpRequest = { type: 34, body: [new Uint8Array(12)] };
const EAGAIN = 11;
const ENOMEM = 12;
const ENOBUFS = 105;
const MULTI = 0x2;
const INTR = 0x10;

/** A datagram as a function of the request's number, or a negative errno. */
type Reply = number | ((seq: number) => Uint8Array);

const data =
  (value: number, flags = MULTI): Reply =>
  (seq) =>
    encodeMessage(32, flags, seq, [Uint8Array.of(value, 0, 0, 0)]);
const done =
  (flags = MULTI, errno = 0, text = ''): Reply =>
  (seq) =>
    encodeMessage(NLMSG_DONE, flags, seq, [
      new Uint8Array(new Int32Array([-errno]).buffer),
      ...(text === '' ? [] : [encodeAttribute(1, Buffer.from(text))]),
    ]);

interface Kernel extends DumpSource {
  opened: number;
  closed: number;
  bufferBytes: number[];
}

/** Plays one list of replies for each socket; the last list is played again when they run out. */
function kernel(...attempts: Reply[][]): Kernel {
  let clock = 0n;
  const self: Kernel = {
    opened: 0,
    closed: 0,
    bufferBytes: [],
    now: () => ++clock,
    open: (): RouteSocket => {
      const replies = [...(attempts[Math.min(self.opened, attempts.length - 1)] ?? [])];
      self.opened++;
      let seq = -1;
      return {
        send: (bytes) => {
          const [request] = eachMessage(bytes);
          assert.ok(request);
          assert.equal(request.type, REQUEST.type);
          assert.equal(request.flags, 0x301);
          seq = request.seq;
        },
        receive: (buffer) => {
          self.bufferBytes.push(buffer.length);
          const reply = replies.shift() ?? -EAGAIN;
          if (typeof reply === 'number') return reply;
          const bytes = reply(seq);
          buffer.set(bytes.subarray(0, buffer.length));
          return bytes.length;
        },
        close: () => {
          self.closed++;
        },
      };
    },
  };
  return self;
}

function valuesOf(batches: readonly { messages: readonly { payload: Uint8Array }[] }[]): number[] {
  return batches.flatMap((batch) => batch.messages.map((message) => message.payload[0] ?? -1));
}

const TABLE: readonly [
  name: string,
  attempts: Reply[][],
  want: { values: number[]; interrupted: boolean; sockets: number },
][] = [
  ['one batch', [[data(1), done()]], { values: [1], interrupted: false, sockets: 1 }],
  ['nothing at all', [[done()]], { values: [], interrupted: false, sockets: 1 }],
  [
    'interrupted once: repeated, and only the second counts',
    [
      [data(1, MULTI | INTR), done()],
      [data(2), data(3), done()],
    ],
    { values: [2, 3], interrupted: false, sockets: 2 },
  ],
  [
    'the mark may stand at the end only',
    [
      [data(1), done(MULTI | INTR)],
      [data(2), done()],
    ],
    { values: [2], interrupted: false, sockets: 2 },
  ],
  [
    'always interrupted: the last one is taken and marked',
    [[data(1, MULTI | INTR), done()]],
    { values: [1], interrupted: true, sockets: ATTEMPTS_MAX },
  ],
  [
    'ENOBUFS half-way: repeated',
    [
      [data(1), -ENOBUFS],
      [data(2), done()],
    ],
    { values: [2], interrupted: false, sockets: 2 },
  ],
  [
    'ENOMEM and silence: repeated',
    [[-ENOMEM], [data(1)], [data(2), done()]],
    { values: [2], interrupted: false, sockets: 3 },
  ],
  [
    'interrupted, then lost: what was interrupted is better than nothing',
    [[data(1, MULTI | INTR), done()], [-ENOBUFS]],
    { values: [1], interrupted: true, sockets: ATTEMPTS_MAX },
  ],
  [
    'answers to other requests are skipped',
    [[(seq) => encodeMessage(32, MULTI, seq + 1, [new Uint8Array(4)]), data(1), done()]],
    { values: [1], interrupted: false, sockets: 1 },
  ],
];

for (const [name, attempts, want] of TABLE) {
  test(`dump: ${name}`, async () => {
    const source = kernel(...attempts);
    const { batches, interrupted } = await stableDump(source, REQUEST);
    assert.deepEqual(
      { values: valuesOf(batches), interrupted },
      {
        values: want.values,
        interrupted: want.interrupted,
      },
    );
    assert.equal(source.opened, want.sockets);
    assert.equal(source.closed, source.opened);
  });
}

test('an object larger than the buffer: the dump is repeated with a larger one', async () => {
  const large: Reply = (seq) => encodeMessage(32, MULTI, seq, [new Uint8Array(100_000).fill(9)]);
  const source = kernel([large, done()]);
  const { batches } = await stableDump(source, REQUEST);
  assert.deepEqual(valuesOf(batches), [9]);
  assert.deepEqual(source.bufferBytes, [65536, 100_016, 100_016]);
  assert.equal(source.closed, 2);
});

test('an object beyond every buffer is an error, not a loop', async () => {
  const source = kernel([(seq) => encodeMessage(32, MULTI, seq, [new Uint8Array(5 << 20)])]);
  await assert.rejects(stableDump(source, REQUEST), /lost a part/);
  assert.equal(source.closed, ATTEMPTS_MAX);
});

const ERRORS: readonly [name: string, replies: Reply[], message: RegExp][] = [
  [
    'refused with the text of the kernel',
    [
      (seq) =>
        encodeMessage(NLMSG_ERROR, 0x300, seq, [
          new Uint8Array(new Int32Array([-22]).buffer),
          encodeMessage(34, 0x301, seq, []),
          encodeAttribute(1, Buffer.from('Invalid values in header\0')),
        ]),
    ],
    /EINVAL: Invalid values in header/,
  ],
  ['failed at its end', [data(1), done(MULTI | 0x200, 16, 'busy')], /EBUSY: busy/],
  ['a socket that fails', [-9], /EBADF/],
  ['lost every time', [-ENOBUFS], /ENOBUFS: each of 5 dumps lost a part/],
];

for (const [name, replies, message] of ERRORS) {
  test(`dump: ${name}`, async () => {
    const source = kernel(replies);
    await assert.rejects(stableDump(source, REQUEST), (error) => {
      assert.ok(error instanceof AgentError);
      assert.equal(error.code, 'PVD_ERR_NETLINK');
      assert.match(error.message, message);
      return true;
    });
    assert.equal(source.closed, source.opened);
  });
}

test('a batch is stamped before the call in which the kernel wrote it', async () => {
  const source = kernel([data(1), data(2), data(3), done()]);
  const calls: string[] = [];
  const { open } = source;
  const traced: DumpSource = {
    now: source.now,
    open: () => {
      const socket = open();
      return {
        ...socket,
        send: (bytes) => {
          calls.push(`send after ${source.now() - 1n}`);
          socket.send(bytes);
        },
        receive: (buffer) => {
          calls.push(`receive after ${source.now() - 1n}`);
          return socket.receive(buffer);
        },
      };
    },
  };
  const { batches } = await stableDump(traced, REQUEST);
  assert.deepEqual(
    batches.map(({ stampNs }) => stampNs),
    [1n, 3n, 5n],
  );
  assert.deepEqual(calls.slice(0, 3), ['send after 1', 'receive after 3', 'receive after 5']);
});

test('a reader that leaves half-way leaves no socket open', async () => {
  const source = kernel([data(1), data(2), done()]);
  for await (const batch of streamDump(source, REQUEST)) {
    assert.equal(batch.messages.length, 1);
    break;
  }
  assert.equal(source.closed, 1);
});
