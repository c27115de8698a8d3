/** The parts of the router that need no network: times, solicitations, addresses, packets. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { usableLinkLocal } from '../../../agent/router/if-inet6.ts';
import { ipv6Packet } from '../../../agent/router/packet.ts';
import {
  afterSending,
  afterSolicitation,
  firstDue,
  type Timing,
} from '../../../agent/router/schedule.ts';
import { isSolicitation } from '../../../agent/router/solicitation.ts';
import { icmp6Checksum } from '../../../src/decode/nd/checksum.ts';
import { addr6 } from '../../../src/net/addr6.ts';

const TIMING: Timing = {
  intervalMs: 600_000,
  jitter: 0.67,
  initialIntervalMs: 16_000,
  minDelayMs: 3000,
};

test('the first RA is due at once, the next two within 16 s, then one in the interval', () => {
  let schedule = firstDue(100);
  assert.equal(schedule.dueMs, 100);
  const waits = [];
  for (let i = 0; i < 4; i++) {
    const now = schedule.dueMs;
    schedule = afterSending(schedule, TIMING, now, 0.5);
    waits.push(schedule.dueMs - now);
  }
  assert.deepEqual(waits, [16_000, 16_000, 399_000, 399_000]);
});

test('the wait is between the least and the most', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
      const { dueMs } = afterSending({ dueMs: 0, sent: 9, lastMs: 0 }, TIMING, 0, random);
      assert.ok(dueMs <= 600_000 && dueMs > 600_000 * 0.33 - 1);
    }),
  );
  const exact = { ...TIMING, jitter: 0 };
  assert.equal(afterSending({ dueMs: 0, sent: 9, lastMs: 0 }, exact, 7, 0.9).dueMs, 600_007);
});

test('a solicitation is answered within half a second, but not twice in three', () => {
  const idle = { dueMs: 500_000, sent: 5, lastMs: 0 };
  assert.equal(afterSolicitation(idle, TIMING, 10_000, 0.5).dueMs, 10_250);
  const justSent = { dueMs: 500_000, sent: 5, lastMs: 9000 };
  assert.equal(afterSolicitation(justSent, TIMING, 10_000, 0.5).dueMs, 12_250);
  const dueSoon = { dueMs: 10_100, sent: 5, lastMs: 0 };
  assert.equal(afterSolicitation(dueSoon, TIMING, 10_000, 0.5).dueMs, 10_100);
});

const rs = (octets: string, more: object = {}) =>
  isSolicitation({
    message: Uint8Array.from(Buffer.from(octets.replace(/ /g, ''), 'hex')),
    hopLimit: 255,
    fromUnspecified: false,
    ...more,
  });

test('solicitations: RFC 4861, 6.1.1', () => {
  const SLLA = '0101020000000001';
  assert.ok(rs('8500000000000000'));
  assert.ok(rs(`8500000000000000${SLLA}`));
  assert.ok(rs('8500000000000000', { fromUnspecified: true }));
  assert.ok(!rs(`8500000000000000${SLLA}`, { fromUnspecified: true }));
  assert.ok(!rs('8500000000000000', { hopLimit: 64 }));
  assert.ok(!rs('8501000000000000'));
  assert.ok(!rs('8600000000000000'));
  assert.ok(!rs('85000000000000'));
  assert.ok(!rs('8500000000000000 0100'));
  assert.ok(!rs('8500000000000000 01'));
  assert.ok(!rs('8500000000000000 0102000000000000'));
});

const IF_INET6 = `00000000000000000000000000000001 01 80 10 80       lo
fe800000000000000000000000000001 02 40 20 c0     eth0
fe800000000000000000000000000002 02 40 20 88     eth0
20010db8000000000000000000000001 02 40 00 80     eth0
fe800000000000000000000000000003 02 40 20 80     eth0
fe800000000000000000000000000004 03 40 20 80    eth00
`;

test('the link-local address: neither tentative nor a duplicate, of this interface', () => {
  assert.equal(usableLinkLocal(IF_INET6, 'eth0'), 'fe80::3');
  assert.equal(usableLinkLocal(IF_INET6, 'eth00'), 'fe80::4');
  assert.equal(usableLinkLocal(IF_INET6, 'lo'), undefined);
  assert.equal(usableLinkLocal('', 'eth0'), undefined);
});

test('the packet: header, and a checksum unless it is to stay', () => {
  const saddr = addr6('fe80::1');
  const daddr = addr6('ff02::1');
  const message = Uint8Array.of(134, 0, 0xaa, 0xbb, 64, 0, 0, 0);
  const packet = ipv6Packet(message, { saddr, daddr, hopLimit: 255, checksum: true });
  const shown = Buffer.from(packet).toString('hex');
  const addrs = 'fe800000000000000000000000000001ff020000000000000000000000000001';
  const sum = icmp6Checksum(message, saddr, daddr).toString(16).padStart(4, '0');
  assert.equal(shown, `6000000000083aff${addrs}8600${sum}40000000`);
  const kept = ipv6Packet(message, { saddr, daddr, hopLimit: 1, checksum: false });
  assert.equal(Buffer.from(kept).toString('hex').slice(-16), '8600aabb40000000');
  assert.equal(kept[7], 1);
});
