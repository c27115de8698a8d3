/** The same fields as Wireshark's dissector finds, over generated RAs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecodedOption, NdOption } from '../../../src/decode/nd/option.ts';
import { preferenceBits } from '../../../src/decode/nd/preference.ts';
import { decodeRa, type Ra } from '../../../src/decode/nd/ra.ts';
import {
  type Field,
  type FieldValue,
  headerFields,
  optionFields,
} from '../../../src/decode/nd/wireshark.ts';
import { HEADER, hex } from './hex.ts';
import { message, oraclesOrWhy, output, sampleRas, withPcap } from './oracle.ts';
import { TSHARK_ODDITIES } from './oracle-oddities.ts';

const COUNT = 400;
const oracles = await oraclesOrWhy();
const SKIP = typeof oracles === 'string' ? oracles : false;

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
  'icmpv6.opt.efo',
  'icmpv6.opt.nonce',
  'icmpv6.data',
  'icmpv6.opt.prefix.flag.reserved',
  'icmpv6.opt.pvd_id.flags.h',
  'icmpv6.opt.pvd_id.flags.l',
  'icmpv6.opt.pvd_id.flags.r',
  'icmpv6.opt.pvd_id.flags.reserved',
  'icmpv6.opt.pvd_id.delay',
  'icmpv6.opt.pvd_id.sequence_number',
  'icmpv6.opt.pvd_id.fqdn',
];

const USUAL = /^[\w.-]+$/;
/** Taken apart by Wireshark, raw to us: Redirected Header, CGA, RSA Signature, Timestamp. */
const TAKEN_APART: ReadonlySet<number> = new Set([4, 11, 12, 13]);

/** Left out are RAs with names that it escapes otherwise, and with what it gives up the packet for. */
function comparable(ra: Ra): boolean {
  return ra.options.every(
    (o) => isComparable(o) && (o.kind !== 'pvd' || o.options.every(isComparable)),
  );
}

function isComparable(option: NdOption): boolean {
  if (option.kind === 'dnssl') return option.domains.every((name) => USUAL.test(name));
  if (option.kind === 'pvd') return USUAL.test(option.id);
  return option.kind !== 'raw' || !TAKEN_APART.has(option.type);
}

/** Each field of each message, several values of one joined by spaces. */
function dissected(messages: readonly Uint8Array[]): readonly Record<string, string>[] {
  assert.ok(typeof oracles === 'object');
  const args = ['-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=/s', '-E', 'occurrence=a'];
  const fields = FIELDS.flatMap((name) => ['-e', name]);
  const text = withPcap(messages, (file) =>
    output([...oracles.tshark, '-n', '-r', file, ...args, ...fields]),
  );
  const lines = text.replace(/\n$/, '').split('\n');
  assert.equal(lines.length, messages.length);
  return lines.map((line) =>
    Object.fromEntries(line.split('\t').map((value, at) => [FIELDS[at], value])),
  );
}

test('tshark finds the same fields', { skip: SKIP, timeout: 300_000 }, () => {
  const messages = sampleRas(COUNT, comparable).map(message);
  const nested = messages.flatMap((bytes) =>
    decodeRa(bytes).options.flatMap((option) => (option.kind === 'pvd' ? option.options : [])),
  );
  assert.ok(nested.length > COUNT / 4, `${nested.length} nested options`);
  dissected(messages).forEach((theirs, i) => {
    assert.deepEqual(theirs, ours(messages[i] ?? new Uint8Array(), true), `frame ${i + 1}`);
  });
});

test('where tshark and we part, and nowhere else', { skip: SKIP, timeout: 300_000 }, () => {
  const messages = TSHARK_ODDITIES.map(({ octets }) => hex(HEADER + octets));
  const seen = dissected(messages);
  TSHARK_ODDITIES.forEach(({ what, field, theirs, ours: our }, i) => {
    assert.equal(seen[i]?.[field], theirs, `tshark: ${what}`);
    assert.equal(ours(messages[i] ?? new Uint8Array())[field], our, `we: ${what}`);
  });
});

/** The fields of a message as we find them, or as tshark would with what is odd about it. */
function ours(bytes: Uint8Array, theirWay = false): Record<string, string> {
  const { header, options } = decodeRa(bytes);
  assert.ok(header);
  const all: Field[] = [
    ...headerFields(header),
    ...options.flatMap(theirWay ? theirFields(bytes) : fieldsOf),
  ];
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

type FieldsOf = (option: DecodedOption) => readonly Field[];

const fieldsOf: FieldsOf = (option) => withNested(option, optionFields(option), fieldsOf);

/** The oddities that concern well-formed options: EFO, the P flag, Encrypted DNS. */
function theirFields(bytes: Uint8Array): FieldsOf {
  const recur: FieldsOf = (option) => {
    const own = optionFields(option).map(([name, value]): Field => {
      if (name === 'icmpv6.opt.efo') return [name, `0x0000${value}`];
      if (name !== 'icmpv6.opt.prefix.flag.reserved' || option.kind !== 'pio') return [name, value];
      return [name, Number(value) | (option.pdPreferred ? 0x10 : 0)];
    });
    if (option.kind !== 'encrypted-dns') return withNested(option, own, recur);
    const data = bytes.subarray(option.offset + 2, option.offset + option.lenBytes);
    return withNested(option, [['icmpv6.data', Buffer.from(data).toString('hex')]], recur);
  };
  return recur;
}

function withNested(option: DecodedOption, own: readonly Field[], recur: FieldsOf): Field[] {
  const all: Field[] = [
    ['icmpv6.opt.type', option.type],
    ['icmpv6.opt.length', option.lenBytes / 8],
    ...own,
  ];
  if (option.kind !== 'pvd') return all;
  const inner = option.ra === null ? [] : headerFields(option.ra);
  return [...all, ...inner, ...option.options.flatMap(recur)];
}

function printed(name: string, value: FieldValue): string {
  if (/prf$|route_preference$/.test(name)) return String(preferenceBits(value as never) >> 3);
  if (typeof value === 'object') return value.join(' ');
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (name === 'icmpv6.opt.pvd_id.flags.reserved') return hex4(Number(value));
  return name === 'icmpv6.opt.pref64.plc' ? hex4(Number(value)) : String(value);
}

function hex4(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}
