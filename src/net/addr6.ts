/**
 * IPv6 addresses as values.
 *
 * An `Addr6` is the canonical text of RFC 5952 (lower case, longest run of zeros
 * compressed, never dotted), so that addresses compare with `===` and serve as
 * keys. Bytes are turned into text at the edge, once, through a bounded cache.
 */

declare const brand: unique symbol;

/** An IPv6 address in RFC 5952 form, e.g. `2001:db8::1`. */
export type Addr6 = string & { readonly [brand]: 'Addr6' };

/** `::`, the unspecified address (RFC 4291, section 2.5.2). */
export const ANY6: Addr6 = '::' as Addr6;

/**
 * Texts of recent addresses. Direct-mapped: an address has one slot and evicts whatever is
 * in it, so hostile input cannot grow the cache, and a hit costs four compares.
 */
const SLOTS = 16_384;
const slotWords = new Uint32Array(4 * SLOTS);
const slotTexts: Addr6[] = new Array<Addr6>(SLOTS).fill(ANY6);

/** Formats 16 bytes in network order, starting at `offset`. */
export function addr6FromBytes(bytes: Uint8Array, offset = 0): Addr6 {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 16);
  return addr6FromWords(
    view.getUint32(0),
    view.getUint32(4),
    view.getUint32(8),
    view.getUint32(12),
  );
}

/** Formats four 32-bit words, most significant first. */
export function addr6FromWords(a: number, b: number, c: number, d: number): Addr6 {
  if ((a | b | c | d) === 0) return ANY6;
  let hash = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0x9e3779b1);
  hash = Math.imul(hash ^ c ^ (hash >>> 15), 0xc2b2ae35);
  hash = Math.imul(hash ^ d ^ (hash >>> 13), 0x27d4eb2f);
  const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
  const at = 4 * slot;
  if (
    slotWords[at] === a >>> 0 &&
    slotWords[at + 1] === b >>> 0 &&
    slotWords[at + 2] === c >>> 0 &&
    slotWords[at + 3] === d >>> 0
  ) {
    return slotTexts[slot] ?? ANY6;
  }
  const words = [a, b, c, d];
  const groups: number[] = [];
  for (const word of words) groups.push(word >>> 16, word & 0xffff);
  const text = format(groups);
  slotWords.set(words, at);
  slotTexts[slot] = text;
  return text;
}

/** RFC 5952, section 4: the first longest run of two or more zero groups becomes `::`. */
function format(groups: readonly number[]): Addr6 {
  let bestStart = -1;
  let bestLen = 1;
  for (let i = 0; i < 8; ) {
    let j = i;
    while (j < 8 && groups[j] === 0) j++;
    if (j - i > bestLen) {
      bestStart = i;
      bestLen = j - i;
    }
    i = j === i ? i + 1 : j;
  }
  const bestEnd = bestStart + bestLen;
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i >= bestStart && i < bestEnd && bestStart >= 0) {
      if (i === bestStart) text += '::';
      continue;
    }
    if (i > 0 && i !== bestEnd) text += ':';
    text += groups[i]?.toString(16);
  }
  return text as Addr6;
}

/** Parses any textual form of RFC 4291, section 2.2 (dotted tail included). Undefined when it is none. */
export function parseAddr6(text: string): Addr6 | undefined {
  const words = parseWords(text);
  return words && addr6FromWords(...words);
}

/** As {@link parseAddr6}, for literals in code: throws a RangeError when it is no address. */
export function addr6(text: string): Addr6 {
  const addr = parseAddr6(text);
  if (addr === undefined) throw new RangeError(`not an IPv6 address: ${JSON.stringify(text)}`);
  return addr;
}

/** The four 32-bit words of an address, most significant first, as unsigned numbers. */
export function addr6Words(addr: Addr6): [number, number, number, number] {
  const words = parseWords(addr);
  if (!words) throw new RangeError(`not an IPv6 address: ${JSON.stringify(addr)}`);
  return words;
}

/** The 16 bytes of an address in network order. */
export function addr6Bytes(addr: Addr6): Uint8Array {
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  addr6Words(addr).forEach((word, i) => {
    view.setUint32(4 * i, word);
  });
  return out;
}

function parseWords(text: string): [number, number, number, number] | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const g = [...head, ...new Array<number>(halves.length === 2 ? missing : 0).fill(0), ...tail];
  const word = (i: number): number => (((g[i] ?? 0) << 16) | (g[i + 1] ?? 0)) >>> 0;
  return [word(0), word(2), word(4), word(6)];
}

function parseGroups(text: string, dottedAllowed: boolean): number[] | undefined {
  if (text === '') return [];
  const out: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (dottedAllowed && i === parts.length - 1 && part.includes('.')) {
      const octets = part.split('.');
      if (octets.length !== 4 || !octets.every((o) => /^(0|[1-9]\d{0,2})$/.test(o) && +o < 256)) {
        return undefined;
      }
      const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number);
      out.push((a << 8) | b, (c << 8) | d);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      out.push(Number.parseInt(part, 16));
    } else return undefined;
  }
  return out;
}

/** fe80::/10 (RFC 4291, section 2.5.6). */
export function isLinkLocal(addr: Addr6): boolean {
  return /^fe[89ab]/.test(addr) && addr.indexOf(':') === 4;
}

/** ff00::/8 (RFC 4291, section 2.7). */
export function isMulticast(addr: Addr6): boolean {
  return addr.startsWith('ff') && addr.indexOf(':') === 4;
}
