/** The same fields as Wireshark's dissector finds, over generated RAs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecodedOption, NdOption } from '../../../src/decode/nd/option.ts';
import { preferenceBits } from '../../../src/decode/nd/preference.ts';
import { decodeRa, type Ra } from '../../../src/decode/nd/ra.ts';
import { type Field, headerFields, optionFields } from '../../../src/decode/nd/wireshark.ts';
import { message, output, sampleRas, withPcap } from './oracle.ts';

const COUNT = 400;
const SKIP = output('tshark', ['--version']) === undefined ? 'tshark is not installed' : false;

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
] as const;

/**
 * Where Wireshark 4.0 and we part, and what decides.
 * - Names: it prints octets of labels as they are; we escape (RFC 4343, section 2.1). Left out:
 *   RAs whose DNSSL has others than letters, digits, hyphens.
 * - CGA (11) and the like: it takes their content apart, and gives up the packet when that is
 *   noise; we keep them raw. Left out.
 * - PvD (21) and Encrypted DNS (144): unknown to it. Compared by type and length only.
 */
function comparable(ra: Ra): boolean {
  return ra.options.every((option) => {
    if (option.kind === 'dnssl') return option.domains.every((name) => /^[\w.-]+$/.test(name));
    return option.kind !== 'raw' || option.type > 40;
  });
}

test('tshark finds the same fields', { skip: SKIP }, () => {
  const messages = sampleRas(COUNT, comparable).map(message);
  const args = ['-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=/s', '-E', 'occurrence=a'];
  const text = withPcap(messages, (file) =>
    output('tshark', ['-n', '-r', file, ...args, ...FIELDS.flatMap((name) => ['-e', name])]),
  );
  const lines = text?.replace(/\n$/, '').split('\n') ?? [];
  assert.equal(lines.length, COUNT);
  lines.forEach((line, i) => {
    const theirs = Object.fromEntries(line.split('\t').map((value, at) => [FIELDS[at], value]));
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
  return [...head, ...optionFields(option as NdOption)];
}

function printed(name: string, value: string | number): string {
  if (/prf$|route_preference$/.test(name)) return String(preferenceBits(value as never) >> 3);
  if (name === 'icmpv6.opt.pref64.plc') return `0x000${value}`;
  return String(value);
}
