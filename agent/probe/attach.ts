/**
 * Loads and attaches what this kernel takes of an object. libbpf loads an object as a whole,
 * so a program the kernel refuses is found, left out, and the rest is loaded anew.
 */

import { AgentError } from '../error.ts';
import { type Btf, findFuncs, findTracepoints } from '../libbpf/btf.ts';
import { ERRNO, errnoName } from '../libbpf/errno.ts';
import { BpfLink } from '../libbpf/link.ts';
import { BpfLoadError, usefulLine } from '../libbpf/load-error.ts';
import { BpfObject, type GlobalValue } from '../libbpf/object.ts';
import { requireTracing } from './environment.ts';
import type { Hook } from './hook.ts';
import { firstFailing, type KernelTargets, planHooks, targetNames } from './plan.ts';

export interface AttachOptions {
  readonly objectBytes: Uint8Array;
  readonly hooks: readonly Hook[];
  /** Of this kernel. */
  readonly btf: Btf;
  /** Entries of maps whose size is decided at run time. */
  readonly maps: Readonly<Record<string, number>>;
  readonly globals: Readonly<Record<string, GlobalValue>>;
  readonly verbose?: boolean;
  /** Before the first program runs. */
  readonly onLoaded?: (object: BpfObject) => void;
  /** Told what libbpf and the verifier said of a program that was left out. */
  readonly onRefused?: (program: string, log: string) => void;
}

export interface Attached {
  readonly object: BpfObject;
  readonly links: ReadonlyMap<string, BpfLink>;
  /** Why a program is not attached. */
  readonly reasons: ReadonlyMap<string, string>;
  readonly loadMs: number;
  readonly attachMs: number;
}

/** @throws BpfLoadError or AgentError PVD_ERR_TRACE when nothing can be attached. */
export function attachHooks(options: AttachOptions): Attached {
  const { hooks, btf } = options;
  const names = targetNames(hooks);
  const targets: KernelTargets = {
    functions: findFuncs(btf, names.functions),
    tracepoints: findTracepoints(btf, names.tracepoints),
  };
  const failed = new Map<string, string>();
  const startMs = performance.now();
  // Each round leaves out one program more, or brings stand-ins in.
  for (let round = 0; round <= hooks.length; round++) {
    const object = openObject(options);
    const plan = planHooks(hooks, new Set(object.programNames()), targets, failed);
    if (!tryLoad(object, plan.load, options, failed)) continue;
    const loadedMs = performance.now();
    const links = attachAll(object, plan.load, failed);
    const standIns = hooks.some(({ insteadOf = '' }) => {
      return plan.load.some(({ program }) => program === insteadOf) && failed.has(insteadOf);
    });
    if (links.size > 0 && !standIns) {
      const reasons = new Map([...plan.reasons, ...failed]);
      const attachMs = performance.now() - loadedMs;
      return { object, links, reasons, loadMs: loadedMs - startMs, attachMs };
    }
    object.close();
    if (links.size === 0 && !standIns) break;
  }
  const why = [...failed].map(([program, reason]) => `${program}: ${reason}`).slice(0, 3);
  throw new AgentError({
    code: 'PVD_ERR_TRACE',
    op: 'attach',
    message: `no hook can be attached (${why.join('; ') || 'no target exists'})`,
    hint: 'pvdscope doctor tells what this kernel offers',
  });
}

function openObject(options: AttachOptions): BpfObject {
  const { verbose = false } = options;
  const object = BpfObject.open(options.objectBytes, { name: 'pvdscope', verbose });
  for (const [map, entries] of Object.entries(options.maps)) object.setMaxEntries(map, entries);
  object.setReadOnly(options.globals);
  return object;
}

function choose(object: BpfObject, load: readonly Hook[]): void {
  const programs = new Set(load.map((hook) => hook.program));
  for (const program of object.programNames()) object.setAutoload(program, programs.has(program));
}

/** @returns false when a program had to be marked as failed; the object is closed then. */
function tryLoad(
  object: BpfObject,
  load: readonly Hook[],
  options: AttachOptions,
  failed: Map<string, string>,
): boolean {
  try {
    choose(object, load);
    object.load();
    options.onLoaded?.(object);
    return true;
  } catch (error) {
    object.close();
    if (!(error instanceof BpfLoadError)) throw error;
    if (error.errno === ERRNO.ENOMEM) throw error;
    // Refused for what the kernel is, not for what the program does?
    if (failed.size === 0) requireTracing(options.btf);
    const program = error.program ?? bisect(load, options) ?? '';
    if (!load.some((hook) => hook.program === program)) throw error;
    const reason = usefulLine(error.log);
    failed.set(program, `refused: ${errnoName(error.errno)}${reason ? `: ${reason}` : ''}`);
    options.onRefused?.(program, error.log);
    return false;
  }
}

/** The program that makes the load fail when the log does not name it. */
function bisect(load: readonly Hook[], options: AttachOptions): string | undefined {
  const fails = (prefix: number): boolean => {
    const object = openObject(options);
    try {
      choose(object, load.slice(0, prefix));
      object.load();
      return false;
    } catch (error) {
      if (error instanceof BpfLoadError) return true;
      throw error;
    } finally {
      object.close();
    }
  };
  if (fails(0)) return undefined; // not a program: a map, or BTF
  return load[firstFailing(load.length, fails)]?.program;
}

/** Attaches each by itself; why one does not goes to `failed`. */
function attachAll(
  object: BpfObject,
  load: readonly Hook[],
  failed: Map<string, string>,
): Map<string, BpfLink> {
  const links = new Map<string, BpfLink>();
  for (const { program } of load) {
    const attached = object.attach(program);
    if (attached instanceof BpfLink) links.set(program, attached);
    else failed.set(program, `does not attach: ${attached.reason}`);
  }
  return links;
}
