/** Readers of captures: every format in pieces of every size, and damaged ones. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CaptureFault, captureReader } from '../../../agent/capture/capture.ts';
import { icmp6Of, LINKTYPE } from '../../../agent/capture/frame.ts';
import { readHex } from '../../../agent/capture/hex.ts';
import { ipv6Packet } from '../../../agent/router/packet.ts';
import { addr6 } from '../../../src/net/addr6.ts';
import { hex } from '../../decode/nd/hex.ts';
import { type FileOptions, pcapFile, pcapngFile } from './files.ts';

interface Seen {
  readonly packets: readonly string[];
  readonly times: readonly (bigint | undefined)[];
  readonly fault: CaptureFault | undefined;
}

function read(file: Buffer, chunkBytes: number): Seen {
  const packets: string[] = [];
  const times: (bigint | undefined)[] = [];
  const reader = captureReader(file.subarray(0, 4));
  assert.ok(reader);
  for (let at = 0; at < file.length; at += chunkBytes) {
    for (const { frame, bytes, timeNs } of reader.push(file.subarray(at, at + chunkBytes))) {
      packets.push(Buffer.from(bytes).toString('hex'));
      times.push(timeNs);
      assert.equal(frame, packets.length);
    }
  }
  return { packets, times, fault: reader.end() };
}

const PACKETS = [hex('01'), hex('0102030405'), hex(''), new Uint8Array(3000).fill(7)];
const FORMATS = { pcap: pcapFile, pcapng: pcapngFile } as const;
const VARIANTS: readonly FileOptions[] = [
  {},
  { bigEndian: true },
  { nanoseconds: true },
  { bigEndian: true, nanoseconds: true },
];

for (const [format, make] of Object.entries(FORMATS)) {
  for (const options of VARIANTS) {
    test(`${format} ${JSON.stringify(options)} in pieces`, () => {
      const file = make(PACKETS, options);
      const expected = PACKETS.map((bytes) => Buffer.from(bytes).toString('hex'));
      for (const chunkBytes of [7, 64, 4096, file.length]) {
        const { packets, times, fault } = read(file, chunkBytes);
        assert.equal(fault, undefined);
        assert.deepEqual(packets, expected);
        const fraction = options.nanoseconds ? 5n : 5000n;
        assert.equal(times[0], 1_700_000_000n * 1_000_000_000n + fraction);
      }
    });
  }

  test(`${format}: a file cut anywhere gives the packets before the cut`, () => {
    const file = make(PACKETS);
    const whole = read(file, 4096).packets;
    for (const cut of [5, 30, 59, file.length - 1, file.length - 2990]) {
      const { packets, fault } = read(file.subarray(0, cut), 4096);
      assert.deepEqual(packets, whole.slice(0, packets.length));
      assert.ok(packets.length < whole.length);
      assert.match(fault?.message ?? '', /ends in the middle/);
      assert.ok((fault?.offset ?? -1) <= cut);
    }
  });

  test(`${format}: hostile octets end in packets or a fault, never in a throw`, () => {
    const file = make(PACKETS);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const bytes = Buffer.from(file);
        for (const [at, value] of changes) bytes[4 + (at % (bytes.length - 4))] = value;
        const { packets } = read(bytes, 1024);
        assert.ok(packets.every((packet) => packet.length / 2 <= 262_144));
      }),
    );
  });
}

test('lengths nobody has are faults with their offset', () => {
  const pcap = pcapFile([hex('01')]);
  pcap.writeUInt32LE(0x7fffffff, 24 + 8);
  assert.deepEqual(read(pcap, 4096).fault, { offset: 24, message: 'packet of 2147483647 octets' });
  const pcapng = pcapngFile([]);
  pcapng.writeUInt32LE(10, 4);
  assert.deepEqual(read(pcapng, 4096).fault, { offset: 0, message: 'block of 10 octets' });
});

test('what is no capture has no reader', () => {
  assert.equal(captureReader(Buffer.from('8600')), undefined);
  assert.equal(captureReader(Buffer.from('86')), undefined);
});

const saddr = addr6('fe80::1');
const daddr = addr6('ff02::1');
const MESSAGE = hex('86000000 40000708 00000000 00000000');
const IP6 = ipv6Packet(MESSAGE, { saddr, daddr, hopLimit: 255, checksum: false });
const behind = (header: string, packet: Uint8Array = IP6) => Buffer.concat([hex(header), packet]);
const MACS = '333300000001 020000000001';

/** The same RA behind an extension header of `type`; `octets` start with its next header. */
function extended(type: number, octets: string): Uint8Array {
  const extension = hex(octets);
  const packet = Buffer.concat([IP6.subarray(0, 40), extension, MESSAGE]);
  packet[6] = type;
  packet.writeUInt16BE(extension.length + MESSAGE.length, 4);
  return packet;
}

