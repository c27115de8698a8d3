/** Capabilities of this thread (capabilities(7)): which it has, and giving some up. */

import { lastErrno, libc } from './abi.ts';
import { syscallError } from './libc.ts';

/** include/uapi/linux/capability.h */
export const CAP = {
  DAC_OVERRIDE: 1,
  DAC_READ_SEARCH: 2,
  KILL: 5,
  NET_BIND_SERVICE: 10,
  NET_ADMIN: 12,
  NET_RAW: 13,
  SYS_PTRACE: 19,
  SYS_ADMIN: 21,
  SYS_RESOURCE: 24,
  PERFMON: 38,
  BPF: 39,
} as const;
export type Capability = keyof typeof CAP;

const VERSION_3 = 0x20080522;
const CAPS_MAX = 64;

/** `struct __user_cap_header_struct`: version, pid 0 = this thread. */
function header(): Uint32Array {
  return Uint32Array.of(VERSION_3, 0);
}

/** Effective capabilities of this thread as a bit set. */
export function effectiveCapabilities(): bigint {
  return joined(capget(), 0);
}

/** Words effective, permitted, inheritable of the low half, then of the high half. */
function capget(): Uint32Array {
  const data = new Uint32Array(6);
  if (libc().capget(header(), data) !== 0) throw syscallError('capget', lastErrno());
  return data;
}

function joined(data: Uint32Array, set: number): bigint {
  return BigInt(data[set] ?? 0) | (BigInt(data[set + 3] ?? 0) << 32n);
}

export function hasCapability(capability: Capability): boolean {
  return ((effectiveCapabilities() >> BigInt(CAP[capability])) & 1n) === 1n;
}

/** Those of `wanted` this thread does not have. CAP_SYS_ADMIN stands in for BPF and PERFMON. */
export function missingCapabilities(wanted: readonly Capability[]): Capability[] {
  const admin = hasCapability('SYS_ADMIN');
  return wanted.filter(
    (name) => !hasCapability(name) && !(admin && (name === 'BPF' || name === 'PERFMON')),
  );
}

/**
 * Gives up, in this thread, every capability but `kept`. The bounding set stays, so a
 * program run as root by exec(2) has its own as before. Threads that exist already keep theirs.
 */
export function keepOnlyCapabilities(kept: readonly Capability[]): void {
  let mask = 0n;
  for (const name of kept) mask |= 1n << BigInt(CAP[name]);
  const data = capget();
  const low = Number(BigInt.asUintN(32, mask));
  const high = Number((mask >> 32n) & BigInt.asUintN(CAPS_MAX - 32, -1n));
  for (let set = 0; set < 3; set++) {
    data[set] = ((data[set] ?? 0) & low) >>> 0;
    data[set + 3] = ((data[set + 3] ?? 0) & high) >>> 0;
  }
  if (libc().capset(header(), data) !== 0) throw syscallError('capset', lastErrno());
}
