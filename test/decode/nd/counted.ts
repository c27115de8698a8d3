/** Octets that count how often they are read, and refuse to be read past their ends. */

export interface Counted {
  readonly bytes: Uint8Array;
  /** Reads of one octet so far. */
  readonly reads: () => number;
}

export function counted(octets: Uint8Array): Counted {
  let reads = 0;
  const wrap = (view: Uint8Array): Uint8Array =>
    new Proxy(view, {
      get: (target, key) => {
        if (typeof key === 'string' && /^-?\d+$/.test(key)) {
          reads++;
          if (!(key in target)) throw new RangeError(`read at ${key} of ${target.length} octets`);
        }
        const value: unknown = Reflect.get(target, key, target);
        if (key === 'subarray')
          return (from: number, to: number) => wrap(target.subarray(from, to));
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return { bytes: wrap(octets), reads: () => reads };
}
