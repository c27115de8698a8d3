/** `pvdscope parse` as a user runs it. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../../agent/error.ts';
import { ipv6Packet } from '../../../agent/router/packet.ts';
import { addr6 } from '../../../src/net/addr6.ts';
import { hex } from '../../decode/nd/hex.ts';
import { pcapFile, pcapngFile } from '../capture/files.ts';

const MAIN = fileURLToPath(new URL('../../../agent/main.js', import.meta.url));
const dir = mkdtempSync(path.join(tmpdir(), 'pvdscope-parse-'));
after(() => rmSync(dir, { recursive: true }));

const HEADER = '86000000 4018ffff 00000000 00000000';
const PVD =
  '1506a000 006f0574 65737432 07657861 6d706c65 03636f6d 00000000 00000000' +
  '86000000 4018ffff 00000000 00000000';

function parse(args: readonly string[], input: string | Buffer = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'parse', ...args], {
    input,
    maxBuffer: 1 << 28,
  });
  return { status, out: stdout.toString(), err: stderr.toString() };
}

function objects(out: string) {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function packet(message: string, hopLimit = 255): Uint8Array {
  return ipv6Packet(hex(message), {
    saddr: addr6('fe80::1'),
    daddr: addr6('ff02::1'),
    hopLimit,
    checksum: true,
  });
}

test('an RA in hexadecimal as a tree', () => {
  const { status, out, err } = parse([HEADER, PVD]);
  assert.equal(status, EXIT.ok);
  assert.equal(err, '');
  assert.match(out, /^Frame 1: Router Advertisement, 64 octets: accept\n/);
  assert.match(out, /^ {2}icmpv6\.nd\.ra\.router_lifetime: 65535$/m);
  assert.match(out, /^ {2}offset 16: PvD \(type 21, 48 octets\)$/m);
  assert.match(out, /^ {4}icmpv6\.opt\.pvd_id\.fqdn: test2\.example\.com$/m);
  assert.match(out, /^ {4}icmpv6\.nd\.ra\.cur_hop_limit: 64$/m);
  assert.match(out, /^ {2}PvD test2\.example\.com \(explicit\), 0 options$/m);
});

test('the same as one JSON object', () => {
  const { status, out } = parse(['--format', 'ndjson', HEADER, PVD]);
  assert.equal(status, EXIT.ok);
  const [ra] = objects(out);
  assert.deepEqual(Object.keys(ra).slice(0, 1), ['frame']);
  assert.equal(ra.outcome, 'accept');
  assert.equal(ra.reason, null);
  const [option] = ra.options;
  assert.deepEqual(
    [option.type, option.name, option.offset, option.outcome, option.reason],
    [21, 'PvD', 16, 'ok', null],
  );
  const [pvd] = ra.pvds;
  assert.equal(pvd.id, 'test2.example.com');
  const { kind, h, l, r, delay, sequence, options } = pvd;
  assert.deepEqual(
    { kind, h, l, r, delay, sequence, options },
    {
      kind: 'explicit',
      h: true,
      l: false,
      r: true,
      delay: 0,
      sequence: 111,
      options: [],
    },
  );
  assert.equal(pvd.ra['icmpv6.nd.ra.router_lifetime'], 65_535);
  assert.equal(option['icmpv6.opt.pvd_id.fqdn'], 'test2.example.com');
  assert.deepEqual(option.ra, pvd.ra);
});

test('options alone, an IPv6 packet, an Ethernet frame', () => {
  assert.match(parse([PVD]).out, /fqdn: test2/);
  const ip6 = Buffer.from(packet(HEADER)).toString('hex');
  assert.match(parse([ip6]).out, /fe80::1 to ff02::1, hop limit 255: accept/);
  assert.match(parse([`333300000001020000000001 86dd ${ip6}`]).out, /hop limit 255: accept/);
});

test('a dropped RA: reason, offset, section, exit 1', () => {
  const { status, out } = parse(['-'], `${HEADER} 05 00`);
  assert.equal(status, EXIT.failed);
  assert.match(out, /: drop \[option-length-zero\]\n/);
  assert.match(out, /! offset 17: drop: option of length 0 .*\(RFC 4861, 6\.1\.2\)/);
});

test('what a kernel makes of it is said beside', () => {
  const nested = '15 03 8000 0000 0161 00 00000000000000 03 00 000000000000';
  const { status, out } = parse([HEADER, nested]);
  assert.equal(status, EXIT.failed);
  assert.match(out, /drop \[pvd-option-length-zero\] \(Linux: accept\)/);
  assert.match(out, /Linux: does not look inside the PvD option/);
  assert.match(out, /DANGEROUS there: /);
});

test('hostile names reach no terminal', () => {
  // ESC ] 0 ; x BEL, and a right-to-left override in UTF-8.
  const name = '0a 1b5d303b7807e280ae41 00';
  const option = `15 03 8000 0000 ${name} 000000000000`;
  for (const format of ['text', 'ndjson']) {
    const { out } = parse(['--format', format, HEADER, option]);
    assert.match(out, /^[\x20-\x7e\n]*$/);
    assert.match(out, /027/);
  }
  const portal = `25 02 68 1b 5b 33 31 6d 00 00000000000000`;
  assert.match(parse([HEADER, portal]).out, /^[\x20-\x7e\n]*$/);
});

for (const [format, make] of [
  ['pcap', pcapFile],
  ['pcapng', pcapngFile],
] as const) {
  test(`${format}: RAs with their frame numbers, other packets passed over`, () => {
    const echo = packet('80000000 00000000');
    const file = path.join(dir, `a.${format}`);
    const content = make([packet(HEADER + PVD), echo, packet(HEADER, 64), packet(HEADER)]);
    writeFileSync(file, content);
    const { status, out } = parse(['--pcap', file, '--format', 'ndjson']);
    assert.equal(status, EXIT.failed);
    const seen = objects(out).map(({ frame, reason }) => [frame, reason]);
    assert.deepEqual(seen, [
      [1, null],
      [3, 'ra-hop-limit'],
      [4, null],
    ]);
    assert.equal(parse(['-', '--format', 'ndjson'], content).out, out);
    assert.equal(parse(['--pcap', '-', '--format', 'ndjson'], content).out, out);
  });

  test(`${format}: a damaged file gives what is before the damage, and exit 5`, () => {
    const file = path.join(dir, `cut.${format}`);
    writeFileSync(file, make([packet(HEADER), packet(HEADER)]).subarray(0, -3));
    const { status, out, err } = parse(['--pcap', file]);
    assert.equal(status, EXIT.incomplete);
    assert.match(out, /^Frame 1: /);
    assert.doesNotMatch(out, /Frame 2/);
    assert.match(err, /: offset \d+: the file ends in the middle of a packet \[PVD_ERR_CAPTURE\]/);
  });
}

test('wrong use and wrong input: exit 2 and one error', () => {
  const text = path.join(dir, 'text');
  writeFileSync(text, 'no capture');
  const WRONG: readonly (readonly [readonly string[], string, RegExp])[] = [
    [[], '', /give octets/],
    [['86', '--pcap', 'x'], '', /give octets/],
    [['xy'], '', /offset 0: "x" is no hexadecimal digit/],
    [['-'], 'xy', /offset 0: "x"/],
    [['--pcap', text], '', /neither pcap nor pcapng/],
    [['--pcap', path.join(dir, 'none')], '', /ENOENT/],
    [['--as', 'ipv6', '8600'], '', /no ICMPv6 message/],
    [['--as', 'tea', '86'], '', /Allowed choices/],
  ];
  for (const [args, input, message] of WRONG) {
    const { status, err } = parse(args, input);
    assert.equal(status, EXIT.usage, args.join(' '));
    assert.match(err, message);
  }
});

test('nothing to see: exit 1 and a word about it', () => {
  const { status, err } = parse(['--pcap', '-'], pcapFile([packet('80000000 00000000')]));
  assert.equal(status, EXIT.failed);
  assert.match(err, /no Router Advertisement/);
});

test('the drafts of RFC 8801 when asked for', () => {
  const option = 'fd02c000 00710161 00000000 00000000';
  assert.match(parse([HEADER, option]).out, /ignored \[option-unknown\]/);
  assert.match(parse(['--pvd-draft', HEADER, option]).out, /PvD a \(explicit\)/);
});
