/**
 * The conformance tables: YAML lists of `{id, why, state, ask}`.
 *
 * `state` holds lines of ip-state.ts, `ask` maps questions of ask.ts to answers:
 * an errno, `DEVICE [via GATEWAY] [src SOURCE]` or `src SOURCE`; several joined by `|` are
 * exactly those allowed. An answer that depends on the kernel is a map from a trait to it.
 */

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Quirks } from '../../src/model/profile.ts';
import type { Habits } from './ip-state.ts';

/** What kernels differ in: patch level and configuration. */
export interface Traits {
  /** OIF_MATCH_SHORTCUT and NHGRP_SCAN_ALL. */
  readonly new: boolean;
  /** CONFIG_IPV6_MIP6. */
  readonly mip6: boolean;
  /** Rules that name a VRF match what belongs to it. */
  readonly rulel3: boolean;
  /** `net.ipv4.fib_multipath_hash_seed` is there, and used. */
  readonly seed: boolean;
  /** PREFSRC_ANYDEV: deleting an address clears it as source of the routes of all devices. */
  readonly prefsrcany: boolean;
  /** DEL_DYN_CLEANUP: deleting a dynamic address takes its prefix route along. */
  readonly dyncleanup: boolean;
}

export const ALL_NEW: Traits = {
  new: true,
  mip6: true,
  rulel3: true,
  seed: true,
  prefsrcany: true,
  dyncleanup: true,
};

export interface ModelCase {
  readonly id: string;
  readonly why: string;
  readonly state: string;
  readonly ask: Readonly<Record<string, Answer>>;
  /** Kernels with these quirks only; others are passed over, or no kernel is known. */
  readonly only?: Partial<Quirks>;
  /** The profile `rfc` answers the same: the rule is RFC 6724's. */
  readonly rfc?: true;
  /** A driver the host may lack. */
  readonly needs?: string;
  /** Seconds to wait after set-up. */
  readonly wait?: number;
}

export type Answer = string | number | Readonly<Record<string, string | number>>;

export const TABLES: readonly string[] = [
  'model-route.yaml',
  'model-multipath.yaml',
  'model-rule.yaml',
  'model-saddr.yaml',
  'model-edge.yaml',
  'model-found.yaml',
  'model-event.yaml',
  'model-hash.yaml',
  'model-quirk.yaml',
];

/** Reads one table; the compiled tests stand in dist/, the tables in the source tree. */
export function readTable(name: string): ModelCase[] {
  const url = new URL(`../../../test/case/${name}`, import.meta.url);
  return parse(readFileSync(url, 'utf8')) as ModelCase[];
}

const HOLDS: Readonly<Record<string, (traits: Traits) => boolean>> = {
  new: (t) => t.new,
  old: (t) => !t.new,
  mip6: (t) => t.mip6,
  nomip6: (t) => !t.mip6,
  rulel3: (t) => t.rulel3,
  norulel3: (t) => !t.rulel3,
  seed: (t) => t.seed,
  noseed: (t) => !t.seed,
  prefsrcany: (t) => t.prefsrcany,
  noprefsrcany: (t) => !t.prefsrcany,
  dyncleanup: (t) => t.dyncleanup,
  nodyncleanup: (t) => !t.dyncleanup,
};

/** Whether a kernel with these quirks, as far as they were found, is one the row is about. */
export function isAbout(row: ModelCase, quirks: Partial<Quirks>): boolean {
  const wanted = Object.entries(row.only ?? {}) as [keyof Quirks, boolean][];
  return wanted.every(([name, on]) => quirks[name] === on);
}

/** The quirks of a kernel with these traits. */
export function quirksOf(traits: Traits): Partial<Quirks> {
  return {
    oifMatchShortcut: traits.new,
    nhgrpScanAll: traits.new,
    mip6: traits.mip6,
    ruleL3Master: traits.rulel3,
  };
}

/** How a kernel with these traits keeps its tables. */
export function habitsOf(traits: Traits): Habits {
  return {
    prefsrcAnyDev: traits.prefsrcany,
    delDynCleanup: traits.dyncleanup,
    hashSeed: traits.seed,
  };
}

/** Kernels to run the model as: the newest, an old one, one built without MIP6. */
export const KERNELS: readonly { readonly name: string; readonly traits: Traits }[] = [
  { name: 'new', traits: ALL_NEW },
  {
    name: 'old',
    traits: {
      new: false,
      mip6: true,
      rulel3: false,
      seed: false,
      prefsrcany: false,
      dyncleanup: false,
    },
  },
  { name: 'without MIP6', traits: { ...ALL_NEW, mip6: false } },
];

/** The allowed answers under these traits, sorted. */
export function answersOf(answer: Answer, traits: Traits): string[] {
  if (typeof answer !== 'object') return split(String(answer));
  for (const [trait, value] of Object.entries(answer)) {
    const holds = HOLDS[trait]?.(traits) ?? false;
    if (holds) return split(String(value));
  }
  throw new Error(`no answer for these traits: ${JSON.stringify(answer)}`);
}

function split(text: string): string[] {
  return text
    .replace(/(^|\s)P:/g, '$12001:db8:')
    .split('|')
    .map((part) => part.trim())
    .sort();
}
