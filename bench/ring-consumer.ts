/**
 * The JavaScript side of bench/consumer.c: the same output for the same producer.
 *
 *     ring-consumer.js OBJECT RING_BYTES raw|decode|idle STALL_MS
 */

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { libbpf } from '../agent/libbpf/abi.ts';
import { BpfObject } from '../agent/libbpf/object.ts';
import { type RecordHandler, RingBuffer } from '../agent/libbpf/ring-buffer.ts';
import { RingConsumer } from '../agent/libbpf/ring-consumer.ts';
import { testRun } from '../agent/libbpf/test-run.ts';
import { decodingHandler } from './decode.ts';

const [objectPath = '', ringText = '', mode = '', stallText = '0'] = process.argv.slice(2);
const ringBytes = Number(ringText);
const WARM_UP = 400_000;
/** Offsets in struct pvd_hdr and struct pvd_link of bpf/event.h, in 32-bit words. */
const SEQ = 4;
const LEN = 6;
const KIND_HOOK = 8;
const CPU_VERSION_OP = 9;
const LLADDR = 16;
const IFINDEX = 24;
const KIND_LINK = 3;

const count = new Float64Array(4); // events, gaps, next seq, checksum
let firstMs = 0;
let firstCpu = process.cpuUsage();
let finish: () => void = () => {};

let words: Uint32Array = new Uint32Array(0);
let wordsOf: Uint8Array | undefined;
const raw: RecordHandler = (bytes, offset) => {
  // Identity of the view, not of its buffer: that getter costs ten times the rest.
  if (wordsOf !== bytes) {
    wordsOf = bytes;
    words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  }
  const at = offset >>> 2;
  const seq = words[at + SEQ] as number;
  const kind = (words[at + KIND_HOOK] as number) & 0xffff;
  const ifindex = words[at + IFINDEX] as number;
  if (kind === KIND_LINK && ifindex === 0xffffffff) {
    count[1] = (count[1] as number) + seq - (count[2] as number);
    finish();
    return;
  }
  if (count[0] === 0) begin(seq);
  count[0] = (count[0] as number) + 1;
  count[1] = (count[1] as number) + seq - (count[2] as number);
  count[2] = seq + 1;
  count[3] =
    (count[3] as number) +
    kind +
    (words[at + LEN] as number) +
    ((words[at + CPU_VERSION_OP] as number) & 0xffff) +
    ifindex +
    (((words[at + LLADDR + 1] as number) >>> 8) & 0xff);
};

function begin(seq: number): void {
  firstMs = performance.now();
  firstCpu = process.cpuUsage();
  count[2] = seq;
}

const decode = mode === 'decode' ? decodingHandler() : undefined;
const handler: RecordHandler =
  decode === undefined
    ? raw
    : (bytes, offset, len) => {
        decode(bytes, offset, len);
        raw(bytes, offset, len);
      };

function rssKib(): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
}

function idOf(fd: number): number {
  const info = new Uint32Array(64);
  libbpf().objInfoByFd(fd, info, [256]);
  return info[1] as number;
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

const object = BpfObject.open(readFileSync(objectPath), { name: 'pvd_bench' });
object.setMaxEntries('ring', ringBytes);
object.load();
const programFd = object.programFd('produce');
const ring = new RingBuffer(object.map('ring').fd, ringBytes);
const fail = (error: unknown): never => {
  throw error;
};
const consumer = new RingConsumer(ring, handler, { onError: fail });

async function warmUp(): Promise<void> {
  for (let done = 0; done < WARM_UP; done += 8000) {
    for (const shape of [0n, 1n]) {
      testRun(programFd, new Uint8Array(BigUint64Array.of(4000n, 0n, shape).buffer));
      testRun(programFd, new Uint8Array(BigUint64Array.of(1n, 1n, shape).buffer));
      consumer.drain();
      count.fill(0); // the branches of the first and last record are to be warm too
    }
    await sleep(1);
  }
}

async function idle(): Promise<void> {
  consumer.start();
  await sleep(1000);
  const before = process.cpuUsage();
  await sleep(5000);
  const used = process.cpuUsage(before);
  print({ cpuPercent: (used.user + used.system) / 5e4, rssKib: rssKib() });
}

async function measured(): Promise<void> {
  print({ prog: idOf(programFd), bss: idOf(object.map('.bss').fd) });
  await new Promise((resolve) => {
    createInterface({ input: process.stdin }).once('line', resolve);
  });
  const stallMs = Number(stallText);
  if (stallMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  consumer.start();
  await finished;
  const sec = (performance.now() - firstMs) / 1e3;
  const used = process.cpuUsage(firstCpu);
  print({
    events: count[0],
    gaps: count[1],
    sec,
    cpuSec: (used.user + used.system) / 1e6,
    rssKib: rssKib(),
    checksum: count[3],
  });
}

if (mode === 'idle') {
  await idle();
} else {
  await warmUp();
  await measured();
}
consumer.stop();
process.exit();
