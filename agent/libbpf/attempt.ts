/** The smallest tracing program there is: does this kernel let us trace at all? */

import { closeSync } from 'node:fs';
import { lastErrno, libbpf } from './abi.ts';

const BPF_PROG_TYPE_TRACING = 26;
const BPF_TRACE_FENTRY = 24;
/** `r0 = 0; exit` */
const RETURN_0: Uint8Array = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
/** struct bpf_prog_load_opts, as far as we fill it. */
const LOAD_OPTS_BYTES = 56;

/** Loads and attaches an fentry program on the function with BTF id `btfId`, and undoes it. */
export function attemptFentry(btfId: number): { readonly step: string; readonly errno: number } {
  const opts = Buffer.alloc(LOAD_OPTS_BYTES);
  opts.writeBigUInt64LE(BigInt(LOAD_OPTS_BYTES), 0);
  opts.writeUInt32LE(BPF_TRACE_FENTRY, 12);
  opts.writeUInt32LE(btfId, 32);
  const api = libbpf();
  const program = api.progLoad(BPF_PROG_TYPE_TRACING, 'pvd_attempt', 'GPL', RETURN_0, 2, opts);
  if (program < 0) return { step: 'load', errno: -program };
  try {
    const link = api.rawTracepointOpen(null, program);
    if (link < 0) return { step: 'attach', errno: -link || lastErrno() };
    closeSync(link);
    return { step: 'done', errno: 0 };
  } finally {
    closeSync(program);
  }
}
