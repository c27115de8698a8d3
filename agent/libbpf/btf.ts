/**
 * Reader of BTF (Documentation/bpf/btf.rst), of the kernel's and of our object's.
 * One linear pass finds any number of names; libbpf's own search is linear per name.
 */

import { readFileSync } from 'node:fs';
import { AgentError } from '../error.ts';

const MAGIC = 0xeb9f;
const HEADER_BYTES_MIN = 24;
const TYPE_BYTES = 12;
/** BTF of one kernel is 5 to 10 MiB; a file far beyond that is not BTF. */
const BTF_BYTES_MAX = 256 << 20;

const KIND = {
  ptr: 2,
  array: 3,
  typedef: 8,
  func: 12,
  funcProto: 13,
  var: 14,
  datasec: 15,
} as const;

/** Bytes after a `struct btf_type`: fixed part and part per `vlen`, by kind. */
const EXTRA: readonly (readonly [number, number])[] = [
  [0, 0], // void
  [4, 0], // int
  [0, 0], // ptr
  [12, 0], // array
  [0, 12], // struct
  [0, 12], // union
  [0, 8], // enum
  [0, 0], // fwd
  [0, 0], // typedef
  [0, 0], // volatile
  [0, 0], // const
  [0, 0], // restrict
  [0, 0], // func
  [0, 8], // func_proto
  [4, 0], // var
  [0, 12], // datasec
  [0, 0], // float
  [4, 0], // decl_tag
  [0, 0], // type_tag
  [0, 12], // enum64
];

export interface Btf {
  readonly bytes: Buffer;
  /** Offset of each type by its id; index 0 is void and unused. */
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
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.length < HEADER_BYTES_MIN || bytes.length > BTF_BYTES_MAX) {
    throw bad(op, `${bytes.length} bytes are no BTF`);
  }
  if (bytes.readUInt16LE(0) !== MAGIC) throw bad(op, 'bad magic number');
  const headerBytes = bytes.readUInt32LE(4);
  const start = headerBytes + bytes.readUInt32LE(8);
  const end = start + bytes.readUInt32LE(12);
  const stringsAt = headerBytes + bytes.readUInt32LE(16);
  if (end > bytes.length || stringsAt + bytes.readUInt32LE(20) > bytes.length) {
    throw bad(op, 'truncated');
  }
  const offsets = new Uint32Array(1 + (end - start) / TYPE_BYTES);
  let count = 1;
  for (let at = start; at + TYPE_BYTES <= end; count++) {
    offsets[count] = at;
    const info = bytes.readUInt32LE(at + 4);
    const extra = EXTRA[(info >>> 24) & 0x1f];
    if (extra === undefined) throw bad(op, `type ${count} is of unknown kind`);
    at += TYPE_BYTES + extra[0] + extra[1] * (info & 0xffff);
    if (at > end) throw bad(op, `type ${count} is cut`);
  }
  return { bytes, offsets: offsets.subarray(0, count), stringsAt };
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
  return (btf.bytes.readUInt32LE(at + 4) >>> 24) & 0x1f;
}

function nameOf(btf: Btf, at: number): string {
  const start = btf.stringsAt + btf.bytes.readUInt32LE(at);
  return btf.bytes.toString('latin1', start, btf.bytes.indexOf(0, start));
}

/** The functions of `names` that exist, with the shape of their prototypes. */
export function findFuncs(btf: Btf, names: ReadonlySet<string>): Map<string, BtfFunc> {
  const found = new Map<string, BtfFunc>();
  for (let id = 1; id < btf.offsets.length; id++) {
    const at = btf.offsets[id] as number;
    if (kindOf(btf, at) !== KIND.func) continue;
    const name = nameOf(btf, at);
    if (!names.has(name) || found.has(name)) continue;
    const proto = btf.offsets[btf.bytes.readUInt32LE(at + 8)];
    if (proto === undefined || kindOf(btf, proto) !== KIND.funcProto) continue;
    found.set(name, {
      id,
      paramsCount: btf.bytes.readUInt32LE(proto + 4) & 0xffff,
      returnsVoid: btf.bytes.readUInt32LE(proto + 8) === 0,
    });
  }
  return found;
}

/** The raw tracepoints of `names` that exist: `typedef btf_trace_<name>`. */
export function findTracepoints(btf: Btf, names: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  for (let id = 1; id < btf.offsets.length; id++) {
    const at = btf.offsets[id] as number;
    if (kindOf(btf, at) !== KIND.typedef) continue;
    const name = nameOf(btf, at);
    if (!name.startsWith('btf_trace_')) continue;
    const tracepoint = name.slice('btf_trace_'.length);
    if (names.has(tracepoint)) found.add(tracepoint);
  }
  return found;
}

/** Variables of one data section (`.rodata`, `.bss`), by offset. */
export function sectionVariables(btf: Btf, section: string): BtfVariable[] {
  const variables: BtfVariable[] = [];
  for (let id = 1; id < btf.offsets.length; id++) {
    const at = btf.offsets[id] as number;
    if (kindOf(btf, at) !== KIND.datasec || nameOf(btf, at) !== section) continue;
    const count = btf.bytes.readUInt32LE(at + 4) & 0xffff;
    for (let i = 0; i < count; i++) {
      const info = at + TYPE_BYTES + 12 * i;
      const variable = btf.offsets[btf.bytes.readUInt32LE(info)];
      if (variable === undefined || kindOf(btf, variable) !== KIND.var) continue;
      variables.push({
        name: nameOf(btf, variable),
        offset: btf.bytes.readUInt32LE(info + 4),
        sizeBytes: btf.bytes.readUInt32LE(info + 8),
      });
    }
  }
  return variables;
}
