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
  const tree = new Tree(ra.problems);
  tree.line(title(frame));
  if (ra.header !== null) {
    tree.line(`  icmpv6.type: ${ra.header.icmpType}`);
    tree.line(`  icmpv6.code: ${ra.header.code}`);
    tree.line(`  icmpv6.checksum: ${hex16(ra.header.checksum)}`);
    tree.fields(headerFields(ra.header), '  ');
  }
  tree.problemsBefore(ra.options[0]?.offset ?? frame.lenBytes, '  ');
  for (const option of ra.options) addOption(tree, option, '  ');
  tree.problemsBefore(Number.POSITIVE_INFINITY, '  ');
  for (const { id, kind, options } of pvdsOf(frame)) {
    tree.line(`  PvD ${escapeTerminal(id)} (${kind}), ${options.length} options`);
  }
  return tree.text;
}

/** Lines in the order of the octets, and the problems among them in one pass. */
class Tree {
  text = '';
  readonly #problems: readonly Problem[];
  #next = 0;

  constructor(problems: readonly Problem[]) {
    this.#problems =
      problems.length > 1 ? [...problems].sort((a, b) => a.offset - b.offset) : problems;
  }

  line(line: string): void {
    this.text += `${line}\n`;
  }

  /** One line a value: a list has as many as it has members. */
  fields(fields: readonly Field[], indent: string): void {
    for (const [name, value] of fields) {
      const values = typeof value === 'object' ? value : [String(value)];
      for (const one of values) this.text += `${indent}${name}: ${escapeTerminal(one)}\n`;
    }
  }

  problemsBefore(offset: number, indent: string): void {
    for (let at = this.#next; at < this.#problems.length; at++) {
      const problem = this.#problems[at];
      if (problem === undefined || problem.offset >= offset) break;
      for (const line of problemText(problem)) this.line(`${indent}${line}`);
      this.#next = at + 1;
    }
  }
}

function title({ frame, saddr, daddr, hopLimit, lenBytes, ra }: RaFrame): string {
  const path = saddr === undefined ? '' : `, ${saddr} to ${daddr}, hop limit ${hopLimit}`;
  const because = ra.reason === null ? '' : ` [${ra.reason}]`;
  const linux = ra.linuxOutcome === ra.outcome ? '' : ` (Linux: ${ra.linuxOutcome})`;
  const what = `Frame ${frame}: Router Advertisement, ${lenBytes} octets${path}`;
  return `${what}: ${ra.outcome}${because}${linux}`;
}

function addOption(tree: Tree, option: DecodedOption, indent: string): void {
  const { type, name, offset, lenBytes, outcome, reason } = option;
  const ignored = outcome === 'ok' ? '' : `: ignored [${reason}]`;
  tree.line(`${indent}offset ${offset}: ${name} (type ${type}, ${lenBytes} octets)${ignored}`);
  const inner = `${indent}  `;
  tree.fields(optionFields(option), inner);
  if (option.kind === 'pvd') {
    if (option.ra !== null) tree.fields(headerFields(option.ra), inner);
    const [first] = option.options;
    if (first !== undefined) tree.problemsBefore(first.offset, inner);
    for (const nested of option.options) addOption(tree, nested, inner);
  }
  tree.problemsBefore(offset + lenBytes, inner);
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
