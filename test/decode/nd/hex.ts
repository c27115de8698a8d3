/** Octets in tests. */

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
}

/** An RA header: hop limit 64, router lifetime 1800 s. */
export const HEADER = '86000000 40000708 00000000 00000000';
