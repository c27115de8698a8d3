/** `pvdscope parse`: takes Router Advertisements apart, from hexadecimal text or a capture. */

import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { Command, Option } from 'commander';
import { EXPERIMENTAL_TYPES, type PvdTypes, RFC8801_TYPES } from '../../src/decode/nd/options.ts';
import { decodeRa } from '../../src/decode/nd/ra.ts';
import { RA_TYPE } from '../../src/decode/nd/ra-header.ts';
import { escapeTerminal } from '../../src/publish/escape.ts';
import { type CaptureReader, captureReader, type Packet } from '../capture/capture.ts';
import {
  type Icmp6Packet,
  icmp6Of,
  icmp6OfIpv6,
  isKnownLinkType,
  LINKTYPE,
} from '../capture/frame.ts';
import { readHex } from '../capture/hex.ts';
import { raJson } from '../capture/ra-json.ts';
import { type RaFrame, raText } from '../capture/ra-report.ts';
import { AgentError, EXIT } from '../error.ts';

interface Options {
  readonly pcap?: string;
  readonly format: 'text' | 'ndjson';
  readonly as: 'auto' | 'icmp6' | 'ipv6' | 'ethernet' | 'options';
  readonly pvdDraft?: true;
}

const HELP = `
Hexadecimal text may hold spaces, newlines, colons and the line offsets of tcpdump -x; an empty
line ends a message. It is an ICMPv6 message, an IPv6 packet, an Ethernet frame or options alone.
"-" reads standard input: a capture or hexadecimal text. Captures are pcap or pcapng with
Ethernet, VLAN tags, raw IPv6, SLL or SLL2; packets other than RAs are passed over.
Fields have Wireshark's names; "pvdscope schema parse" has the form of NDJSON.

Exit status: 0 every RA would be accepted; 1 one would be dropped (its reason is in the output), or
there was none; 2 usage, or input that is neither capture nor hexadecimal text; 5 a damaged capture.
`;

/** Hexadecimal text that is read at once; a capture has no limit. */
const TEXT_BYTES_MAX = 16 << 20;
const WRITE_CHARS = 1 << 16;

export function parseCommand(): Command {
  return new Command('parse')
    .description('take Router Advertisements and their options apart')
    .argument('[hex...]', 'octets in hexadecimal, or - for standard input')
    .option('--pcap <file>', 'capture file, - for standard input')
    .addOption(
      new Option('--format <format>', 'a tree, or one JSON object a line')
        .choices(['text', 'ndjson'])
        .default('text'),
    )
    .addOption(
      new Option('--as <what>', 'what hexadecimal text is')
        .choices(['auto', 'icmp6', 'ipv6', 'ethernet', 'options'])
        .default('auto'),
    )
    .option('--pvd-draft', 'read types 21, 253, 254 as the drafts of RFC 8801 had them')
    .addHelpText('after', HELP)
    .action(async (hex: string[], options: Options) => {
      process.exitCode = await parse(hex, options);
    });
}

async function parse(hex: readonly string[], options: Options): Promise<number> {
  if ((hex.length === 0) === (options.pcap === undefined)) {
    throw usage('give octets in hexadecimal, or --pcap FILE, or - for standard input');
  }
  const report = new Report(options);
  const fromStdin = options.pcap === '-' || (hex.length === 1 && hex[0] === '-');
  if (fromStdin || options.pcap !== undefined) {
    const stream = fromStdin ? process.stdin : createReadStream(options.pcap ?? '');
    await readStream(stream, options, report, options.pcap !== undefined);
  } else readText(hex.join(' '), options, report);
  await report.flush();
  return report.exitCode();
}

