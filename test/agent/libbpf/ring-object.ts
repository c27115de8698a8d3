/** Builds and opens ring.bpf.c, and produces with it from another thread. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { MappedCounters } from '../../../agent/libbpf/counters.ts';
import { BpfObject, type GlobalValue } from '../../../agent/libbpf/object.ts';
import { RingBuffer } from '../../../agent/libbpf/ring-buffer.ts';

/** The checkout: this file runs as dist/test/agent/libbpf/ring-object.js. */
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** Compiles `source` (a path in the checkout) unless the object is newer; returns its bytes. */
export function compileBpf(source: string): Buffer {
  const from = join(ROOT, source);
  const dir = join(ROOT, 'dist/test/bpf');
  const to = join(dir, `${source.replaceAll('/', '-')}.o`);
  if (!existsSync(to) || statSync(to).mtimeMs < statSync(from).mtimeMs) {
    mkdirSync(dir, { recursive: true });
    const flags = '-g -O2 -target bpf -mcpu=v3 -Wall -Werror -I/usr/include/x86_64-linux-gnu';
    const done = spawnSync('clang', [...flags.split(' '), '-c', from, '-o', to]);
    if (done.status !== 0) throw new Error(`clang ${source}: ${done.stderr ?? done.error}`);
  }
  return readFileSync(to);
}

export function ringObjectBytes(): Buffer {
  return compileBpf('test/agent/libbpf/ring.bpf.c');
}

export interface Fixture {
  readonly object: BpfObject;
  readonly ring: RingBuffer;
  readonly totals: MappedCounters;
  close(): void;
}

/** The object loaded, with a ring of `sizeBytes` mapped. */
export function ringFixture(
  sizeBytes: number,
  globals: Readonly<Record<string, GlobalValue>> = {},
): Fixture {
  const object = BpfObject.open(ringObjectBytes(), { name: 'pvd_ring_test' });
  object.setAutoload('refused', false);
  object.setMaxEntries('ring', sizeBytes);
  object.setReadOnly(globals);
  object.load();
  const ring = new RingBuffer(object.map('ring').fd, sizeBytes);
  const totals = new MappedCounters(object.map('.bss'));
  return {
    object,
    ring,
    totals,
    close() {
      totals.close();
      ring.close();
      object.close();
    },
  };
}

/** `{count, spin}` as the programs read it. */
export function context(count: number, spin = 0): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(count), BigInt(spin)).buffer);
}

export interface Production {
  readonly programFd: number;
  readonly calls: number;
  readonly count: number;
  readonly spin?: number;
  /** Pause between two calls. */
  readonly pauseMs?: number;
}

/** Runs the program `calls` times in a thread of its own. */
export function produce(production: Production): Promise<void> {
  const worker = new Worker(new URL('./producer.js', import.meta.url), { workerData: production });
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
}

/** Why BPF cannot be used here, or false: for the `skip` of a test. */
export function bpfRefused(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  try {
    ringFixture(4096).close();
    return false;
  } catch (error) {
    return `this kernel refuses BPF: ${(error as Error).message}`;
  }
}
