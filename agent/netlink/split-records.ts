/** Cuts what a BPF iterator wrote into the records of bpf/event.h it is made of. */

import { viewOf } from './attributes.ts';

const HDR_BYTES = 40;
/** Offset of pvd_hdr.len. */
const HDR_LEN = 24;

/** Views into `bytes`, one a record. @throws RangeError when lengths do not add up. */
export function splitRecords(bytes: Uint8Array): Uint8Array[] {
  const view = viewOf(bytes);
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const len = at + HDR_BYTES <= bytes.length ? view.getUint32(at + HDR_LEN, true) : 0;
    if (len < HDR_BYTES || len % 8 !== 0 || at + len > bytes.length) {
      throw new RangeError(`record at byte ${at} of ${bytes.length} has length ${len}`);
    }
    records.push(bytes.subarray(at, at + len));
    at += len;
  }
  return records;
}
