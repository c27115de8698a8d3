/**
 * What we call of libbpf and libc, declared for koffi and loaded at first use, so
 * that verbs that never touch the kernel run where neither is installed.
 *
 * Rules for whoever calls these: a pointer is a bigint or null and is checked by
 * nobody; errno must be read by `lastErrno()` before any other call.
 */

import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import { AgentError } from '../error.ts';

export type KoffiModule = typeof Koffi;
/** An address; null is NULL. */
export type Pointer = bigint | null;
/** What C may read from or write to: an address or a view it must outlive. */
export type Memory = Pointer | NodeJS.ArrayBufferView;

let koffiModule: KoffiModule | undefined;

/** The koffi module. @throws AgentError PVD_ERR_KOFFI when its binary is missing. */
export function koffi(): KoffiModule {
  if (koffiModule !== undefined) return koffiModule;
  try {
    koffiModule = createRequire(import.meta.url)('koffi') as KoffiModule;
    return koffiModule;
  } catch (cause) {
    throw new AgentError({
      code: 'PVD_ERR_KOFFI',
      op: 'load koffi',
      message: `the native module koffi does not load: ${(cause as Error).message}`,
      hint: 'install with optional dependencies (npm ci, without --omit=optional)',
      cause,
    });
  }
}

/** errno of the last foreign call. */
export function lastErrno(): number {
  return koffi().errno();
}

type Fn<A extends readonly unknown[], R> = (...args: A) => R;

export interface Libbpf {
  readonly path: string;
  readonly setPrint: Fn<[Pointer], Pointer>;
  readonly versionString: Fn<[], string>;
  readonly openMem: Fn<[Memory, number, Memory], Pointer>;
  readonly load: Fn<[Pointer], number>;
  readonly close: Fn<[Pointer], void>;
  readonly objectBtf: Fn<[Pointer], Pointer>;
  readonly btfRawData: Fn<[Pointer, number[]], Pointer>;
  readonly nextProgram: Fn<[Pointer, Pointer], Pointer>;
  readonly programName: Fn<[Pointer], string>;
  readonly programFd: Fn<[Pointer], number>;
  readonly setAutoload: Fn<[Pointer, boolean], number>;
  readonly attach: Fn<[Pointer], Pointer>;
  readonly linkFd: Fn<[Pointer], number>;
  readonly linkDestroy: Fn<[Pointer], number>;
  readonly nextMap: Fn<[Pointer, Pointer], Pointer>;
  readonly mapName: Fn<[Pointer], string>;
  readonly mapFd: Fn<[Pointer], number>;
  readonly mapType: Fn<[Pointer], number>;
  readonly mapValueSize: Fn<[Pointer], number>;
  readonly mapMaxEntries: Fn<[Pointer], number>;
  readonly setMaxEntries: Fn<[Pointer, number], number>;
  readonly setAutocreate: Fn<[Pointer, boolean], number>;
  readonly initialValue: Fn<[Pointer, number[]], Pointer>;
  readonly numPossibleCpus: Fn<[], number>;
  readonly mapLookup: Fn<[number, Memory, Memory], number>;
  readonly mapUpdate: Fn<[number, Memory, Memory, number], number>;
  readonly mapDelete: Fn<[number, Memory], number>;
  readonly mapNextKey: Fn<[number, Memory, Memory], number>;
  readonly objInfoByFd: Fn<[number, Memory, number[]], number>;
  readonly iterCreate: Fn<[number], number>;
  readonly testRun: Fn<[number, Memory], number>;
  readonly progLoad: Fn<[number, string, string, Memory, number, Memory], number>;
  readonly rawTracepointOpen: Fn<[string | null, number], number>;
}

const LIBBPF_DEFS: Record<Exclude<keyof Libbpf, 'path'>, string> = {
  setPrint: 'void *libbpf_set_print(void *fn)',
  versionString: 'const char *libbpf_version_string()',
  openMem: 'void *bpf_object__open_mem(const void *buf, size_t size, const void *opts)',
  load: 'int bpf_object__load(void *obj)',
  close: 'void bpf_object__close(void *obj)',
  objectBtf: 'void *bpf_object__btf(const void *obj)',
  btfRawData: 'void *btf__raw_data(const void *btf, _Out_ uint32_t *size)',
  nextProgram: 'void *bpf_object__next_program(const void *obj, void *prog)',
  programName: 'const char *bpf_program__name(const void *prog)',
  programFd: 'int bpf_program__fd(const void *prog)',
  setAutoload: 'int bpf_program__set_autoload(void *prog, bool autoload)',
  attach: 'void *bpf_program__attach(const void *prog)',
  linkFd: 'int bpf_link__fd(const void *link)',
  linkDestroy: 'int bpf_link__destroy(void *link)',
  nextMap: 'void *bpf_object__next_map(const void *obj, const void *map)',
  mapName: 'const char *bpf_map__name(const void *map)',
  mapFd: 'int bpf_map__fd(const void *map)',
  mapType: 'int bpf_map__type(const void *map)',
  mapValueSize: 'uint32_t bpf_map__value_size(const void *map)',
  mapMaxEntries: 'uint32_t bpf_map__max_entries(const void *map)',
  setMaxEntries: 'int bpf_map__set_max_entries(void *map, uint32_t count)',
  setAutocreate: 'int bpf_map__set_autocreate(void *map, bool autocreate)',
  initialValue: 'void *bpf_map__initial_value(void *map, _Out_ size_t *size)',
  numPossibleCpus: 'int libbpf_num_possible_cpus()',
  mapLookup: 'int bpf_map_lookup_elem(int fd, const void *key, void *value)',
  mapUpdate: 'int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)',
  mapDelete: 'int bpf_map_delete_elem(int fd, const void *key)',
  mapNextKey: 'int bpf_map_get_next_key(int fd, const void *key, void *next_key)',
  objInfoByFd: 'int bpf_obj_get_info_by_fd(int fd, void *info, _Inout_ uint32_t *len)',
  iterCreate: 'int bpf_iter_create(int link_fd)',
  testRun: 'int bpf_prog_test_run_opts(int prog_fd, void *opts)',
  progLoad:
    'int bpf_prog_load(int type, const char *name, const char *license, ' +
    'const void *insns, size_t count, const void *opts)',
  rawTracepointOpen: 'int bpf_raw_tracepoint_open(const char *name, int prog_fd)',
};

