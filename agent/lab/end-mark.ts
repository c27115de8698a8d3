/**
 * Finds the end of a byte stream that cannot be closed: a mark, unlike anything in the stream, is
 * sent last. All before it is passed on at once, but for a tail that may be the mark's beginning.
 */

export interface EndMark {
  /** The bytes of `chunk` (and of what was held back) that are surely the stream's. */
  push(chunk: Buffer): Buffer;
  /** What was held back, when the stream broke off without the mark. */
  flush(): Buffer;
  readonly seen: boolean;
}

export function createEndMark(mark: Buffer): EndMark {
  let held: Buffer = Buffer.alloc(0);
  let seen = false;
  return {
    get seen() {
      return seen;
    },
    push(chunk) {
      if (seen) return Buffer.alloc(0);
      const bytes = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
      const at = bytes.indexOf(mark);
      seen = at >= 0;
      const end = seen ? at : bytes.length - partialLen(bytes, mark);
      held = seen ? Buffer.alloc(0) : Buffer.from(bytes.subarray(end));
      return bytes.subarray(0, end);
    },
    flush() {
      const rest = held;
      held = Buffer.alloc(0);
      return rest;
    },
  };
}

/** Length of the longest end of `bytes` that `mark` begins with. */
function partialLen(bytes: Buffer, mark: Buffer): number {
  for (let len = Math.min(bytes.length, mark.length - 1); len > 0; len--) {
    if (bytes.subarray(bytes.length - len).equals(mark.subarray(0, len))) return len;
  }
  return 0;
}
