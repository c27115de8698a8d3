/** The ring reader against real rings of this kernel, byte for byte. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sumPerCpu } from '../../../agent/libbpf/counters.ts';
import type { RecordHandler } from '../../../agent/libbpf/ring-buffer.ts';
import { RingConsumer } from '../../../agent/libbpf/ring-consumer.ts';
import { testRun } from '../../../agent/libbpf/test-run.ts';
import { bpfRefused, context, type Fixture, produce, ringFixture } from './ring-object.ts';

const skip = bpfRefused();

interface Check {
  count: number;
  bad: number;
  /** Sequence numbers missing between records handed out. */
  gaps: number;
  next: number;
  slow: number;
  unordered: number;
  readonly handler: RecordHandler;
}

/** Verifies length, content and order of what ring.bpf.c wrote. */
function checker(): Check {
  const check: Check = {
    count: 0,
    bad: 0,
    gaps: 0,
    next: 0,
    slow: 0,
    unordered: 0,
    handler(bytes, offset, len) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + offset, len);
      const seq = Number(view.getBigUint64(0, true));
      if (view.getUint32(12, true) !== len) check.bad++;
      if (view.getUint32(16, true) !== ~seq >>> 0) check.bad++;
      if (view.getUint8(len - 1) !== ((seq * 7) & 0xff)) check.bad++;
      if (view.getUint32(8, true) === 1) check.slow++;
      if (seq < check.next) check.unordered++;
      check.gaps += seq - check.next;
      check.next = seq + 1;
      check.count++;
    },
  };
  return check;
}

/** attempts = drops + discards + submissions, by the program's own counters. */
function totalsOf(fixture: Fixture): {
  attempts: number;
  drops: number;
  discards: number;
  sent: number;
} {
  const at = (name: number): number => Number(fixture.totals.at(name));
  const offset = fixture.object.bssVariable('totals').offset / 8;
  return {
    attempts: at(offset),
    drops: at(offset + 1),
    discards: at(offset + 2),
    sent: at(offset + 3),
  };
}

function failOn(error: unknown): never {
  throw error;
}

