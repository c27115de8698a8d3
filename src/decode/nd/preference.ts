/** The two Prf bits, in the RA header and in the RIO (RFC 4191, section 2.1). */

export type Preference = 'low' | 'medium' | 'high' | 'reserved';

const BY_BITS: readonly Preference[] = ['medium', 'high', 'reserved', 'low'];

/** Reads bits 3 and 4 (0x18) of an octet. */
export function preferenceOf(octet: number): Preference {
  return BY_BITS[(octet >> 3) & 3] ?? 'medium';
}

/** The bits of a preference, in place (0x18). */
export function preferenceBits(preference: Preference): number {
  return BY_BITS.indexOf(preference) << 3;
}
