/** The router's sockets: what one namespace sends, the other receives, header and all. */

import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { inNetns } from '../../agent/libbpf/libc.ts';
import { linkAddress } from '../../agent/libbpf/link-address.ts';
import { type NdSocket, openNdSocket, type Received } from '../../agent/libbpf/nd-socket.ts';
import { ipv6Packet } from '../../agent/router/packet.ts';
import { type Addr6, addr6 } from '../../src/net/addr6.ts';
import { addNetns, ip, ipJson, openFds, SKIP, until } from './netns-bed.ts';

/** The kernel solicits as well, with code 0. */
const CODE = 7;
const numbered = (type: number, number: number) => Uint8Array.of(type, CODE, 0, 0, 0, 0, 0, number);
const MAC = '02:00:00:00:00:07';

function inside<T>(netns: string, body: () => T): T {
  const fd = openSync(`/run/netns/${netns}`, 'r');
  try {
    return inNetns(fd, body);
  } finally {
    closeSync(fd);
  }
}

function open(netns: string): NdSocket {
  return inside(netns, () => openNdSocket('eth0', linkAddress('eth0')?.ifindex ?? 0));
}

test('solicitations arrive with hop limit and source; others, and wrong sums, do not', {
  skip: SKIP,
}, async () => {
  const [a, b] = [addNetns(), addNetns()];
  ip('link', 'add', 'eth0', 'netns', a, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', b);
  ip('-n', a, 'link', 'set', 'eth0', 'address', MAC);
  for (const netns of [a, b]) ip('-n', netns, 'link', 'set', 'eth0', 'up');
  ip('-n', a, 'addr', 'add', 'fe80::7/64', 'dev', 'eth0', 'nodad');
  const isUp = (netns: string) =>
    ipJson('-n', netns, 'link', 'show', 'eth0')[0]?.operstate === 'UP';
  await until('carrier', () => isUp(a) && isUp(b));
  const before = openFds();
  const [out, inward] = [open(a), open(b)];
  const send = (message: Uint8Array, saddr: Addr6, hopLimit: number, checksum = true) => {
    const daddr = addr6('ff02::2');
    out.send(ipv6Packet(message, { saddr, daddr, hopLimit, checksum }));
  };
  const fe80 = addr6('fe80::7');
  const seen: Received[] = [];
  send(numbered(133, 1), fe80, 255, false);
  send(numbered(134, 2), fe80, 255);
  send(numbered(133, 3), fe80, 64);
  send(numbered(133, 4), addr6('::'), 255);
  await until('the last', () => {
    const received = inward.receive();
    if (received?.message[1] === CODE) seen.push(received);
    return seen.at(-1)?.message[7] === 4;
  });
  const shown = seen.map(({ message, hopLimit, fromUnspecified }) => [
    message[7],
    hopLimit,
    fromUnspecified,
  ]);
  assert.deepEqual(shown, [
    [3, 64, false],
    [4, 255, true],
  ]);
  out.close();
  inward.close();
  assert.deepEqual(openFds(), before);
  assert.deepEqual(inside(a, () => linkAddress('eth0'))?.lladdr, Uint8Array.of(2, 0, 0, 0, 0, 7));
  assert.equal(
    inside(a, () => linkAddress('none')),
    undefined,
  );
});
