/** How often one address may do something: a token bucket each, for a bounded number of them. */

export interface RateLimit {
  /** Takes one; false when there is none left. */
  take(address: string, nowMs: number): boolean;
  /** Whether there is one to take. */
  has(address: string, nowMs: number): boolean;
}

export interface RateLimits {
  readonly perSec: number;
  readonly burst: number;
  /** Addresses remembered; beyond it the one that asked longest ago is forgotten. */
  readonly addresses: number;
}

export function createRateLimit({ perSec, burst, addresses }: RateLimits): RateLimit {
  const buckets = new Map<string, { left: number; atMs: number }>();
  const leftOf = (address: string, nowMs: number): number => {
    const known = buckets.get(address);
    if (known === undefined) return burst;
    return Math.min(burst, known.left + (Math.max(0, nowMs - known.atMs) / 1000) * perSec);
  };
  return {
    has: (address, nowMs) => leftOf(address, nowMs) >= 1,
    take(address, nowMs): boolean {
      const left = leftOf(address, nowMs);
      buckets.delete(address);
      buckets.set(address, { left: left >= 1 ? left - 1 : left, atMs: nowMs });
      const [oldest] = buckets.keys();
      if (buckets.size > addresses && oldest !== undefined) buckets.delete(oldest);
      return left >= 1;
    },
  };
}
