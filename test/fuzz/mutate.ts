/** Small changes to octets that mean something to a reader of Neighbor Discovery options. */

export type Random = (below: number) => number;

/** xorshift32: the same in every run from one seed. */
export function randomFrom(seed: number): Random {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const LEN_MAX = 2048;
/** Option types, label lengths, lengths and flags that decide something. */
const WORDS = [
  ...[0, 1, 2, 3, 4, 5, 7, 8, 11, 14, 21, 24, 25, 26, 31, 37, 38, 144, 253, 254],
  ...[0x10, 0x18, 0x20, 0x3f, 0x40, 0x61, 0x80, 0xa0, 0xc0, 0xe0, 0xfe, 0xff],
];

type Change = (octets: number[], random: Random, other: Uint8Array) => void;

const CHANGES: readonly Change[] = [
  (octets, random) => {
    const at = random(octets.length);
    octets[at] = (octets[at] ?? 0) ^ (1 << random(8));
  },
  (octets, random) => {
    octets[random(octets.length)] = WORDS[random(WORDS.length)] ?? 0;
  },
  (octets, random) => {
    const at = random(octets.length);
    octets[at] = ((octets[at] ?? 0) + random(7) - 3) & 0xff;
  },
  /** A unit away, a unit twice, a unit of nothing. */
  (octets, random) => octets.splice(unit(octets, random), 8),
  (octets, random) => {
    const at = unit(octets, random);
    octets.splice(at, 0, ...octets.slice(at, at + 8 * (1 + random(4))));
  },
  (octets, random) => octets.splice(unit(octets, random), 0, ...new Array<number>(8).fill(0)),
  /** A part of another. */
  (octets, random, other) => {
    const from = 8 * random(Math.ceil(other.length / 8));
    const part = other.subarray(from, from + 8 * (1 + random(6)));
    octets.splice(unit(octets, random), random(2) * part.length, ...part);
  },
  (octets, random) => octets.splice(random(octets.length), 1 + random(3)),
  (octets, random) => octets.splice(random(octets.length), 0, WORDS[random(WORDS.length)] ?? 0),
];

function unit(octets: readonly number[], random: Random): number {
  return 8 * random(Math.ceil(octets.length / 8));
}

/** One to eight changes; never empty. */
export function mutate(octets: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const out = [...octets];
  for (let left = 1 + random(1 << random(4)); left > 0; left--) {
    if (out.length === 0) out.push(134);
    CHANGES[random(CHANGES.length)]?.(out, random, other);
  }
  return Uint8Array.from(out.length === 0 ? [134] : out.slice(0, LEN_MAX));
}
