/**
 * A BPF object: opened from bytes, configured, loaded, attached program by program.
 * Nothing is pinned, so the kernel frees all of it when the process ends in any way.
 */

import { AgentError } from '../error.ts';
import { koffi, lastErrno, libbpf, type Pointer } from './abi.ts';
import { type Btf, parseBtf, sectionVariables } from './btf.ts';
import { errnoName } from './errno.ts';
import { BpfLink } from './link.ts';
import { BpfLoadError } from './load-error.ts';
import { captureLog, takeLog } from './log.ts';

export interface OpenOptions {
  /** Name of the object, seen in map names (`bpftool map`). */
  readonly name: string;
  /** Bytes of a buffer for the verifier's log; without it libbpf grows its own. */
  readonly kernelLogBytes?: number;
  /** BTF file for CO-RE relocations in place of the kernel's. */
  readonly btfPath?: string;
  /** Keep libbpf's debug messages too. */
  readonly verbose?: boolean;
}

/** A read-only global: an integer, or an array of integers of the element's width. */
export type GlobalValue = number | bigint | boolean | Uint8Array;

/** sizeof(struct bpf_object_open_opts) of libbpf 1.x on 64-bit machines. */
const OPEN_OPTS_BYTES = 80;

/** A map of the object. */
export interface BpfMapInfo {
  readonly name: string;
  /** `enum bpf_map_type`. */
  readonly type: number;
  readonly valueBytes: number;
  readonly maxEntries: number;
  /** -1 until loaded. */
  readonly fd: number;
}

export class BpfObject {
  readonly name: string;
  #object: Pointer;
  #links: BpfLink[] = [];
  #loaded = false;
  readonly #programs = new Map<string, bigint>();
  readonly #maps = new Map<string, bigint>();
  readonly #kernelLog: Buffer;
  /** libbpf keeps addresses of these. */
  readonly #keep: unknown[] = [];

  private constructor(name: string, object: bigint, kernelLog: Buffer) {
    this.name = name;
    this.#kernelLog = kernelLog;
    this.#object = object;
    const api = libbpf();
    for (let p = api.nextProgram(object, null); p !== null; p = api.nextProgram(object, p)) {
      this.#programs.set(api.programName(p), p);
    }
    for (let m = api.nextMap(object, null); m !== null; m = api.nextMap(object, m)) {
      this.#maps.set(api.mapName(m), m);
    }
  }

  /** @throws BpfLoadError when `bytes` are no BPF object. */
  static open(bytes: Uint8Array, options: OpenOptions): BpfObject {
    captureLog(options.verbose);
    takeLog();
    const keep: unknown[] = [bytes];
    const kernelLog = Buffer.alloc(options.kernelLogBytes ?? 0);
    const opts = openOpts(options, kernelLog, keep);
    const object = libbpf().openMem(bytes, bytes.length, opts);
    if (object === null) throw new BpfLoadError(`open ${options.name}`, lastErrno(), takeLog());
    const opened = new BpfObject(options.name, object, kernelLog);
    opened.#keep.push(...keep);
    return opened;
  }

