/**
 * The codec of Router Advertisements: decodes a second on one core, and `parse` of a capture of a
 * million packets beside tshark on the same file, with the memory each needs at most.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AgentError } from '../agent/error.ts';
import { MAIN } from '../agent/paths.ts';
import { ipv6Packet } from '../agent/router/packet.ts';
import type { NdOption } from '../src/decode/nd/option.ts';
import { decodeRa, encodeRa } from '../src/decode/nd/ra.ts';
import { EMPTY_RA_HEADER } from '../src/decode/nd/ra-header.ts';
import { type Addr6, addr6, addr6FromWords } from '../src/net/addr6.ts';
import { prefix6From } from '../src/net/prefix6.ts';
import { openOracles } from '../test/oracle/debian.ts';
import type { Figure } from './figure.ts';

const PACKETS = 1_000_000;
/** RAs of as many routers, one after another, in the file and in the second loop. */
const ROUTERS = 4096;
const ROUNDS = 5;
const ROUND_MS = 1000;
const DADDR = addr6('ff02::1');

export async function ndFigures(tell: (figure: Figure) => void): Promise<void> {
  const ras = Array.from({ length: ROUTERS }, (_, router) => typicalRa(router));
  tell({ name: 'nd.ra', value: ras[0]?.length ?? 0, unit: 'B' });
  tell({ name: 'nd.decode.same', value: decodeRate(ras.slice(0, 1)), unit: '1/s' });
  tell({ name: 'nd.decode.many', value: decodeRate(ras), unit: '1/s' });
  const dir = mkdtempSync(path.join(tmpdir(), 'pvdscope-bench-'));
  try {
    const tenth = writeCapture(path.join(dir, 'tenth.pcap'), ras, PACKETS / 10);
    const { rssMb } = await measure([...parse(tenth), 'ndjson']);
    tell({ name: 'nd.parse.ndjson.memory.tenth', value: Math.round(rssMb), unit: 'MB' });
    await captureFigures(writeCapture(path.join(dir, 'ra.pcap'), ras, PACKETS), tell);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function parse(file: string): string[] {
  return [process.execPath, MAIN, 'parse', '--pcap', file, '--format'];
}

async function captureFigures(file: string, tell: (figure: Figure) => void): Promise<void> {
  const runs: [name: string, argv: readonly string[]][] = [
    ['parse.ndjson', [...parse(file), 'ndjson']],
    ['parse.text', [...parse(file), 'text']],
  ];
  try {
    const { tshark } = await openOracles((line) => process.stderr.write(`bench: ${line}\n`));
    runs.push(['tshark.ek', [...tshark, '-n', '-r', file, '-T', 'ek']]);
    runs.push(['tshark.text', [...tshark, '-n', '-r', file, '-O', 'icmpv6']]);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    process.stderr.write(`bench: nothing to compare with: ${error.message}\n`);
  }
  for (const [name, argv] of runs) {
    const { cpuSec, rssMb } = await measure(argv);
    tell({ name: `nd.${name}`, value: Math.round(PACKETS / cpuSec), unit: 'packets/s' });
    tell({ name: `nd.${name}.memory`, value: Math.round(rssMb), unit: 'MB' });
  }
}

/** 200 octets: what a router says that has a PvD of its own. */
function typicalRa(router: number): Uint8Array {
  const net = (subnet: number): Addr6 => addr6FromWords(0x20010db8, (router << 16) | subnet, 0, 0);
  const dns = (host: number): Addr6 => addr6FromWords(0x20010db8, router << 16, 0, host);
  const pio = (subnet: number): NdOption => ({
    kind: 'pio',
    prefix: prefix6From(net(subnet), 64),
    onLink: true,
    autonomous: true,
    routerAddress: false,
    pdPreferred: false,
    validSec: 86_400,
    preferredSec: 14_400,
  });
  return encodeRa({
    header: { ...EMPTY_RA_HEADER, hopLimit: 64, lifetimeSec: 1800 },
    options: [
      { kind: 'slla', lladdr: Uint8Array.of(2, 0, 0, 0, router >> 8, router) },
      { kind: 'mtu', mtuBytes: 1500 },
      pio(1),
      { kind: 'rio', prefix: prefix6From(net(0), 48), preference: 'high', lifetimeSec: 1800 },
      { kind: 'rdnss', addrs: [dns(0x53), dns(0x54)], lifetimeSec: 3600 },
      { kind: 'dnssl', domains: ['example.com'], lifetimeSec: 3600 },
      {
        kind: 'pvd',
        layout: 'rfc8801',
        id: 'pvd.example.com',
        http: true,
        legacy: false,
        delay: 0,
        sequence: 1,
        ra: null,
        options: [pio(2)],
      },
    ],
  });
}

/** RAs a second of CPU, the best of some rounds: the machine is shared. */
function decodeRate(messages: readonly Uint8Array[]): number {
  let best = 0;
  let options = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    let count = 0;
    for (let us = 0; us < ROUND_MS * 1000; us = process.cpuUsage(before).user) {
      for (let i = 0; i < 1000; i++) {
        options += decodeRa(messages[count++ % messages.length] as Uint8Array).options.length;
      }
    }
    best = Math.max(best, (count * 1e6) / process.cpuUsage(before).user);
  }
  if (options === 0) throw new Error('nothing was decoded');
  return Math.round(best);
}

/** A pcap of raw IPv6 packets, the checksums right. */
function writeCapture(file: string, messages: readonly Uint8Array[], count: number): string {
  const packets = messages.map((message, router) => {
    const saddr = addr6FromWords(0xfe800000, 0, 0, router + 1);
    const packet = ipv6Packet(message, { saddr, daddr: DADDR, hopLimit: 255, checksum: true });
    const record = Buffer.alloc(16 + packet.length);
    record.writeUInt32LE(1_700_000_000, 0);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    record.set(packet, 16);
    return record;
  });
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt32LE(0x0004_0002, 4);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(101, 20);
  const out = openSync(file, 'w');
  writeSync(out, header);
  for (let written = 0; written < count; written += packets.length) {
    writeSync(out, Buffer.concat(packets.slice(0, count - written)));
  }
  closeSync(out);
  return file;
}

const TICKS_PER_SEC = 100;
const SAMPLE_MS = 50;

/** CPU and largest resident memory of a program whose output goes nowhere. */
async function measure(argv: readonly string[]): Promise<{ cpuSec: number; rssMb: number }> {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { stdio: 'ignore' });
  const proc = (name: string): string => {
    try {
      return readFileSync(`/proc/${child.pid}/${name}`, 'utf8');
    } catch {
      return '';
    }
  };
  let ticks = 0;
  let rssKb = 0;
  const timer = setInterval(() => {
    // What comes after the name in parentheses: utime and stime are the 12th and 13th.
    const fields = proc('stat').split(') ')[1]?.split(' ') ?? [];
    ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0) || ticks;
    rssKb = Number(/VmHWM:\s+(\d+)/.exec(proc('status'))?.[1] ?? rssKb);
  }, SAMPLE_MS);
  const [code] = await once(child, 'exit');
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command}: exit status ${code}`);
  return { cpuSec: ticks / TICKS_PER_SEC, rssMb: rssKb / 1024 };
}
