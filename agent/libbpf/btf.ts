/**
 * Reader of BTF (Documentation/bpf/btf.rst), of the kernel's and of our object's.
 * One linear pass finds any number of names; libbpf's own search is linear per name.
 */

import { readFileSync } from 'node:fs';
import { AgentError } from '../error.ts';

const MAGIC = 0xeb9f;
const HEADER_BYTES_MIN = 24;
/** Words of a `struct btf_type`. */
const TYPE_WORDS = 3;
/** BTF of one kernel is 5 to 10 MiB; a file far beyond that is not BTF. */
const BTF_BYTES_MAX = 256 << 20;

const KIND = { struct: 4, typedef: 8, func: 12, funcProto: 13, var: 14, datasec: 15 } as const;
const KINDS = 20;

/** Words after a `struct btf_type` of kind int, array, var and decl_tag. */
const FIXED_WORDS: Uint8Array = new Uint8Array(KINDS);
/** And those per member: struct, union, enum, func_proto, datasec, enum64. */
const MEMBER_WORDS: Uint8Array = new Uint8Array(KINDS);
for (const [kind, words] of [
  [1, 1],
  [3, 3],
  [14, 1],
  [17, 1],
] as const)
  FIXED_WORDS[kind] = words;
for (const [kind, words] of [
  [4, 3],
  [5, 3],
  [6, 2],
  [13, 2],
  [15, 3],
  [19, 3],
] as const) {
  MEMBER_WORDS[kind] = words;
}

export interface Btf {
  readonly bytes: Buffer;
  /** The same as 32-bit words: types are aligned. */
  readonly words: Uint32Array;
  /** Word offset of each type by its id; index 0 is void and unused. */
  readonly offsets: Uint32Array;
  readonly stringsAt: number;
}

export interface BtfFunc {
  readonly id: number;
  readonly paramsCount: number;
  readonly returnsVoid: boolean;
}

/** A variable of `.rodata`, `.bss` or `.data`. */
export interface BtfVariable {
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

function bad(op: string, message: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_BTF',
    op,
    message: `${op}: ${message}`,
    hint: 'a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed; --kernel debian:6.12 runs in a guest',
  });
}

/** @throws AgentError PVD_ERR_BTF when `data` is no BTF or has a kind unknown here. */
export function parseBtf(data: Uint8Array, op = 'parse BTF'): Btf {
  if (data.length < HEADER_BYTES_MIN || data.length > BTF_BYTES_MAX) {
    throw bad(op, `${data.length} bytes are no BTF`);
  }
  const aligned = new Uint8Array(Math.ceil(data.length / 4) * 4);
  aligned.set(data);
  const bytes = Buffer.from(aligned.buffer, 0, data.length);
  const words = new Uint32Array(aligned.buffer);
  if (bytes.readUInt16LE(0) !== MAGIC) throw bad(op, 'bad magic number');
  const headerBytes = bytes.readUInt32LE(4);
  const start = headerBytes + bytes.readUInt32LE(8);
  const end = start + bytes.readUInt32LE(12);
  const stringsAt = headerBytes + bytes.readUInt32LE(16);
  if (end > bytes.length || stringsAt + bytes.readUInt32LE(20) > bytes.length) {
    throw bad(op, 'truncated');
  }
  if (((start | end) & 3) !== 0) throw bad(op, 'types are not aligned');
  return { bytes, words, offsets: typeOffsets(words, start >>> 2, end >>> 2, op), stringsAt };
}

function typeOffsets(words: Uint32Array, start: number, end: number, op: string): Uint32Array {
  const offsets = new Uint32Array(1 + (end - start) / TYPE_WORDS);
  let count = 1;
  for (let at = start; at + TYPE_WORDS <= end; count++) {
    offsets[count] = at;
    const info = words[at + 1] as number;
    const kind = (info >>> 24) & 0x1f;
    if (kind >= KINDS) throw bad(op, `type ${count} is of unknown kind ${kind}`);
    const perMember = MEMBER_WORDS[kind] as number;
    at += TYPE_WORDS + (FIXED_WORDS[kind] as number) + perMember * (info & 0xffff);
    if (at > end) throw bad(op, `type ${count} is cut`);
  }
  return offsets.subarray(0, count);
}

