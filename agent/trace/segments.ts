/** A trace in several files: `run.pcapng` is `run.000001.pcapng`, `run.000002.pcapng`, … */

import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

const DIGITS = 6;

export interface Segment {
  readonly path: string;
  readonly number: number;
}

export function segmentPath(trace: string, number: number): string {
  const { dir, name, ext } = path.parse(trace);
  return path.join(dir, `${name}.${String(number).padStart(DIGITS, '0')}${ext}`);
}

/** Those that are there, in order. */
export function segmentsOf(trace: string): Segment[] {
  const { dir, name, ext } = path.parse(trace);
  const isOne = (file: string) => file.startsWith(`${name}.`) && file.endsWith(ext);
  return filesIn(dir === '' ? '.' : dir)
    .flatMap((file): Segment[] => {
      const digits = isOne(file) ? file.slice(name.length + 1, file.length - ext.length) : '';
      if (!/^\d{6,12}$/.test(digits)) return [];
      return [{ path: path.join(dir, file), number: Number(digits) }];
    })
    .sort((a, b) => a.number - b.number);
}

function filesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** The files of a trace: itself, or its segments when there is no such file. */
export function filesOf(trace: string): readonly string[] {
  const segments = existsSync(trace) ? [] : segmentsOf(trace);
  return segments.length === 0 ? [trace] : segments.map((segment) => segment.path);
}

/** Removes the oldest but `keep`. Never throws. */
export function removeSegments(trace: string, keep: number): void {
  const segments = segmentsOf(trace);
  const old = segments.slice(0, Math.max(0, segments.length - keep));
  for (const segment of old) remove(segment.path);
}

/** Removes a trace of that name, in one file or in several. Never throws. */
export function removeTrace(trace: string): void {
  removeSegments(trace, 0);
  if (statSync(trace, { throwIfNoEntry: false })?.isFile()) remove(trace);
}

function remove(file: string): void {
  try {
    rmSync(file);
  } catch {
    // It stays, and costs its place on the disk.
  }
}
