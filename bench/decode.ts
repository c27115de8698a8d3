/** What the agent does with a record before anything else. */

import type { RecordHandler } from '../agent/libbpf/ring-buffer.ts';
import { decodeRecord } from '../src/decode/record.ts';

/** A handler that makes a KernelEvent of every record. */
export function decodingHandler(): RecordHandler {
  let last: unknown;
  return (bytes, offset, len) => {
    const event = decodeRecord(bytes, offset, len);
    if (event.kind === 'unknown') throw new Error(`record does not decode: ${event.reason}`);
    last = event;
    void last;
  };
}
