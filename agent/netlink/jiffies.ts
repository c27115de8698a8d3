/**
 * Address time stamps are jiffies, given to user space as hundredths of a second
 * since boot (cstamp_delta(), net/ipv6/addrconf.c). Jiffies stand still in suspend,
 * like CLOCK_MONOTONIC, and start later than it by what the boot took to enable the
 * tick (tenths of a second are usual), so they need an anchor in CLOCK_BOOTTIME.
 *
 * Precision of a converted stamp: the hundredth, plus one jiffy, plus the time between
 * reading the anchor's two values (milliseconds). A suspend between the stamp and the
 * anchor shifts the stamp by its length: that is how the kernel counts lifetimes too.
 */

/** CLOCK_BOOTTIME in ns at which jiffies had INITIAL_JIFFIES, seen from now. */
export type JiffiesEpoch = bigint;

const NS_PER_CENTISECOND = 10_000_000n;
const CENTISECONDS_WRAP = 1n << 32n;
/** INITIAL_JIFFIES lies five minutes before the 32-bit wrap (include/linux/jiffies.h). */
const INITIAL_SEC = 300n;

/**
 * From one reading of `jiffies` (all 64 bits, or the low 32) at `nowNs`.
 * @param elapsedNs CLOCK_MONOTONIC at that time: tells how often 32 bits wrapped.
 */
export function jiffiesEpoch(
  jiffies: bigint,
  hz: number,
  nowNs: bigint,
  elapsedNs: bigint,
): JiffiesEpoch {
  const ticks = BigInt.asUintN(32, jiffies + INITIAL_SEC * BigInt(hz));
  const wrapNs = ((1n << 32n) * 1_000_000_000n) / BigInt(hz);
  const ns = (ticks * 1_000_000_000n) / BigInt(hz);
  const wraps = (elapsedNs - ns + wrapNs / 2n) / wrapNs;
  return nowNs - ns - (wraps > 0n ? wraps * wrapNs : 0n);
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
