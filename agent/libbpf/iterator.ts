/** Reads a BPF iterator (kernel/bpf/bpf_iter.c) of one network namespace to its end. */

import { closeSync, readSync } from 'node:fs';
import { AgentError } from '../error.ts';
import { libbpf } from './abi.ts';
import { inNetns, syscallError } from './libc.ts';
import type { BpfLink } from './link.ts';

/** A full table of a million routes is below this. */
const ITERATOR_BYTES_MAX = 512 << 20;
const CHUNK_BYTES = 256 << 10;

/**
 * Everything the iterator writes. It walks the namespace of the thread that creates
 * its file, so that is done inside `netnsFd`; reading may happen anywhere.
 * @throws AgentError PVD_ERR_NETNS, PVD_ERR_SYSCALL, PVD_ERR_ITERATOR (beyond 512 MiB).
 */
export function readIterator(link: BpfLink, netnsFd: number): Uint8Array {
  const fd = inNetns(netnsFd, () => libbpf().iterCreate(link.fd()));
  if (fd < 0) throw syscallError(`create the iterator ${link.program}`, -fd);
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const got = readChunk(fd, chunk);
      if (got === 0) return new Uint8Array(Buffer.concat(chunks, total));
      chunks.push(chunk.subarray(0, got));
      total += got;
      if (total > ITERATOR_BYTES_MAX) throw tooMuch(link.program);
    }
  } finally {
    closeSync(fd);
  }
}

/** EAGAIN: the kernel passed a million objects without output and wants to be asked again. */
function readChunk(fd: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, chunk);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'EAGAIN' && code !== 'EINTR') throw error;
    }
  }
}

function tooMuch(program: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_ITERATOR',
    op: `read the iterator ${program}`,
    message: `the iterator ${program} gave more than ${ITERATOR_BYTES_MAX} bytes`,
    hint: 'a namespace with this many routes is not followed',
  });
}
