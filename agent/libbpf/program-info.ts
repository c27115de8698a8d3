/** What the kernel tells of a loaded program (`struct bpf_prog_info` of include/uapi/linux/bpf.h). */

import { lastErrno, libbpf } from './abi.ts';
import { syscallError } from './libc.ts';

/** sizeof(struct bpf_prog_info) up to `recursion_misses`, and where that is (Linux 5.12). */
const INFO_BYTES = 216;
const RECURSION_MISSES_OFFSET = 208;

/**
 * How often the kernel did not run the program because it was running on that CPU already:
 * in a task that was preempted or interrupted within it (`__bpf_prog_enter_recur`).
 * @throws AgentError when `programFd` is no program.
 */
export function recursionMisses(programFd: number): number {
  const info = Buffer.alloc(INFO_BYTES);
  const rc = libbpf().objInfoByFd(programFd, info, [INFO_BYTES]);
  if (rc !== 0) throw syscallError('read the info of a BPF program', lastErrno());
  return Number(info.readBigUInt64LE(RECURSION_MISSES_OFFSET));
}
