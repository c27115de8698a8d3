/** Files that the reader opens in the page. They are shown and sent nowhere. */

import { type Comparison, parseComparison } from '../../src/publish/comparison.ts';

/** A comparison is a few MiB at most: 2000 flows. */
const OPEN_BYTES_MAX = 64 * 2 ** 20;

export type Opened =
  | { readonly comparison: Comparison; readonly refused?: undefined }
  | { readonly comparison?: undefined; readonly refused: string };

export async function openComparison(file: Blob & { readonly name: string }): Promise<Opened> {
  const { name, size } = file;
  if (size > OPEN_BYTES_MAX) return { refused: `${name} is larger than 64 MiB.` };
  try {
    const comparison = parseComparison(await file.text());
    if (comparison !== undefined) return { comparison };
    return { refused: `${name} is not what pvdscope diff --format json writes.` };
  } catch {
    return { refused: `${name} cannot be read.` };
  }
}
