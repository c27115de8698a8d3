/** How this kernel was built, where it tells. */

import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';

/** The text of the configuration; undefined where the kernel does not tell. */
export function kernelConfig(): string | undefined {
  for (const read of [
    () => gunzipSync(readFileSync('/proc/config.gz')).toString('latin1'),
    () => readFileSync(`/boot/config-${release()}`, 'latin1'),
  ]) {
    try {
      return read();
    } catch {
      // Not there.
    }
  }
  return undefined;
}

/** `CONFIG_INIT_STACK_ALL_ZERO`; undefined when it is not known. */
export function hasStackInit(config: string | undefined): boolean | undefined {
  return config === undefined ? undefined : /^CONFIG_INIT_STACK_ALL_ZERO=y$/m.test(config);
}

/**
 * `CONFIG_IPV6_ROUTER_PREF`: this setting is only there with it. Not found by what preferences do,
 * or a kernel that forgets them would pass for one that has none. Undefined without IPv6.
 */
export function hasRouterPref(): boolean | undefined {
  const settings = '/proc/sys/net/ipv6/conf/all';
  return existsSync(settings) ? existsSync(`${settings}/accept_ra_rtr_pref`) : undefined;
}
