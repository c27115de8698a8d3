/** Decompression by the tools that kernels and modules are packed with. */

import { spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { AgentError } from '../error.ts';

const MAGIC: readonly (readonly [string, Packing])[] = [
  ['fd377a58', 'xz'],
  ['28b52ffd', 'zstd'],
  ['02214c18', 'lz4'],
  ['1f8b', 'gzip'],
];

export type Packing = 'xz' | 'zstd' | 'lz4' | 'gzip';

const RESULT_MAX_BYTES = 1 << 30;

export function packingOf(bytes: Uint8Array): Packing | undefined {
  const head = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  return MAGIC.find(([magic]) => head.startsWith(magic))?.[1];
}

/** @throws AgentError `PVD_ERR_DECOMPRESS` */
export function decompress(bytes: Uint8Array, packing: Packing, what: string): Buffer {
  if (packing === 'gzip') return gunzipSync(bytes, { maxOutputLength: RESULT_MAX_BYTES });
  const result = spawnSync(packing, ['-dcq'], { input: bytes, maxBuffer: RESULT_MAX_BYTES });
  if (result.status === 0) return result.stdout;
  const why = result.error?.message ?? result.stderr.toString().trim();
  throw new AgentError({
    code: 'PVD_ERR_DECOMPRESS',
    op: `decompress ${what}`,
    message: `cannot decompress ${what} with ${packing}: ${why}`,
    hint: `the program ${packing} is needed (scripts/setup lab installs it)`,
    cause: result.error,
  });
}