/** Counts and prints. Text waits until there is enough of it to be worth a write. */
class Report {
  damaged = false;
  readonly #options: Options;
  readonly #pvdTypes: PvdTypes;
  #pending = '';
  #ras = 0;
  #dropped = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#pvdTypes = options.pvdDraft ? EXPERIMENTAL_TYPES : RFC8801_TYPES;
  }

  add(frame: number, packet: Partial<Icmp6Packet> & Pick<Icmp6Packet, 'message'>, timeNs?: bigint) {
    const { message, saddr, daddr, hopLimit } = packet;
    const ra = decodeRa(message, { ...packet, pvdTypes: this.#pvdTypes });
    this.#ras++;
    if (ra.outcome === 'drop') this.#dropped++;
    const lenBytes = packet.msgLenBytes ?? message.length;
    const shown: RaFrame = { frame, timeNs, saddr, daddr, hopLimit, lenBytes, ra };
    this.#pending += this.#options.format === 'text' ? raText(shown) : `${raJson(shown)}\n`;
  }

  get full(): boolean {
    return this.#pending.length >= WRITE_CHARS;
  }

  /** Waits for a slow reader, so that memory stays what it is. */
  async flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = '';
    if (text === '' || process.stdout.write(text)) return;
    await new Promise((resolve) => process.stdout.once('drain', resolve));
  }

  exitCode(): number {
    if (this.damaged) return EXIT.incomplete;
    if (this.#ras === 0) process.stderr.write('pvdscope: there is no Router Advertisement in it\n');
    return this.#ras === 0 || this.#dropped > 0 ? EXIT.failed : EXIT.ok;
  }
}

/** A capture by its first octets; text otherwise, when that is allowed. */
async function readStream(
  stream: Readable,
  options: Options,
  report: Report,
  captureOnly: boolean,
): Promise<void> {
  const file = options.pcap ?? '-';
  let reader: CaptureReader | undefined;
  let start: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (reader) await readChunk(reader, chunk, report);
      else {
        start = Buffer.concat([start, chunk]);
        reader = captureReader(start);
        if (reader) await readChunk(reader, start, report);
        else if (start.length >= 4 && captureOnly) break;
        else if (start.length > TEXT_BYTES_MAX) throw usage('more than 16 MiB of text');
      }
    }
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    throw usage(`cannot read ${file}: ${(cause as Error).message}`, cause);
  }
  const fault = reader?.end();
  if (fault) {
    report.damaged = true;
    const place = `${escapeTerminal(file)}: offset ${fault.offset}`;
    process.stderr.write(`pvdscope: ${place}: ${fault.message} [PVD_ERR_CAPTURE]\n`);
  }
  if (reader) return;
  if (captureOnly) throw usage(`${file} is neither pcap nor pcapng`);
  readText(start.toString('latin1'), options, report);
}

const warned = new Set<number>();

async function readChunk(reader: CaptureReader, chunk: Buffer, report: Report): Promise<void> {
  for (const packet of reader.push(chunk)) {
    addPacket(packet, report);
    if (report.full) await report.flush();
  }
}

function addPacket({ linkType, bytes, frame, timeNs }: Packet, report: Report): void {
  const packet = icmp6Of(linkType, bytes);
  if (packet?.message[0] === RA_TYPE) report.add(frame, packet, timeNs);
  if (isKnownLinkType(linkType) || warned.has(linkType) || warned.size > 16) return;
  warned.add(linkType);
  process.stderr.write(`pvdscope: packets of link type ${linkType} cannot be read\n`);
}

function readText(text: string, options: Options, report: Report): void {
  const hex = readHex(text);
  if (!hex.ok) throw usage(`offset ${hex.offset}: ${hex.message}`);
  hex.messages.forEach((bytes, i) => {
    report.add(i + 1, messageOf(bytes, options.as));
  });
}

/** A header with nothing in it, for options alone. */
const BARE_HEADER = Uint8Array.from([RA_TYPE, ...new Uint8Array(15)]);

function messageOf(
  bytes: Uint8Array,
  as: Options['as'],
): Partial<Icmp6Packet> & Pick<Icmp6Packet, 'message'> {
  const what = as === 'auto' ? guess(bytes) : as;
  if (what === 'icmp6') return { message: bytes };
  if (what === 'options') return { message: Buffer.concat([BARE_HEADER, bytes]) };
  const packet = what === 'ipv6' ? icmp6OfIpv6(bytes) : icmp6Of(LINKTYPE.ethernet, bytes);
  if (packet === undefined) throw usage(`there is no ICMPv6 message in this ${what} packet`);
  return packet;
}

/** ICMPv6 type 134, IP version 6, an EtherType of IPv6 or VLAN, or else options. */
function guess(bytes: Uint8Array): Exclude<Options['as'], 'auto'> {
  if (bytes[0] === RA_TYPE) return 'icmp6';
  if (icmp6OfIpv6(bytes) !== undefined) return 'ipv6';
  if (icmp6Of(LINKTYPE.ethernet, bytes) !== undefined) return 'ethernet';
  const units = (bytes[1] ?? 0) * 8;
  return units > 0 && units <= bytes.length ? 'options' : 'icmp6';
}

function usage(message: string, cause?: unknown): AgentError {
  return new AgentError({
    code: 'PVD_ERR_INPUT',
    op: 'read Router Advertisements',
    message,
    cause,
    hint: 'pvdscope parse --help shows what can be read',
    exitCode: EXIT.usage,
  });
}
