import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConsoleLog } from '../../../agent/lab/console-log.ts';

test('lines in pieces, firmware noise removed, complaints found', () => {
  const lines: string[] = [];
  const log = createConsoleLog((line) => lines.push(line));
  log.push(Buffer.from('\x1b[2J\x1b[01;01Hboot'));
  log.push(Buffer.from('ing\r\n[ 1.0] WARNING: CPU: 0 at net/ipv6/route.c:1\n[ 1.1] fine\nhalf'));
  assert.deepEqual(lines, [
    'booting',
    '[ 1.0] WARNING: CPU: 0 at net/ipv6/route.c:1',
    '[ 1.1] fine',
  ]);
  assert.deepEqual(log.complaints, ['[ 1.0] WARNING: CPU: 0 at net/ipv6/route.c:1']);
});

test('the kernel runs out of memory', () => {
  const log = createConsoleLog();
  const line = '[ 9.0] Out of memory: Killed process 123 (tail) total-vm:700kB';
  log.push(Buffer.from(`[ 8.9] tail invoked oom-killer: order=0\n${line}\n`));
  assert.deepEqual(log.complaints, [line]);
});

test('memory stays bounded, whatever a guest prints', () => {
  const log = createConsoleLog();
  for (let i = 0; i < 5000; i++) log.push(Buffer.from(`BUG: ${i}\n`));
  log.push(Buffer.alloc(1 << 20, 0x41));
  log.push(Buffer.from('\n'));
  assert.ok(log.tail.length <= 40);
  assert.ok(log.complaints.length <= 50);
  assert.ok((log.tail.at(-1) ?? '').length <= 1000);
});
