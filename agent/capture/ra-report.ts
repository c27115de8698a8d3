/** A decoded RA as text for a terminal. */

import type { DecodedOption } from '../../src/decode/nd/option.ts';
import type { Problem } from '../../src/decode/nd/problem.ts';
import type { RaDecoded } from '../../src/decode/nd/ra.ts';
import { type RaPvd, raPvds } from '../../src/decode/nd/ra-pvds.ts';
import { type Field, headerFields, optionFields } from '../../src/decode/nd/wireshark.ts';
import { type Addr6, ANY6 } from '../../src/net/addr6.ts';
import { escapeTerminal } from '../../src/publish/escape.ts';

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

/** The PvDs an accepted RA configures on a PvD-aware host. */
export function pvdsOf({ ra, saddr = ANY6 }: RaFrame): readonly RaPvd[] {
  return raPvds(ra, { ifindex: NO_IFINDEX, saddr });
}

/** Indented lines with Wireshark's field names, problems where they belong. */
export function raText(frame: RaFrame): string {
  const { ra } = frame;
  const lines = [title(frame)];
  if (ra.header !== null) {
    lines.push(`  icmpv6.type: ${ra.header.icmpType}`, `  icmpv6.code: ${ra.header.code}`);
    lines.push(`  icmpv6.checksum: ${hex16(ra.header.checksum)}`);
    lines.push(...headerFields(ra.header).flatMap((field) => fieldLines(field, '  ')));
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
  lines.push(...optionFields(option).flatMap((field) => fieldLines(field, inner)));
  if (option.kind !== 'pvd') {
    lines.push(...problemLines(problems, offset, offset + lenBytes, inner));
    return;
  }
  const header = option.ra === null ? [] : headerFields(option.ra);
  lines.push(...header.flatMap((field) => fieldLines(field, inner)));
  const nestedAt = option.options[0]?.offset ?? offset + lenBytes;
  lines.push(...problemLines(problems, offset, nestedAt, inner));
  for (const nested of option.options) optionLines(nested, problems, inner, lines);
}

/** One line a value: a list has as many as it has members. */
function fieldLines([name, value]: Field, indent: string): readonly string[] {
  const values = typeof value === 'object' ? value : [value];
  return values.map((one) => `${indent}${name}: ${escapeTerminal(String(one))}`);
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
