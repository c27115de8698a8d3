/** Elements of a BPF map, by system call; keys and values are raw bytes. */

import { lastErrno, libbpf } from './abi.ts';
import { ERRNO } from './errno.ts';
import { syscallError } from './libc.ts';
import type { BpfMapInfo } from './object.ts';

/** A key or value as the kernel holds it. */
export type MapBytes = NodeJS.ArrayBufferView;

/** @throws AgentError PVD_ERR_SYSCALL, e.g. E2BIG when the map is full. */
export function updateMap(map: BpfMapInfo, key: MapBytes, value: MapBytes): void {
  requireBytes(map, value.byteLength);
  const BPF_ANY = 0;
  const rc = libbpf().mapUpdate(map.fd, key, value, BPF_ANY);
  if (rc !== 0) throw syscallError(`update of map ${map.name}`, -rc);
}

/** @returns whether there was such a key. */
export function deleteFromMap(map: BpfMapInfo, key: MapBytes): boolean {
  const rc = libbpf().mapDelete(map.fd, key);
  if (rc === -ERRNO.ENOENT) return false;
  if (rc !== 0) throw syscallError(`delete from map ${map.name}`, -rc);
  return true;
}

/** The value, or undefined when there is no such key. */
export function lookupMap(map: BpfMapInfo, key: MapBytes): Uint8Array | undefined {
  const value = new Uint8Array(map.valueBytes);
  const rc = libbpf().mapLookup(map.fd, key, value);
  if (rc === -ERRNO.ENOENT) return undefined;
  if (rc !== 0) throw syscallError(`lookup in map ${map.name}`, -rc);
  return value;
}

/** Possible CPUs of this machine: values in a per-CPU map. */
export function possibleCpus(): number {
  const count = libbpf().numPossibleCpus();
  if (count <= 0) throw syscallError('read /sys/devices/system/cpu/possible', lastErrno());
  return count;
}

/** The kernel copies as many bytes as the map says: a short buffer would be overrun. */
function requireBytes(map: BpfMapInfo, given: number): void {
  if (given !== map.valueBytes) {
    throw new Error(`map ${map.name} holds ${map.valueBytes} bytes a value, ${given} given`);
  }
}
