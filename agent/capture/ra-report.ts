/** A decoded RA as text for a terminal and as JSON. */

import type { DecodedOption } from '../../src/decode/nd/option.ts';
import type { Problem } from '../../src/decode/nd/problem.ts';
import type { RaDecoded } from '../../src/decode/nd/ra.ts';
import { type RaPvd, raPvds } from '../../src/decode/nd/ra-pvds.ts';
import { type Field, headerFields, optionFields } from '../../src/decode/nd/wireshark.ts';
import { type Addr6, ANY6 } from '../../src/net/addr6.ts';
import { escapeJson, escapeTerminal } from '../../src/publish/escape.ts';

/** One RA and what is known of its packet. */
export interface RaFrame {
  readonly frame: number;
  readonly timeNs?: bigint | undefined;
  readonly saddr?: Addr6 | undefined;
  readonly daddr?: Addr6 | undefined;
  readonly hopLimit?: number | undefined;
  readonly lenBytes: number;
  readonly ra: RaDecoded;
}

/** A capture does not number interfaces as the host that made it. */
const NO_IFINDEX = 0;

/** One line of JSON, without its end. */
export function raJson(frame: RaFrame): string {
  const { ra } = frame;
  const value = {
    frame: frame.frame,
    timeNs: frame.timeNs?.toString() ?? null,
    saddr: frame.saddr ?? null,
    daddr: frame.daddr ?? null,
    hopLimit: frame.hopLimit ?? null,
    lenBytes: frame.lenBytes,
    outcome: ra.outcome,
    reason: ra.reason,
    linuxOutcome: ra.linuxOutcome,
    ra: ra.header,
    options: ra.options,
    pvds: pvdsOf(frame).map(pvdJson),
    problems: ra.problems,
  };
  return escapeJson(JSON.stringify(value, octetsAsHex));
}

/** Octets are the one thing in a decoded RA that JSON cannot carry. */
function octetsAsHex(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

function pvdsOf({ ra, saddr = ANY6 }: RaFrame): readonly RaPvd[] {
  return raPvds(ra, { ifindex: NO_IFINDEX, saddr });
}

function pvdJson({ id, kind, pvd, options }: RaPvd): unknown {
  return {
    id,
    kind,
    h: pvd?.http ?? null,
    l: pvd?.legacy ?? null,
    r: pvd === null ? null : pvd.ra !== null,
    delay: pvd?.delay ?? null,
    sequence: pvd?.sequence ?? null,
    ra: pvd?.ra ?? null,
    options: options.map(({ option, nested }) => ({ nested, ...option })),
  };
}

/** Indented lines with Wireshark's field names, problems where they belong. */
export function raText(frame: RaFrame): string {
  const { ra } = frame;
  const lines = [title(frame)];
  if (ra.header !== null) {
    lines.push(`  icmpv6.type: ${ra.header.icmpType}`, `  icmpv6.code: ${ra.header.code}`);
    lines.push(`  icmpv6.checksum: ${hex16(ra.header.checksum)}`);
    lines.push(...headerFields(ra.header).map((field) => fieldLine(field, '  ')));
  }
  const first = ra.options[0]?.offset ?? frame.lenBytes;
  lines.push(...problemLines(ra.problems, 0, first, '  '));
  for (const option of ra.options) optionLines(option, ra.problems, '  ', lines);
  const last = ra.options.at(-1);
  if (last) {
    const end = last.offset + last.lenBytes;
    lines.push(...problemLines(ra.problems, end, Number.POSITIVE_INFINITY, '  '));
  }
  for (const { id, kind, options } of pvdsOf(frame)) {
    lines.push(`  PvD ${escapeTerminal(id)} (${kind}), ${options.length} options`);
  }
  return `${lines.join('\n')}\n`;
}

function title({ frame, saddr, daddr, hopLimit, lenBytes, ra }: RaFrame): string {
  const path = saddr === undefined ? '' : `, ${saddr} to ${daddr}, hop limit ${hopLimit}`;
  const because = ra.reason === null ? '' : ` [${ra.reason}]`;
  const linux = ra.linuxOutcome === ra.outcome ? '' : ` (Linux: ${ra.linuxOutcome})`;
  const what = `Frame ${frame}: Router Advertisement, ${lenBytes} octets${path}`;
  return `${what}: ${ra.outcome}${because}${linux}`;
}

function optionLines(
  option: DecodedOption,
  problems: readonly Problem[],
  indent: string,
  lines: string[],
): void {
  const { type, name, offset, lenBytes, outcome, reason } = option;
  const ignored = outcome === 'ok' ? '' : `: ignored [${reason}]`;
  lines.push(`${indent}offset ${offset}: ${name} (type ${type}, ${lenBytes} octets)${ignored}`);
  const inner = `${indent}  `;
  lines.push(...optionFields(option).map((field) => fieldLine(field, inner)));
  if (option.kind !== 'pvd') {
    lines.push(...problemLines(problems, offset, offset + lenBytes, inner));
    return;
  }
  if (option.ra !== null) lines.push(...headerFields(option.ra).map((f) => fieldLine(f, inner)));
  const nestedAt = option.options[0]?.offset ?? offset + lenBytes;
  lines.push(...problemLines(problems, offset, nestedAt, inner));
  for (const nested of option.options) optionLines(nested, problems, inner, lines);
}

function fieldLine([name, value]: Field, indent: string): string {
  return `${indent}${name}: ${typeof value === 'number' ? value : escapeTerminal(value)}`;
}

function problemLines(
  problems: readonly Problem[],
  from: number,
  to: number,
  indent: string,
): string[] {
  return problems
    .filter(({ offset }) => offset >= from && offset < to)
    .flatMap((problem) => problemText(problem).map((line) => `${indent}${line}`));
}

function problemText({ offset, outcome, message, code, rfc, ...kernel }: Problem): string[] {
  const lines = [`! offset ${offset}: ${outcome}: ${message} [${code}] (${rfc})`];
  if (kernel.linux) lines.push(`    Linux: ${kernel.linux}`);
  if (kernel.netpvd) {
    const danger = kernel.danger ? 'DANGEROUS there: ' : '';
    lines.push(`    4.15 with the PvD patch: ${danger}${kernel.netpvd}`);
  }
  return lines;
}

function hex16(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}