/** BTF of the running kernel. @throws AgentError PVD_ERR_BTF when unreadable. */
export function kernelBtf(path = '/sys/kernel/btf/vmlinux'): Btf {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw bad(`read ${path}`, (cause as Error).message);
  }
  return parseBtf(bytes, `read ${path}`);
}

function kindOf(btf: Btf, at: number): number {
  return ((btf.words[at + 1] as number) >>> 24) & 0x1f;
}

function nameAt(btf: Btf, offset: number): string {
  const start = btf.stringsAt + offset;
  return btf.bytes.toString('latin1', start, btf.bytes.indexOf(0, start));
}

/** Offset in the string table of each of `names`, where it is there: one scan a name. */
function stringOffsets(btf: Btf, names: Iterable<string>, prefix: string): Map<number, string> {
  const offsets = new Map<number, string>();
  for (const name of names) {
    const at = btf.bytes.indexOf(`\0${prefix}${name}\0`, btf.stringsAt, 'latin1');
    if (at >= 0) offsets.set(at + 1 - btf.stringsAt, name);
  }
  return offsets;
}

/** The functions of `names` that exist, with the shape of their prototypes. */
export function findFuncs(btf: Btf, names: ReadonlySet<string>): Map<string, BtfFunc> {
  const { words, offsets } = btf;
  const wanted = stringOffsets(btf, names, '');
  const found = new Map<string, BtfFunc>();
  for (let id = 1; id < offsets.length; id++) {
    const at = offsets[id] as number;
    if (kindOf(btf, at) !== KIND.func) continue;
    const name = wanted.get(words[at] as number);
    if (name === undefined || found.has(name)) continue;
    const proto = offsets[words[at + 2] as number];
    if (proto === undefined || kindOf(btf, proto) !== KIND.funcProto) continue;
    found.set(name, {
      id,
      paramsCount: (words[proto + 1] as number) & 0xffff,
      returnsVoid: words[proto + 2] === 0,
    });
  }
  return found;
}

/** Whether the kernel has a `struct` of that name. */
export function hasStruct(btf: Btf, name: string): boolean {
  const { words, offsets } = btf;
  const wanted = stringOffsets(btf, new Set([name]), '');
  return offsets
    .subarray(1)
    .some((at) => kindOf(btf, at) === KIND.struct && wanted.has(words[at] as number));
}

/** The raw tracepoints of `names` that exist: `typedef btf_trace_<name>`. */
export function findTracepoints(btf: Btf, names: ReadonlySet<string>): Set<string> {
  const { words, offsets } = btf;
  const wanted = stringOffsets(btf, names, 'btf_trace_');
  const found = new Set<string>();
  for (let id = 1; id < offsets.length; id++) {
    const at = offsets[id] as number;
    if (kindOf(btf, at) !== KIND.typedef) continue;
    const name = wanted.get(words[at] as number);
    if (name !== undefined) found.add(name);
  }
  return found;
}

/** Variables of one data section (`.rodata`, `.bss`), by offset. */
export function sectionVariables(btf: Btf, section: string): BtfVariable[] {
  const { words, offsets } = btf;
  const variables: BtfVariable[] = [];
  for (const at of offsets.subarray(1)) {
    if (kindOf(btf, at) !== KIND.datasec || nameAt(btf, words[at] as number) !== section) continue;
    const count = (words[at + 1] as number) & 0xffff;
    for (let info = at + TYPE_WORDS; info < at + TYPE_WORDS + 3 * count; info += 3) {
      const variable = offsets[words[info] as number];
      if (variable === undefined || kindOf(btf, variable) !== KIND.var) continue;
      variables.push({
        name: nameAt(btf, words[variable] as number),
        offset: words[info + 1] as number,
        sizeBytes: words[info + 2] as number,
      });
    }
  }
  return variables;
}
