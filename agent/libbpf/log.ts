/**
 * libbpf's messages, kept instead of printed: nothing of it reaches stderr by itself.
 */

import { koffi, libbpf, libc, type Pointer } from './abi.ts';

/** enum libbpf_print_level. */
export type LogLevel = 'warn' | 'info' | 'debug';

export interface LogLine {
  readonly level: LogLevel;
  readonly text: string;
}

/** Messages kept; the oldest go first. */
const LINES_MAX = 2048;

const LEVELS: readonly LogLevel[] = ['warn', 'info', 'debug'];

let lines: LogLine[] = [];
let levelMax = 1;
/** The registered callback lives as long as the process: libbpf keeps its address. */
let callback: bigint | undefined;

/** va_list decays to a pointer on x86-64, arm64 and riscv64: vasprintf takes it as it came. */
function onPrint(level: number, format: Pointer, args: Pointer): number {
  try {
    if (level > levelMax) return 0;
    const out: Pointer[] = [null];
    if (libc().vasprintf(out, format, args) < 0) return 0;
    const text = koffi().decode.string(out[0] ?? null);
    libc().free(out[0] ?? null);
    lines.push({ level: LEVELS[level] ?? 'debug', text: text.trimEnd() });
    if (lines.length > LINES_MAX) lines = lines.slice(-LINES_MAX / 2);
    return text.length;
  } catch {
    return 0; // an exception must not unwind through C
  }
}

/** Starts keeping libbpf's messages, debug ones only when `verbose`. Idempotent. */
export function captureLog(verbose = false): void {
  levelMax = verbose ? 2 : 1;
  if (callback !== undefined) return;
  const ffi = koffi();
  const proto = ffi.proto('int pvd_libbpf_print(int level, void *format, void *args)');
  callback = ffi.register(onPrint, ffi.pointer(proto));
  libbpf().setPrint(callback);
}

/** Takes the messages kept since the last call. */
export function takeLog(): readonly LogLine[] {
  const taken = lines;
  lines = [];
  return taken;
}