export interface Libc {
  readonly mmap: Fn<[Pointer, number, number, number, number, number], bigint>;
  readonly munmap: Fn<[bigint, number], number>;
  readonly free: Fn<[Pointer], void>;
  readonly vasprintf: Fn<[Pointer[], Pointer, Pointer], number>;
  readonly setns: Fn<[number, number], number>;
  readonly socket: Fn<[number, number, number], number>;
  readonly getsockopt: Fn<[number, number, number, Memory, number[]], number>;
  readonly setsockopt: Fn<[number, number, number, Memory, number], number>;
  readonly sendto: Fn<[number, Memory, number, number, Memory, number], number>;
  readonly clockGettime: Fn<[number, Memory], number>;
  readonly clockGetres: Fn<[number, Memory], number>;
  readonly sysconf: Fn<[number], number | bigint>;
  readonly capget: Fn<[Memory, Memory], number>;
  readonly capset: Fn<[Memory, Memory], number>;
  readonly setpriority: Fn<[number, number, number], number>;
  readonly schedSetscheduler: Fn<[number, number, Memory], number>;
}

const LIBC_DEFS: Record<keyof Libc, string> = {
  mmap: 'void *mmap(void *addr, size_t len, int prot, int flags, int fd, int64_t off)',
  munmap: 'int munmap(void *addr, size_t len)',
  free: 'void free(void *ptr)',
  vasprintf: 'int vasprintf(_Out_ void **out, void *fmt, void *ap)',
  setns: 'int setns(int fd, int nstype)',
  socket: 'int socket(int family, int type, int protocol)',
  getsockopt: 'int getsockopt(int fd, int level, int name, void *value, _Inout_ uint32_t *len)',
  setsockopt: 'int setsockopt(int fd, int level, int name, const void *value, uint32_t len)',
  sendto:
    'long sendto(int fd, const void *buf, size_t len, int flags, const void *to, uint32_t to_len)',
  clockGettime: 'int clock_gettime(int clock, void *timespec)',
  clockGetres: 'int clock_getres(int clock, void *timespec)',
  sysconf: 'long sysconf(int name)',
  capget: 'int capget(void *header, void *data)',
  capset: 'int capset(void *header, const void *data)',
  setpriority: 'int setpriority(int which, unsigned int who, int prio)',
  schedSetscheduler: 'int sched_setscheduler(int pid, int policy, const void *param)',
};

function bind<T>(library: ReturnType<KoffiModule['load']>, defs: Record<string, string>): T {
  const bound: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(defs)) bound[name] = library.func(definition);
  return bound as T;
}

let libbpfBound: Libbpf | undefined;
let libcBound: Libc | undefined;

/** Shared object loaded unless the environment variable `PVDSCOPE_LIBBPF` names another. */
const LIBBPF_SONAME = 'libbpf.so.1';

/** libbpf 1.x. @throws AgentError PVD_ERR_LIBBPF when it is missing or too old. */
export function libbpf(): Libbpf {
  if (libbpfBound !== undefined) return libbpfBound;
  const { PVDSCOPE_LIBBPF: override } = process.env;
  const path = override || LIBBPF_SONAME;
  try {
    const library = koffi().load(path);
    libbpfBound = { path, ...bind<Omit<Libbpf, 'path'>>(library, LIBBPF_DEFS) };
    return libbpfBound;
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    throw new AgentError({
      code: 'PVD_ERR_LIBBPF',
      op: `load ${path}`,
      message: `${path}: ${(cause as Error).message}`,
      hint: 'apt install libbpf1',
      cause,
    });
  }
}

/** The C library already in this process. */
export function libc(): Libc {
  libcBound ??= bind<Libc>(koffi().load(null), LIBC_DEFS);
  return libcBound;
}
