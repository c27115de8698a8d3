/** Items of a dump as the bytes of bpf/event.h that the pipeline and the trace take. */

import type { KernelEvent } from '../../src/decode/event.ts';
import { encodeRecord } from '../../src/decode/record.ts';

/** One item of dumpNetns() as record bytes. */
export function recordOf(item: KernelEvent | Uint8Array): Uint8Array {
  return item instanceof Uint8Array ? item : encodeRecord(item);
}
