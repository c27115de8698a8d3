/** SipHash-2-4 (Aumasson and Bernstein, 2012), the kernel's `siphash()` (lib/siphash.c). */

const MASK = 0xffff_ffff_ffff_ffffn;

type State = [bigint, bigint, bigint, bigint];

function rotl(x: bigint, by: bigint): bigint {
  return ((x << by) | (x >> (64n - by))) & MASK;
}

function rounds(v: State, count: number): void {
  let [v0, v1, v2, v3] = v;
  for (let i = 0; i < count; i++) {
    v0 = (v0 + v1) & MASK;
    v1 = rotl(v1, 13n) ^ v0;
    v0 = rotl(v0, 32n);
    v2 = (v2 + v3) & MASK;
    v3 = rotl(v3, 16n) ^ v2;
    v0 = (v0 + v3) & MASK;
    v3 = rotl(v3, 21n) ^ v0;
    v2 = (v2 + v1) & MASK;
    v1 = rotl(v1, 17n) ^ v2;
    v2 = rotl(v2, 32n);
  }
  v[0] = v0;
  v[1] = v1;
  v[2] = v2;
  v[3] = v3;
}

/** Hash of `data` under the key `(k0, k1)`; 64 bits. */
export function siphash24(data: DataView, k0: bigint, k1: bigint): bigint {
  const v: State = [
    0x736f_6d65_7073_6575n ^ k0,
    0x646f_7261_6e64_6f6dn ^ k1,
    0x6c79_6765_6e65_7261n ^ k0,
    0x7465_6462_7974_6573n ^ k1,
  ];
  const whole = data.byteLength & ~7;
  for (let at = 0; at < whole; at += 8) absorb(v, data.getBigUint64(at, true));
  let last = BigInt(data.byteLength & 0xff) << 56n;
  for (let at = whole; at < data.byteLength; at++) {
    last |= BigInt(data.getUint8(at)) << BigInt(8 * (at - whole));
  }
  absorb(v, last);
  v[2] ^= 0xffn;
  rounds(v, 4);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

function absorb(v: State, word: bigint): void {
  v[3] ^= word;
  rounds(v, 2);
  v[0] ^= word;
}
