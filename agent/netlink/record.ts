/** Items of a dump as the bytes of bpf/event.h that the pipeline and the trace take. */

import { encodeRecord } from '../../src/decode/record.ts';
import type { DumpItem } from './dump-netns.ts';

/** One item of dumpNetns() as record bytes. */
export function recordOf(item: DumpItem): Uint8Array {
  return item instanceof Uint8Array ? item : encodeRecord(item);
}
