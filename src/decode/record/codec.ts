/** What the codec of one kind of record provides; `record.ts` holds the table of all. */

import type { EventHeader, KernelEvent } from '../event.ts';

/** A body that breaks its own lengths: why, for people. */
export interface Malformed {
  readonly kind: 'malformed';
  readonly why: string;
}

export function malformed(why: string): Malformed {
  return { kind: 'malformed', why };
}

export interface Codec<E extends KernelEvent> {
  /** `enum pvd_kind`. */
  readonly kind: number;
  /** A shorter record cannot be read. */
  readonly lenMinBytes: number;
  /** Reads the record of `len` bytes at `at`; `len` is at least `lenMinBytes`. Never throws. */
  decode(view: DataView, at: number, len: number, header: EventHeader): E | Malformed;
  /** Size of the record of `event`, header included, before it is padded. */
  lenBytes(event: E): number;
  /** Writes the body into zeroed memory that starts with the header. */
  encode(view: DataView, event: E): void;
}
