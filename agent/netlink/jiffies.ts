/**
 * Address time stamps are jiffies, given to user space as hundredths of a second
 * since boot (cstamp_delta(), net/ipv6/addrconf.c). Jiffies stand still in suspend,
 * like CLOCK_MONOTONIC, and start later than it by what the boot took to enable the
 * tick (tenths of a second are usual), so they need an anchor in CLOCK_BOOTTIME.
 *
 * A tick that comes late lets jiffies stand still and then catch up, so of several anchors
 * the earliest is the one that timers follow. Precision of a converted stamp: the hundredth,
 * plus the time between reading the anchor's two values. A suspend between the stamp and the
 * anchor shifts the stamp by its length: that is how the kernel counts lifetimes too.
 */

/** CLOCK_BOOTTIME in ns at which jiffies had INITIAL_JIFFIES, seen from now. */
export type JiffiesEpoch = bigint;

const NS_PER_CENTISECOND = 10_000_000n;
const CENTISECONDS_WRAP = 1n << 32n;
/** A stamp that is newer than a reading by more than an hour is one from before a wrap. */
const DUMP_CS_MAX = 360_000;
/** INITIAL_JIFFIES lies five minutes before the 32-bit wrap (include/linux/jiffies.h). */
const INITIAL_SEC = 300n;

/** Jiffies before and after a dump, and their epoch. */
export interface JiffiesSpan {
  readonly epoch: JiffiesEpoch;
  /** In hundredths of a second since the epoch, as stamps are, but not wrapped. */
  readonly fromCs: bigint;
  readonly toCs: bigint;
}

/**
 * Ns of ticks since INITIAL_JIFFIES, from `jiffies` (all 64 bits, or the low 32).
 * @param elapsedNs CLOCK_MONOTONIC at that time: tells how often 32 bits wrapped.
 */
export function ticksNs(jiffies: bigint, hz: number, elapsedNs: bigint): bigint {
  const ticks = BigInt.asUintN(32, jiffies + INITIAL_SEC * BigInt(hz));
  const wrapNs = ((1n << 32n) * 1_000_000_000n) / BigInt(hz);
  const ns = (ticks * 1_000_000_000n) / BigInt(hz);
  const wraps = (elapsedNs - ns + wrapNs / 2n) / wrapNs;
  return ns + (wraps > 0n ? wraps * wrapNs : 0n);
}

export function centiseconds(ns: bigint): bigint {
  return ns / NS_PER_CENTISECOND;
}

/**
 * How old a stamp was for the kernel, in whole seconds (`(jiffies - tstamp) / HZ`): the least
 * and the most that are possible, since stamp and readings are cut to hundredths.
 */
export function agesSec(stampCs: number, span: JiffiesSpan): { least: number; most: number } {
  const since = (cs: bigint): number => {
    const ageCs = Number((cs % CENTISECONDS_WRAP) - BigInt(stampCs));
    return ageCs < -DUMP_CS_MAX ? ageCs + Number(CENTISECONDS_WRAP) : ageCs;
  };
  const least = Math.floor((since(span.fromCs) - 1) / 100);
  const most = Math.ceil((since(span.toCs) + 1) / 100) - 1;
  return { least: Math.max(0, least), most: Math.max(0, most) };
}

/** `jiffies` as printed by /proc/timer_list (kernel/time/timer_list.c); undefined when it is not there. */
export function jiffiesOfTimerList(timerList: string): bigint | undefined {
  const match = /^jiffies: (\d{1,20})\n/m.exec(timerList);
  return match?.[1] === undefined ? undefined : BigInt(match[1]);
}

/** CLOCK_BOOTTIME in ns of a stamp in hundredths since boot that wraps at 32 bits (497 days). */
export function bootTimeOfStamp(centiseconds: number, epoch: JiffiesEpoch, nowNs: bigint): bigint {
  const nowCentiseconds = (nowNs - epoch) / NS_PER_CENTISECOND;
  // A stamp from before the last wrap: the youngest that is not in the future.
  const ahead = BigInt(centiseconds) - nowCentiseconds;
  const wraps = ahead > 100n ? 0n : -ahead / CENTISECONDS_WRAP;
  return epoch + (BigInt(centiseconds) + wraps * CENTISECONDS_WRAP) * NS_PER_CENTISECOND;
}