const FRAMES: readonly (readonly [what: string, linkType: number, frame: Uint8Array])[] = [
  ['Ethernet', LINKTYPE.ethernet, behind(`${MACS} 86dd`)],
  [
    'Ethernet with padding',
    LINKTYPE.ethernet,
    Buffer.concat([behind(`${MACS} 86dd`), hex('00000000')]),
  ],
  ['VLAN', LINKTYPE.ethernet, behind(`${MACS} 8100 0005 86dd`)],
  ['VLAN in VLAN', LINKTYPE.ethernet, behind(`${MACS} 88a8 0005 8100 0006 86dd`)],
  ['SLL', LINKTYPE.linuxSll, behind('0000 0001 0006 0200000000010000 86dd')],
  [
    'SLL with a VLAN tag',
    LINKTYPE.linuxSll,
    behind('0000 0001 0006 0200000000010000 8100 0005 86dd'),
  ],
  ['SLL2', LINKTYPE.linuxSll2, behind('86dd 0000 00000002 0001 00 06 0200000000010000')],
  [
    'SLL2 with a VLAN tag',
    LINKTYPE.linuxSll2,
    behind('8100 0000 00000002 0001 00 06 0200000000010000 0005 86dd'),
  ],
  ['raw', LINKTYPE.raw, IP6],
  ['raw IPv6', LINKTYPE.ipv6, IP6],
  ['BSD loopback', LINKTYPE.null, behind('1e000000')],
  ['hop-by-hop options', LINKTYPE.raw, extended(0, '3a00 0502 0000 0100')],
  ['destination options', LINKTYPE.raw, extended(60, '3a01 0104 00000000 0104 00000000 0000')],
];

for (const [what, linkType, frame] of FRAMES) {
  test(`an RA in ${what}`, () => {
    const packet = icmp6Of(linkType, frame);
    assert.deepEqual(packet && { ...packet, message: [...packet.message] }, {
      saddr,
      daddr,
      hopLimit: 255,
      message: [...MESSAGE],
      msgLenBytes: MESSAGE.length,
      fragmented: false,
    });
  });
}

test('fragments: the first is told, the others are none', () => {
  assert.equal(icmp6Of(LINKTYPE.raw, extended(44, '3a00 0001 00000001'))?.fragmented, true);
  assert.equal(icmp6Of(LINKTYPE.raw, extended(44, '3a00 0009 00000001')), undefined);
});

test('a short capture tells how long the message was', () => {
  const packet = icmp6Of(LINKTYPE.raw, IP6.subarray(0, 44));
  assert.equal(packet?.message.length, 4);
  assert.equal(packet?.msgLenBytes, 16);
});

test('frames of other protocols, cut or endless ones, are no RA', () => {
  const looped = extended(0, '0000 0000 0000 0000'.repeat(40));
  for (const [linkType, frame] of [
    [LINKTYPE.ethernet, behind(`${MACS} 0800`)],
    [LINKTYPE.ethernet, hex(MACS)],
    [LINKTYPE.ethernet, hex('')],
    [LINKTYPE.ethernet, hex(`${MACS} ${'8100 0001'.repeat(100)}`)],
    [LINKTYPE.raw, IP6.subarray(0, 39)],
    [LINKTYPE.raw, behind('45')],
    [LINKTYPE.raw, extended(17, '')],
    [LINKTYPE.raw, looped],
    [147, IP6],
  ] as const) {
    assert.equal(icmp6Of(linkType, frame), undefined);
  }
});

const HEX: readonly (readonly [text: string, messages: readonly string[] | number])[] = [
  ['86 00', ['8600']],
  ['86:00\n01-02,03', ['8600010203']],
  ['0x8600', ['8600']],
  ['\t0x0000:  8600 0102\n\t0x0010:  03', ['8600010203']],
  ['86\n\n00\n \n\n01\n', ['86', '00', '01']],
  ['', []],
  ['860', 3],
  ['86 0\n\n00', 5],
  ['86 zz', 3],
  ['86 é', 3],
];

for (const [text, expected] of HEX) {
  test(`hexadecimal ${JSON.stringify(text)}`, () => {
    const result = readHex(text);
    if (typeof expected === 'number') {
      assert.equal(result.ok ? undefined : result.offset, expected);
    } else {
      assert.deepEqual(
        result.ok && result.messages.map((m) => Buffer.from(m).toString('hex')),
        expected,
      );
    }
  });
}
