/** Numbers of the kernel in its own words, for people; unknown ones stay numbers. */

/** `IFA_F_*` (include/uapi/linux/if_addr.h), in the words of ip-address(8). */
const ADDRESS_FLAGS: readonly (readonly [number, string])[] = [
  [0x01, 'temporary'],
  [0x02, 'nodad'],
  [0x04, 'optimistic'],
  [0x08, 'dadfailed'],
  [0x10, 'home'],
  [0x20, 'deprecated'],
  [0x40, 'tentative'],
  [0x80, 'permanent'],
  [0x100, 'mngtmpaddr'],
  [0x200, 'noprefixroute'],
  [0x400, 'autojoin'],
  [0x800, 'stable-privacy'],
];

export function addressFlags(flags: number): string[] {
  return ADDRESS_FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
}

/** `RTPROT_*` (include/uapi/linux/rtnetlink.h). */
const PROTOCOLS: Readonly<Record<number, string>> = {
  0: 'unspec',
  1: 'redirect',
  2: 'kernel',
  3: 'boot',
  4: 'static',
  9: 'ra',
  16: 'dhcp',
};

export function routeProtocol(protocol: number): string {
  return PROTOCOLS[protocol] ?? `${protocol}`;
}

/** `RTN_*`; empty for unicast, which is not worth a word. */
const TYPES: Readonly<Record<number, string>> = {
  1: '',
  2: 'local',
  3: 'broadcast',
  4: 'anycast',
  5: 'multicast',
  6: 'blackhole',
  7: 'unreachable',
  8: 'prohibit',
  9: 'throw',
};

export function routeType(type: number): string {
  return TYPES[type] ?? `type ${type}`;
}

const TABLES: Readonly<Record<number, string>> = { 253: 'default', 254: 'main', 255: 'local' };

export function tableName(table: number): string {
  return TABLES[table] ?? `${table}`;
}

/** Errors that lookups and selections return (include/uapi/asm-generic/errno.h). */
const ERRORS: Readonly<Record<number, string>> = {
  1: 'EPERM',
  11: 'EAGAIN',
  12: 'ENOMEM',
  13: 'EACCES',
  19: 'ENODEV',
  22: 'EINVAL',
  99: 'EADDRNOTAVAIL',
  100: 'ENETDOWN',
  101: 'ENETUNREACH',
  110: 'ETIMEDOUT',
  113: 'EHOSTUNREACH',
};

/** Name of a negative errno. */
export function errorName(error: number): string {
  return ERRORS[-error] ?? `error ${error}`;
}

const IP_PROTOCOLS: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 58: 'icmp6' };

export function ipProtocol(proto: number): string {
  return IP_PROTOCOLS[proto] ?? (proto === 0 ? '' : `proto ${proto}`);
}

const NS_PER_SEC = 1_000_000_000n;

/** Seconds of CLOCK_BOOTTIME with microseconds, e.g. `12.000345`. */
export function formatTime(tsNs: string): string {
  const ns = BigInt(tsNs);
  const micros = (ns % NS_PER_SEC) / 1000n;
  return `${ns / NS_PER_SEC}.${micros.toString().padStart(6, '0')}`;
}

/** What is left until `until` (null: never ends), e.g. `2 h 30 m`. */
export function formatLeft(until: string | null, nowNs: string): string {
  if (until === null) return 'forever';
  const sec = (BigInt(until) - BigInt(nowNs)) / NS_PER_SEC;
  return sec <= 0n ? 'expired' : formatSeconds(Number(sec));
}

/** A duration in its two largest units. */
export function formatSeconds(sec: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'm'],
    [1, 's'],
  ];
  const first = units.findIndex(([size]) => sec >= size);
  if (first < 0) return '0 s';
  let rest = sec;
  const parts: string[] = [];
  for (const [size, unit] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ');
}
