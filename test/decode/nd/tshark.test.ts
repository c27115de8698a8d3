/** The same fields as Wireshark's dissector finds, over generated RAs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecodedOption, NdOption } from '../../../src/decode/nd/option.ts';
import { preferenceBits } from '../../../src/decode/nd/preference.ts';
import { decodeRa, type Ra } from '../../../src/decode/nd/ra.ts';
import { type Field, headerFields, optionFields } from '../../../src/decode/nd/wireshark.ts';
import { message, output, sampleRas, withPcap } from './oracle.ts';

const COUNT = 400;
/** Another tshark than the installed one: the PvD option is known from 4.4 on. */
const TSHARK = process.env['PVDSCOPE_TSHARK'] || 'tshark';
const VERSION = / (\d+\.\d+)\.\d/.exec(output(TSHARK, ['--version']) ?? '')?.[1];
const SKIP = VERSION === undefined ? 'tshark is not installed' : false;
const KNOWS_PVD = Number(VERSION) >= 4.4;

const FIELDS = [
  'icmpv6.nd.ra.cur_hop_limit',
  'icmpv6.nd.ra.flag.m',
  'icmpv6.nd.ra.flag.o',
  'icmpv6.nd.ra.flag.h',
  'icmpv6.nd.ra.flag.prf',
  'icmpv6.nd.ra.flag.p',
  'icmpv6.nd.ra.flag.rsv',
  'icmpv6.nd.ra.router_lifetime',
  'icmpv6.nd.ra.reachable_time',
  'icmpv6.nd.ra.retrans_timer',
  'icmpv6.opt.type',
  'icmpv6.opt.length',
  'icmpv6.opt.src_linkaddr',
  'icmpv6.opt.target_linkaddr',
  'icmpv6.opt.prefix.length',
  'icmpv6.opt.prefix.flag.l',
  'icmpv6.opt.prefix.flag.a',
  'icmpv6.opt.prefix.flag.r',
  'icmpv6.opt.prefix.valid_lifetime',
  'icmpv6.opt.prefix.preferred_lifetime',
  'icmpv6.opt.prefix',
  'icmpv6.opt.route_info.flag.route_preference',
  'icmpv6.opt.route_lifetime',
  'icmpv6.opt.mtu',
  'icmpv6.opt.rdnss.lifetime',
  'icmpv6.opt.rdnss',
  'icmpv6.opt.dnssl.lifetime',
  'icmpv6.opt.dnssl',
  'icmpv6.opt.advertisement_interval',
  'icmpv6.opt.home_agent_preference',
  'icmpv6.opt.home_agent_lifetime',
  'icmpv6.opt.pref64.scaled_lifetime',
  'icmpv6.opt.pref64.plc',
  'icmpv6.opt.pref64.prefix',
  'icmpv6.opt.captive_portal',
  ...(KNOWS_PVD
    ? [
        'icmpv6.opt.pvd_id.flags.h',
        'icmpv6.opt.pvd_id.flags.l',
        'icmpv6.opt.pvd_id.flags.r',
        'icmpv6.opt.pvd_id.flags.reserved',
        'icmpv6.opt.pvd_id.delay',
        'icmpv6.opt.pvd_id.sequence_number',
        'icmpv6.opt.pvd_id.fqdn',
      ]
    : []),
];

const USUAL = /^[\w.-]+$/;

/**
 * Where Wireshark and we part, and what decides.
 * - Names: it prints octets of labels as they are, we escape (RFC 4343, section 2.1). Left out:
 *   RAs with names of others than letters, digits, hyphens.
 * - CGA (11) and the like: it takes their content apart, and gives up the packet when that is
 *   noise; we keep them raw. Left out.
 * - PvD (21): unknown to 4.0, compared by type and length only. 4.4 judges the checksum of the
 *   inner header, which receivers ignore (RFC 8801, section 3.1).
 * - Encrypted DNS (144): unknown to both; compared by type and length.
 */
function comparable(ra: Ra): boolean {
  return ra.options.every(
    (o) => isComparable(o) && (o.kind !== 'pvd' || o.options.every(isComparable)),
  );
}

function isComparable(option: NdOption): boolean {
  if (option.kind === 'dnssl') return option.domains.every((name) => USUAL.test(name));
  if (option.kind === 'pvd') return USUAL.test(option.id);
  return option.kind !== 'raw' || option.type > 40;
}

test(`tshark ${VERSION} finds the same fields`, { skip: SKIP }, () => {
  const messages = sampleRas(COUNT, comparable).map(message);
  const args = ['-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=/s', '-E', 'occurrence=a'];
  const text = withPcap(messages, (file) =>
    output(TSHARK, ['-n', '-r', file, ...args, ...FIELDS.flatMap((name) => ['-e', name])]),
  );
  const lines = text?.replace(/\n$/, '').split('\n') ?? [];
  assert.equal(lines.length, COUNT);
  lines.forEach((line, i) => {
    // 4.4 spells flags out.
    const values = line
      .replace(/\bTrue\b/g, '1')
      .replace(/\bFalse\b/g, '0')
      .split('\t');
    const theirs = Object.fromEntries(values.map((value, at) => [FIELDS[at], value]));
    assert.deepEqual(theirs, ours(messages[i] ?? new Uint8Array()), `frame ${i + 1}`);
  });
});

/** The fields of a message as tshark prints them: values of one name joined by spaces. */
function ours(bytes: Uint8Array): Record<string, string> {
  const { header, options, problems } = decodeRa(bytes);
  assert.ok(header);
  assert.ok(!problems.some(({ code }) => code === 'ra-checksum'));
  const all: Field[] = [...headerFields(header), ...options.flatMap(fieldsOf)];
  return Object.fromEntries(
    FIELDS.map((name) => [
      name,
      all
        .filter(([field]) => field === name)
        .map(([, value]) => printed(name, value))
        .join(' '),
    ]),
  );
}

function fieldsOf(option: DecodedOption): readonly Field[] {
  const head: Field[] = [
    ['icmpv6.opt.type', option.type],
    ['icmpv6.opt.length', option.lenBytes / 8],
  ];
  const own = [...head, ...optionFields(option)];
  if (option.kind !== 'pvd' || !KNOWS_PVD) return own;
  const inner = option.ra === null ? [] : headerFields(option.ra);
  return [...own, ...inner, ...option.options.flatMap(fieldsOf)];
}

function printed(name: string, value: string | number): string {
  if (/prf$|route_preference$/.test(name)) return String(preferenceBits(value as never) >> 3);
  if (name === 'icmpv6.opt.pvd_id.flags.reserved') {
    return `0x${(Number(value) >> 4).toString(16).padStart(4, '0')}`;
  }
  if (name === 'icmpv6.opt.pref64.plc') return `0x000${value}`;
  return String(value);
}
