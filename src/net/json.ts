/**
 * Values as JSON: what `JSON.stringify` cannot carry is turned into what it can.
 *
 * A 64-bit integer becomes a decimal string (a double keeps 53 bits only), bytes become
 * lower-case hex, `undefined` becomes `null`, so that no field gets lost.
 */

export type Json<T> = T extends bigint
  ? string
  : T extends undefined
    ? null
    : T extends Uint8Array
      ? string
      : T extends string | number | boolean | null
        ? T
        : T extends readonly (infer E)[]
          ? readonly Json<E>[]
          : T extends object
            ? { readonly [K in keyof T]: Json<T[K]> }
            : never;

/** The JSON form of `value`: plain data, keys in the order of the value's own. */
export function toJson<T>(value: T): Json<T> {
  return convert(value) as Json<T>;
}

function convert(value: unknown): unknown {
  if (isPlain(value)) return value;
  if (typeof value === 'bigint') return value.toString();
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    return [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
  if (Array.isArray(value)) return value.map(convert);
  // A copy keeps the shape of `value`: several times as fast as an object made key by key.
  const out: Record<string, unknown> = { ...value };
  for (const key in out) {
    const field = out[key];
    if (!isPlain(field)) out[key] = convert(field);
  }
  return out;
}

/** What is most of all fields, and JSON already. */
function isPlain(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'string';
}
