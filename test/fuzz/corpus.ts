/** Inputs worth keeping: octets in hexadecimal, a line each with empty lines between, as `parse` reads. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readHex } from '../../agent/capture/hex.ts';
import { PACKAGE_ROOT } from '../../agent/paths.ts';

export const CORPUS: string = path.join(PACKAGE_ROOT, 'test/fixture/nd-corpus/ra.hex');

export function readCorpus(file: string): readonly Uint8Array[] {
  if (!existsSync(file)) return [];
  const read = readHex(readFileSync(file, 'utf8'));
  if (!read.ok) throw new Error(`${file}: offset ${read.offset}: ${read.message}`);
  return read.messages;
}

export function writeCorpus(file: string, inputs: readonly Uint8Array[]): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const lines = inputs.map((octets) => Buffer.from(octets).toString('hex')).sort();
  writeFileSync(file, `${lines.join('\n\n')}\n`);
}

type FeaturesOf = (octets: Uint8Array) => readonly string[];

/** As few and as short inputs as show every feature that these do. */
export function minimise(
  inputs: readonly Uint8Array[],
  featuresOf: FeaturesOf,
): readonly Uint8Array[] {
  const shortFirst = [...inputs].sort((a, b) => a.length - b.length);
  const kept: { octets: Uint8Array; features: readonly string[] }[] = [];
  const shownBy = new Map<string, number>();
  for (const octets of shortFirst) {
    const features = featuresOf(octets);
    if (features.every((feature) => shownBy.has(feature))) continue;
    for (const feature of features) shownBy.set(feature, (shownBy.get(feature) ?? 0) + 1);
    kept.push({ octets, features });
  }
  const needed: Uint8Array[] = [];
  for (const { octets, features } of kept) {
    const own = features.filter((feature) => shownBy.get(feature) === 1);
    if (own.length > 0) needed.push(shrink(octets, own, featuresOf));
    else for (const f of features) shownBy.set(f, (shownBy.get(f) ?? 0) - 1);
  }
  return needed;
}

/** Without the units that none of these features needs. */
function shrink(from: Uint8Array, needed: readonly string[], featuresOf: FeaturesOf): Uint8Array {
  let octets = from;
  for (const size of [64, 8]) {
    for (let at = octets.length - size; at >= 0; at -= size) {
      const shorter = Buffer.concat([octets.subarray(0, at), octets.subarray(at + size)]);
      const features = new Set(featuresOf(shorter));
      if (needed.every((feature) => features.has(feature))) octets = shorter;
    }
  }
  return Uint8Array.from(octets);
}
