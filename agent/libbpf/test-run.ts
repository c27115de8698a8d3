/** BPF_PROG_TEST_RUN of a program of type SYSCALL: what tests and benchmarks produce with. */

import { koffi, libbpf } from './abi.ts';
import { syscallError } from './libc.ts';

/** sizeof(struct bpf_test_run_opts) of libbpf 1.x on 64-bit machines. */
const OPTS_BYTES = 80;

/** Runs the program once with `context`; returns its return value. @throws AgentError. */
export function testRun(programFd: number, context: Uint8Array): number {
  const opts = Buffer.alloc(OPTS_BYTES);
  opts.writeBigUInt64LE(BigInt(OPTS_BYTES), 0);
  opts.writeBigUInt64LE(koffi().address(context), 32);
  opts.writeUInt32LE(context.length, 48);
  const rc = libbpf().testRun(programFd, opts);
  if (rc !== 0) throw syscallError('BPF_PROG_TEST_RUN', -rc);
  return opts.readUInt32LE(56);
}
