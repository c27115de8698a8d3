/** RAs that break a rule, one row a way to break it. */

import type { ProblemCode } from '../../../src/decode/nd/problem.ts';
import type { DecodeRaOptions } from '../../../src/decode/nd/ra.ts';
import { addr6 } from '../../../src/net/addr6.ts';
import { HEADER, hex } from './hex.ts';

const PIO_TAIL = '00000e10 00000708 00000000 20010db8000100000000000000000000';
export const PIO: string = `03 04 40 c0 ${PIO_TAIL}`;
const ADDR = '20010db8000000000000000000000053';
/** Option header, flags, sequence and the name `a` with its padding: 16 octets, no flag set. */
export const pvd = (units: string, rest = '', flags = '8000', name = '0161 00 00000000000000') =>
  `15 ${units} ${flags} 0000 ${name} ${rest}`;

/** Encrypted DNS with the name `a`: 13 octets before `rest`. */
const dns = (units: string, rest: string) => `90 ${units} 0001 00000e10 0003 016100 ${rest}`;
const ONE = '00000000000000000000000000000001';
const HA = '08 01 0000 0001 0708';

export interface Row {
  readonly code: ProblemCode;
  /** The options of the RA, or a whole message with `message`. */
  readonly octets: string;
  readonly offset: number;
  readonly message?: true;
  readonly context?: DecodeRaOptions;
  readonly linux?: 'accept' | 'drop';
}

/** The message of a row. */
export function messageOf({ octets, message }: Row): Uint8Array {
  return hex(message ? octets : HEADER + octets);
}

const row = (code: ProblemCode, offset: number, octets: string, more: Partial<Row> = {}): Row => ({
  code,
  offset,
  octets,
  ...more,
});
const whole = (code: ProblemCode, offset: number, octets: string, context?: DecodeRaOptions): Row =>
  row(code, offset, octets, { message: true, ...(context && { context }) });

