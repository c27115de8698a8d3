/** Instants as the stream has them: decimal strings of CLOCK_BOOTTIME nanoseconds. */

/** Negative, zero or positive as `a` is before, at or after `b`. */
export function compareNs(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whole seconds; exact, a boot is shorter than 2^53 s. */
export function secOf(tsNs: string): number {
  return tsNs.length > 9 ? Number(tsNs.slice(0, -9)) : 0;
}

/** Seconds with fraction, for drawing. */
export function toSec(tsNs: string): number {
  return Number(BigInt(tsNs) / 1000n) / 1e6;
}

export function fromSec(sec: number): string {
  return (BigInt(Math.round(Math.max(0, sec) * 1e6)) * 1000n).toString();
}

/** The wall clock of the traced host (UTC), e.g. `2026-03-01 12:00:00.123`; '' when unknown. */
export function wallTime(tsNs: string, realtimeOffsetNs: string | undefined): string {
  if (realtimeOffsetNs === undefined || realtimeOffsetNs === '0') return '';
  const ms = Number((BigInt(tsNs) + BigInt(realtimeOffsetNs)) / 1_000_000n);
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return '';
  return date.toISOString().replace('T', ' ').replace('Z', '');
}
