/**
 * Kernel modules of a directory, in the order they have to be inserted. Dependencies come from
 * each module's own `.modinfo`, so neither modules.dep nor depmod is needed.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AgentError } from '../error.ts';
import { decompress, packingOf } from './decompress.ts';

export interface Module {
  /** With `_` for `-`, as the kernel lists it. */
  readonly name: string;
  readonly ko: Buffer;
}

export interface ModuleTree {
  /** As a file or built in. */
  has(name: string): boolean;
  /** `names` and all they depend on, dependencies first; what is built in is left out. */
  loadOrder(names: readonly string[]): Module[];
}

/** Without a directory everything is taken to be built in. */
export function openModules(dir: string | undefined): ModuleTree {
  if (dir === undefined) return { has: () => true, loadOrder: () => [] };
  const files = new Map<string, string>();
  for (const file of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    if (/\.ko(\.(xz|zst|gz))?$/.test(file)) files.set(moduleName(file), path.join(dir, file));
  }
  const list = path.join(dir, 'modules.builtin');
  const text = existsSync(list) ? readFileSync(list, 'utf8') : '';
  const builtin = new Set(text.split('\n').filter(Boolean).map(moduleName));
  const loaded = new Map<string, Module>();
  const load = (name: string): Module => {
    const known = loaded.get(name);
    if (known) return known;
    const file = files.get(name);
    if (file === undefined) throw noSuchModule(name, dir);
    const module = { name, ko: readModule(file) };
    loaded.set(name, module);
    return module;
  };
  const order = (name: string, done: Map<string, Module>): void => {
    if (builtin.has(name) || done.has(name)) return;
    const module = load(name);
    for (const dependency of modinfo(module.ko, 'depends').flatMap((d) => d.split(','))) {
      if (dependency !== '') order(moduleName(dependency), done);
    }
    done.set(name, module);
  };
  return {
    has: (name) => files.has(moduleName(name)) || builtin.has(moduleName(name)),
    loadOrder: (names) => {
      const done = new Map<string, Module>();
      for (const name of names) order(moduleName(name), done);
      return [...done.values()];
    },
  };
}

/** `kernel/net/9p/9pnet_virtio.ko.xz` → `9pnet_virtio`. */
export function moduleName(file: string): string {
  return path
    .basename(file)
    .replace(/\.ko(\..*)?$/, '')
    .replaceAll('-', '_');
}

/** The values of `key` in a module's `.modinfo` section (include/linux/moduleparam.h, MODULE_INFO). */
export function modinfo(ko: Buffer, key: string): string[] {
  const values: string[] = [];
  const label = Buffer.from(`\0${key}=`);
  for (let at = ko.indexOf(label); at >= 0; at = ko.indexOf(label, at + 1)) {
    const from = at + label.length;
    const end = ko.indexOf(0, from);
    values.push(ko.toString('latin1', from, end < 0 ? undefined : end));
  }
  return values;
}

function readModule(file: string): Buffer {
  const bytes = readFileSync(file);
  const packing = packingOf(bytes);
  return packing === undefined ? bytes : decompress(bytes, packing, path.basename(file));
}

function noSuchModule(name: string, dir: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_KERNEL_MODULE',
    op: `find module ${name}`,
    message: `there is no module ${name} under ${dir}, and it is not built in`,
    hint: 'does --modules belong to this kernel? It is the directory that holds modules.builtin and kernel/',
  });
}
