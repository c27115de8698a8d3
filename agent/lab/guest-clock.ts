/** Kernel arguments that give an emulated guest a clock that runs at the right speed. */

import { readFileSync } from 'node:fs';

/**
 * TCG hands the host's TSC through, but a guest on a busy host calibrates it wrongly and its clock
 * may run many times too fast. Where the host is itself a virtual machine its `cpu MHz` is the
 * TSC's rate and the guest is told it; elsewhere it does without the TSC.
 */
export function clockArguments(cpuinfo: string = readFileSync('/proc/cpuinfo', 'utf8')): string {
  const mhz = Number(/^cpu MHz\s*: ([\d.]+)/m.exec(cpuinfo)?.[1] ?? 0);
  return mhz > 0 && /\bhypervisor\b/.test(cpuinfo)
    ? `tsc=reliable tsc_early_khz=${Math.round(mhz * 1000)}`
    : 'tsc=unstable clocksource=hpet';
}
