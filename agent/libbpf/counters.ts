/** Counters that BPF programs keep, read live. */

import { koffi, libbpf, libc } from './abi.ts';
import { mapShared, PROT, pageBytes, syscallError } from './libc.ts';
import { possibleCpus } from './map.ts';
import type { BpfMapInfo } from './object.ts';

/** enum bpf_map_type of include/uapi/linux/bpf.h. */
export const MAP_TYPE = { hash: 1, array: 2, percpuArray: 6, ringbuf: 27 } as const;

/**
 * u64 elements of a `.bss` section or of an array with BPF_F_MMAPABLE, mapped: reading
 * one costs no system call. `bpf_map__initial_value` would not be live after the load.
 */
export class MappedCounters {
  readonly #address: bigint;
  readonly #lenBytes: number;
  #values: BigUint64Array | undefined;

  constructor(map: BpfMapInfo) {
    const page = pageBytes();
    const used = map.maxEntries * ((map.valueBytes + 7) & ~7);
    this.#lenBytes = Math.ceil(used / page) * page;
    this.#address = mapShared(map.fd, 0, this.#lenBytes, PROT.read);
    this.#values = new BigUint64Array(koffi().view(this.#address, this.#lenBytes), 0, used >>> 3);
  }

  /** The element at `index` now, 0 beyond the end. @throws Error when closed. */
  at(index: number): bigint {
    if (this.#values === undefined) throw new Error('counters are closed');
    return index < this.#values.length ? Atomics.load(this.#values, index) : 0n;
  }

  get length(): number {
    return this.#values?.length ?? 0;
  }

  /** Idempotent. */
  close(): void {
    if (this.#values === undefined) return;
    this.#values = undefined;
    libc().munmap(this.#address, this.#lenBytes);
  }
}

/** Sums, over the CPUs, of each u64 in element `index` of a per-CPU array of u64s. */
export function sumPerCpu(map: BpfMapInfo, index = 0): BigUint64Array {
  if (map.type !== MAP_TYPE.percpuArray) throw new Error(`map ${map.name} is not per CPU`);
  const words = Math.ceil(map.valueBytes / 8);
  const perCpu = new BigUint64Array(words * possibleCpus());
  const rc = libbpf().mapLookup(map.fd, Uint32Array.of(index), perCpu);
  if (rc !== 0) throw syscallError(`lookup in map ${map.name}`, -rc);
  const sums = new BigUint64Array(words);
  perCpu.forEach((value, i) => {
    sums[i % words] = (sums[i % words] ?? 0n) + value;
  });
  return sums;
}