describe('ring buffer', { skip }, () => {
  for (const size of [4096, 65536, 1 << 20]) {
    it(`reads eight sizes and skips discards across wraps of ${size} bytes`, async () => {
      const fixture = ringFixture(size);
      const check = checker();
      const consumer = new RingConsumer(fixture.ring, check.handler, {
        tickMs: 1,
        onError: failOn,
      });
      consumer.start();
      const programFd = fixture.object.programFd('produce');
      await produce({ programFd, calls: 4000, count: 16 });
      consumer.stop();
      consumer.drain();
      const totals = totalsOf(fixture);
      assert.equal(check.bad + check.unordered, 0);
      assert.equal(totals.attempts, 64000);
      assert.equal(totals.attempts, totals.drops + totals.discards + totals.sent);
      assert.equal(check.count, totals.sent);
      assert.equal(fixture.ring.recordsRead(), totals.sent);
      assert.equal(fixture.ring.recordsDiscarded(), totals.discards);
      assert.ok(fixture.ring.position() > BigInt(size), 'it wrapped');
      assert.equal(sumPerCpu(fixture.object.map('counts'))[3], BigInt(totals.sent));
      fixture.close();
    });
  }

  it('keeps the order behind records that stay busy', async () => {
    const fixture = ringFixture(1 << 20, { discard_every: 0 });
    const check = checker();
    const consumer = new RingConsumer(fixture.ring, check.handler, { tickMs: 1, onError: failOn });
    consumer.start();
    const slow = fixture.object.programFd('produce_slow');
    const fast = fixture.object.programFd('produce');
    await Promise.all([
      produce({ programFd: slow, calls: 50, count: 1, spin: 2_000_000 }),
      produce({ programFd: fast, calls: 500, count: 8, pauseMs: 1 }),
    ]);
    consumer.stop();
    consumer.drain();
    const totals = totalsOf(fixture);
    assert.equal(totals.drops, 0);
    assert.equal(check.count, totals.sent);
    assert.equal(check.slow, 50);
    assert.equal(check.bad, 0, 'none was handed out before it was submitted');
    fixture.close();
  });

  it('loses no wakeup when it parks after every record', async () => {
    const fixture = ringFixture(65536, { discard_every: 0 });
    const check = checker();
    const consumer = new RingConsumer(fixture.ring, check.handler, { idleMs: 0, onError: failOn });
    consumer.start();
    await produce({
      programFd: fixture.object.programFd('produce'),
      calls: 1000,
      count: 1,
      pauseMs: 1,
    });
    await sleep(50);
    assert.equal(check.count, 1000, 'all came without a drain');
    assert.equal(check.bad + check.gaps + check.unordered, 0);
    assert.ok(consumer.stats.wakes > 100, `${consumer.stats.wakes} wakes`);
    consumer.stop();
    fixture.close();
  });

  it('sees exactly the gaps the drop counter tells of', () => {
    const fixture = ringFixture(65536, { discard_every: 0 });
    const check = checker();
    const fd = fixture.object.programFd('produce');
    for (let i = 0; i < 3; i++) {
      testRun(fd, context(5000));
      fixture.ring.consume(check.handler, 1e9);
    }
    testRun(fd, context(1));
    fixture.ring.consume(check.handler, 1e9);
    const totals = totalsOf(fixture);
    assert.ok(totals.drops > 10_000);
    assert.equal(check.gaps, totals.drops);
    assert.equal(check.count, totals.attempts - totals.drops);
    assert.equal(check.bad, 0);
    fixture.close();
  });

  it('carries positions past 4 GiB', () => {
    const fixture = ringFixture(16 << 20, { discard_every: 0 });
    const check = checker();
    const fd = fixture.object.programFd('produce_big');
    while (fixture.ring.position() < (1n << 32n) + (64n << 20n)) {
      testRun(fd, context(200));
      fixture.ring.consume(check.handler, 1e9);
    }
    assert.equal(check.bad + check.gaps + check.unordered, 0);
    assert.equal(check.count, totalsOf(fixture).attempts);
    assert.equal(fixture.ring.position(), BigInt(check.count) * BigInt(65000 + 8));
    fixture.close();
  });

  it('honours max, and goes on where it stopped', () => {
    const fixture = ringFixture(1 << 20, { discard_every: 0 });
    const check = checker();
    testRun(fixture.object.programFd('produce'), context(100));
    assert.equal(fixture.ring.consume(check.handler, 30), 30);
    assert.ok(fixture.ring.backlogBytes() > 0);
    assert.equal(fixture.ring.consume(check.handler, 1000), 70);
    assert.equal(fixture.ring.backlogBytes(), 0);
    assert.equal(check.bad + check.gaps + check.unordered, 0);
    fixture.close();
  });

  it('reports what a handler throws, skips that record and goes on', async () => {
    const fixture = ringFixture(1 << 20, { discard_every: 0 });
    const check = checker();
    const errors: string[] = [];
    let batches = 0;
    const consumer = new RingConsumer(
      fixture.ring,
      (bytes, offset, len) => {
        check.handler(bytes, offset, len);
        if (check.count % 10 === 0) throw new Error(`record ${check.count}`);
      },
      {
        onBatch: (count) => {
          batches += count;
        },
        onError: (error) => errors.push((error as Error).message),
      },
    );
    testRun(fixture.object.programFd('produce'), context(95));
    consumer.start();
    await sleep(20);
    consumer.stop();
    assert.equal(check.count, 95);
    assert.equal(batches, 95);
    assert.deepEqual(errors.slice(0, 2), ['record 10', 'record 20']);
    assert.equal(errors.length, 9);
    fixture.close();
  });

  it('throws, not faults, when used after close', () => {
    const fixture = ringFixture(4096);
    fixture.close();
    assert.throws(() => fixture.ring.consume(() => {}, 1), /closed/);
    assert.throws(() => fixture.ring.backlogBytes(), /closed/);
    assert.throws(() => fixture.totals.at(0), /closed/);
    assert.throws(() => fixture.object.load(), /closed/);
    fixture.close();
  });
});