  programNames(): string[] {
    return [...this.#programs.keys()];
  }

  mapNames(): string[] {
    return [...this.#maps.keys()];
  }

  /** Chooses whether the program will be loaded. */
  setAutoload(program: string, on: boolean): void {
    this.#check(libbpf().setAutoload(this.#program(program), on), `choose ${program}`);
  }

  /** Entries of a map, bytes of a ring buffer; before the load. */
  setMaxEntries(map: string, count: number): void {
    this.#check(libbpf().setMaxEntries(this.#map(map), count), `size ${map}`);
  }

  /**
   * Sets `const volatile` globals by name, before the load. The size of a value is
   * that of the variable in the object's BTF.
   * @throws AgentError PVD_ERR_BPF_GLOBAL for an unknown name or a value that does not fit.
   */
  setReadOnly(values: Readonly<Record<string, GlobalValue>>): void {
    const map = this.#map('.rodata');
    const size = [0];
    const address = libbpf().initialValue(map, size);
    if (address === null || this.#loaded) throw globalError(this.name, '.rodata is not writable');
    const rodata = Buffer.from(koffi().view(address, Number(size[0])));
    const variables = sectionVariables(this.#btf(), '.rodata');
    for (const [name, value] of Object.entries(values)) {
      const variable = variables.find((candidate) => candidate.name === name);
      if (variable === undefined) throw globalError(name, 'no such read-only global');
      const encoded = encodeGlobal(name, value, variable.sizeBytes);
      rodata.set(encoded, variable.offset);
    }
  }

  /** @throws BpfLoadError; the object must then be closed and opened anew. */
  load(): void {
    takeLog();
    const rc = libbpf().load(this.#live());
    if (rc !== 0) throw new BpfLoadError(`load ${this.name}`, -rc, takeLog(), this.#verifierLog());
    this.#loaded = true;
  }

  /** Attaches one program: the link, or the errno the kernel gave. */
  attach(program: string): BpfLink | { readonly errno: number; readonly reason: string } {
    const pointer = this.#program(program);
    takeLog();
    const link = libbpf().attach(pointer);
    if (link === null) {
      const errno = lastErrno();
      const said = takeLog()
        .at(-1)
        ?.text.replace(/^libbpf: /, '');
      return { errno, reason: said ?? errnoName(errno) };
    }
    const attached = new BpfLink(program, link);
    this.#links.push(attached);
    return attached;
  }

  programFd(program: string): number {
    return libbpf().programFd(this.#program(program));
  }

  /** @throws Error when the object has no such map. */
  map(name: string): BpfMapInfo {
    const api = libbpf();
    const map = this.#map(name);
    return {
      name,
      type: api.mapType(map),
      valueBytes: api.mapValueSize(map),
      maxEntries: api.mapMaxEntries(map),
      fd: api.mapFd(map),
    };
  }

  /** Offset and size of a `.bss` global. @throws AgentError PVD_ERR_BPF_GLOBAL. */
  bssVariable(name: string): { readonly offset: number; readonly sizeBytes: number } {
    const found = sectionVariables(this.#btf(), '.bss').find((variable) => variable.name === name);
    if (found === undefined) throw globalError(name, 'no such global in .bss');
    return found;
  }

  /** Links first, then the object with its programs and maps. Idempotent. */
  close(): void {
    const object = this.#object;
    if (object === null) return;
    for (const link of this.#links) link.close();
    this.#links = [];
    this.#object = null;
    libbpf().close(object);
    this.#keep.length = 0;
  }

  /** What the kernel wrote into our buffer, when there is one. */
  #verifierLog(): string {
    const end = this.#kernelLog.indexOf(0);
    return this.#kernelLog.toString('utf8', 0, end < 0 ? this.#kernelLog.length : end);
  }

  /** As libbpf completed it: offsets of data sections are only right there. */
  #btf(): Btf {
    const size = [0];
    const data = libbpf().btfRawData(libbpf().objectBtf(this.#live()), size);
    if (data === null) throw globalError(this.name, 'the object has no BTF');
    const bytes = new Uint8Array(koffi().view(data, Number(size[0]))).slice();
    return parseBtf(bytes, `BTF of ${this.name}`);
  }

  #live(): bigint {
    if (this.#object === null) throw new Error(`BPF object ${this.name} is closed`);
    return this.#object;
  }

  #program(name: string): bigint {
    this.#live();
    const program = this.#programs.get(name);
    if (program === undefined) throw new Error(`BPF object ${this.name} has no program ${name}`);
    return program;
  }

  /** libbpf prefixes internal maps with the start of the object's name. */
  #map(name: string): bigint {
    this.#live();
    for (const [full, map] of this.#maps) {
      if (full === name || (name.startsWith('.') && full.endsWith(name))) return map;
    }
    throw new Error(`BPF object ${this.name} has no map ${name}`);
  }

  #check(rc: number, op: string): void {
    if (rc !== 0) throw new BpfLoadError(`${op} of ${this.name}`, -rc, takeLog());
  }
}

function openOpts(options: OpenOptions, kernelLog: Buffer, keep: unknown[]): Buffer {
  const opts = Buffer.alloc(OPEN_OPTS_BYTES);
  const address = (bytes: Buffer): bigint => {
    keep.push(bytes);
    return koffi().address(bytes);
  };
  opts.writeBigUInt64LE(BigInt(OPEN_OPTS_BYTES), 0);
  opts.writeBigUInt64LE(address(Buffer.from(`${options.name}\0`)), 8);
  if (options.btfPath !== undefined) {
    opts.writeBigUInt64LE(address(Buffer.from(`${options.btfPath}\0`)), 48);
  }
  if (kernelLog.length > 0) {
    opts.writeBigUInt64LE(address(kernelLog), 56);
    opts.writeBigUInt64LE(BigInt(kernelLog.length), 64);
  }
  return opts;
}

function globalError(name: string, message: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_BPF_GLOBAL',
    op: `set ${name}`,
    message: `${name}: ${message}`,
    hint: 'the object and the agent do not belong together; build both anew',
  });
}

function encodeGlobal(name: string, value: GlobalValue, sizeBytes: number): Uint8Array {
  if (value instanceof Uint8Array) {
    if (value.length !== sizeBytes) {
      throw globalError(name, `is ${sizeBytes} bytes, ${value.length} given`);
    }
    return value;
  }
  if (![1, 2, 4, 8].includes(sizeBytes)) {
    throw globalError(name, `is ${sizeBytes} bytes, an integer given`);
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw globalError(name, `${value} is no integer`);
  }
  const integer = BigInt(value);
  const bits = 8 * sizeBytes;
  if (BigInt.asUintN(bits, integer) !== integer && BigInt.asIntN(bits, integer) !== integer) {
    throw globalError(name, `${integer} does not fit in ${sizeBytes} bytes`);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, integer));
  return bytes.subarray(0, sizeBytes);
}