export const ROWS: readonly Row[] = [
  // The message (RFC 4861, 6.1.2)
  whole('ra-type', 0, `87${HEADER.slice(2)}`),
  whole('ra-too-short', 15, HEADER.slice(0, -2)),
  whole('ra-too-short', 0, ''),
  whole('ra-code', 1, `8601${HEADER.slice(4)}`),
  whole('ra-hop-limit', 0, HEADER, { hopLimit: 254 }),
  whole('ra-source', 0, HEADER, { saddr: addr6('2001:db8::1') }),
  whole('ra-source', 0, HEADER, { saddr: addr6('::') }),
  whole('ra-checksum', 2, HEADER, { saddr: addr6('fe80::1'), daddr: addr6('ff02::1') }),
  whole('ra-fragmented', 0, HEADER, { fragmented: true }),
  whole('ra-captured-short', 16, HEADER, { msgLenBytes: 48 }),
  whole('ra-captured-short', 4, '86000000', { msgLenBytes: 48 }),
  whole('ra-preference-reserved', 5, '86000000 40100708 00000000 00000000'),
  whole('ra-preference-unused', 5, '86000000 40080000 00000000 00000000'),
  whole('ra-reachable-time', 8, '86000000 40000708 0036ee81 00000000'),
  whole('reserved-not-zero', 5, '86000000 40010708 00000000 00000000'),
  // The walk
  row('option-length-zero', 17, '05 00 0000 000005dc'),
  row('option-length-zero', 25, '05 01 0000 000005dc 03 00'),
  row('option-overrun', 16, '05 02 0000 000005dc'),
  row('option-overrun', 16, '05'),
  row('option-overrun', 24, '05 01 0000 000005dc 00 ff'),
  row('option-not-for-ra', 16, '02 01 020000000001'),
  row('option-not-for-ra', 16, '04 01 000000000000'),
  row('option-duplicate', 24, '05 01 0000 000005dc 05 01 0000 00000578'),
  row('option-duplicate', 24, '01 01 020000000001 01 01 020000000002'),
  row('option-unknown', 16, '4d 01 000000000000'),
  row('padding-not-zero', 27, '1f 02 0000 00000e10 0161 00 00000000 01'),
  // RFC 4861, RFC 4191
  row('lladdr-length', 17, '01 02 0200000000010000 000000000000'),
  row('pio-length', 17, '03 03 40 c0 00000e10 00000708 00000000 20010db800010000'),
  row('pio-length', 17, `03 05 40 c0 ${PIO_TAIL} 0000000000000000`),
  row('pio-prefix-length', 18, `03 04 81 c0 ${PIO_TAIL}`),
  row(
    'pio-link-local',
    32,
    '03 04 40 c0 00000e10 00000708 00000000 fe800000000000000000000000000000',
  ),
  row(
    'pio-multicast',
    32,
    '03 04 40 80 00000e10 00000708 00000000 ff050000000000000000000000000000',
  ),
  row(
    'pio-preferred',
    24,
    '03 04 40 c0 00000708 00000e10 00000000 20010db8000100000000000000000000',
  ),
  row(
    'pio-preferred-on-link',
    24,
    '03 04 40 80 00000708 00000e10 00000000 20010db8000100000000000000000000',
  ),
  row('pio-not-64', 18, '03 04 30 c0 00000e10 00000708 00000000 20010db8000100000000000000000000'),
  row('prefix-bits', 32, '03 04 30 80 00000e10 00000708 00000000 20010db8000100010000000000000000'),
  row('reserved-not-zero', 19, `03 04 40 81 ${PIO_TAIL}`),
  row(
    'reserved-not-zero',
    28,
    '03 04 40 80 00000e10 00000708 00000001 20010db8000100000000000000000000',
  ),
  row('rio-length', 17, '18 01 40 00 00000708'),
  row('rio-length', 17, '18 02 41 00 00000708 20010db800010000'),
  row('rio-length', 17, '18 04 41 00 00000708 20010db800010000 0000000000000000 0000000000000000'),
  row('rio-prefix-length', 18, `18 03 81 00 00000708 ${ADDR}`),
  row('rio-preference', 19, '18 02 40 10 00000708 20010db800010000'),
  row('prefix-bits', 24, '18 02 3d 00 00000708 20010db80000ffff'),
  row('reserved-not-zero', 19, '18 02 40 80 00000708 20010db800010000'),
  row('mtu-length', 17, '05 02 0000 000005dc 0000000000000000'),
  row('mtu-too-small', 20, '05 01 0000 000004ff'),
  row('reserved-not-zero', 18, '05 01 0001 000005dc'),
  // RFC 8106
  row('rdnss-length', 17, '19 01 0000 00000e10'),
  row('rdnss-length', 17, `19 04 0000 00000e10 ${ADDR} 0000000000000000`),
  row('rdnss-address', 24, '19 03 0000 00000e10 ff020000000000000000000000000001'),
  row('rdnss-address', 24, '19 03 0000 00000e10 00000000000000000000000000000000'),
  row('dnssl-length', 17, '1f 01 0000 00000e10'),
  row('dnssl-empty', 24, '1f 02 0000 00000e10 0000000000000000'),
  row('name-truncated', 32, '1f 02 0000 00000e10 07 61616161616161'),
  row('name-truncated', 24, '1f 02 0000 00000e10 08 61616161616161'),
  row('name-compressed', 26, '1f 02 0000 00000e10 0161 c000 00000000'),
  row('name-label-length', 24, '1f 02 0000 00000e10 40 61616161616161'),
  // RFC 6275, 5175, 8781, 8910, 9463
  row('advertisement-interval-length', 17, '07 02 0000 00000000 0000000000000000'),
  row('home-agent-length', 17, '08 02 0000 0000 0708 0000000000000000'),
  row('home-agent-lifetime', 22, '08 01 0000 0000 0000'),
  row('home-agent-no-flag', 16, '08 01 0000 0001 0708'),
  // Under the inner header, when there is one.
  row(
    'home-agent-no-flag',
    16,
    HA + pvd('05', `86000000 40200708 00000000 00000000 ${HA}`, 'a000'),
  ),
  row('home-agent-no-flag', 48, pvd('05', `86000000 40000708 00000000 00000000 ${HA}`, 'a000')),
  row('ra-flags-empty', 18, '1a 01 000000000000'),
  row('pref64-length', 17, '26 01 0708 0064ff9b'),
  row('pref64-plc', 19, '26 02 070e 0064ff9b 00000000 00000000'),
  row('captive-portal-uri', 18, '25 01 000000000000'),
  row('captive-portal-uri', 19, '25 01 61 20 62 000000'),
  row('captive-portal-uri', 19, '25 01 61 00 62 000000'),
  // https://[2001:db8::1]/ and http://192.0.2.1:80/
  row('captive-portal-address', 18, '25 03 68747470733a2f2f5b323030313a6462383a3a315d2f'),
  row('captive-portal-address', 18, '25 03 687474703a2f2f3139322e302e322e313a38302f 00 00'),
  row('captive-portal-long', 18, `25 21 ${'61'.repeat(256)} 000000000000`),
  row('encrypted-dns-length', 17, '90 01 0001 00000e10'),
  row('encrypted-dns-length', 24, '90 02 0001 00000e10 0007 0161 00000000'),
  row('encrypted-dns-address', 29, '90 03 0001 00000e10 0003 016100 0008 0000000000000000 00'),
  row('encrypted-dns-address', 29, dns('03', '0000 0004 0001 0000 000000')),
  row('encrypted-dns-address', 29, dns('05', `0010 ${'00'.repeat(16)} 0000 00000000000000`)),
  row('encrypted-dns-address-unusable', 47, dns('07', `0020 ${ADDR}${ONE} 0000 00000000000000`)),
  row('encrypted-dns-hint', 49, dns('06', `0010 ${ADDR} 0008 0004 0004 c0000201 00000000000000`)),
  row('encrypted-dns-hint', 49, dns('06', `0010 ${ADDR} 0004 0006 0000 0000000000000000000000`)),
  row('encrypted-dns-params', 49, dns('05', `0010 ${ADDR} 0003 000100 00000000`)),
  // RFC 8801
  row('name-truncated', 24, '15 01 8000 0000 0161'),
  row('name-truncated', 22, '15 01 8000 0000 02 61'),
  row('name-compressed', 24, '15 02 8000 0000 0161 c000 00000000 0000'),
  row('name-label-length', 22, '15 02 8000 0000 40 6161616161616161 61'),
  row(
    'name-too-long',
    22 + 255,
    `15 21 8000 0000 ${`3f${'61'.repeat(63)}`.repeat(3)} 3e${'61'.repeat(62)} 0161 00`,
  ),
  row('name-empty', 22, '15 01 8000 0000 00 00'),
  row('name-unusual', 22, pvd('02', '', '8000', '022f 61 00 000000000000')),
  row('name-unusual', 22, pvd('02', '', '8000', '0200 61 00 000000000000')),
  row('padding-not-zero', 25, pvd('02', '', '8000', '0161 00 00000000000001')),
  row('reserved-not-zero', 18, pvd('02', '', '8010')),
  row('pvd-header', 32, pvd('02', '', 'a000')),
  row('pvd-header', 32, pvd('03', '8600000000000000', 'a000')),
  row('pvd-header-fixed', 32, pvd('04', `86010000 ${HEADER.slice(9)}`, 'a000')),
  row('pvd-header-fixed', 32, pvd('04', `85000000 ${HEADER.slice(9)}`, 'a000')),
  row('pvd-header-fixed', 32, pvd('04', `86000001 ${HEADER.slice(9)}`, 'a000')),
  row('ra-preference-reserved', 37, pvd('04', '86000000 40100708 00000000 00000000', 'a000')),
  row('pvd-header-precedence', 32, pvd('04', '86000000 40080708 00000000 00000000', 'a000')),
  row('pvd-id-case', 22, pvd('02', '', '8000', '0141 00 00000000000000')),
  row('pvd-delay-unused', 19, pvd('02', '', '0005')),
  row('pvd-duplicate', 32, `${pvd('02')} ${pvd('02')}`),
  row('pvd-in-pvd', 32, pvd('04', pvd('02'))),
  row('pvd-option-length-zero', 33, pvd('03', '03 00 000000000000'), { linux: 'accept' }),
  row('pvd-option-length-zero', 65, pvd('07', `${PIO} 03 00 000000000000`), { linux: 'accept' }),
  row('pvd-option-overrun', 32, pvd('03', '03 04 40c0 00000e10')),
  row('pio-prefix-length', 34, pvd('06', `03 04 81 c0 ${PIO_TAIL}`)),
];
