/** Which kernels something is about: `6.12`, `>=6.5`, `<7`, or several that must all hold. */

export type KernelRange = readonly KernelBound[];

export interface KernelBound {
  readonly op: '=' | '<' | '<=' | '>' | '>=';
  readonly version: readonly number[];
}

/** `6.12` means any 6.12.y; undefined when it cannot be understood. */
export function parseKernelRange(text: string): KernelRange | undefined {
  const bounds = text.trim().split(/\s+/).map(parseBound);
  return bounds.every((bound) => bound !== undefined) ? bounds : undefined;
}

function parseBound(text: string): KernelBound | undefined {
  const match = /^(=|<=?|>=?)?(\d{1,3}(?:\.\d{1,4}){0,2})$/.exec(text);
  if (!match) return undefined;
  const op = (match[1] ?? '=') as KernelBound['op'];
  return { op, version: (match[2] ?? '').split('.').map(Number) };
}

/** Whether a kernel of that release (uname(2)) is meant; an unknown release is in every range. */
export function inKernelRange(range: KernelRange, release: string): boolean {
  const version = /^\d+(\.\d+)*/.exec(release)?.[0].split('.').map(Number);
  return version === undefined || range.every((bound) => holds(bound, version));
}

/** Compares as many numbers as the bound has: 6.12.5 is equal to 6.12. */
function holds({ op, version }: KernelBound, release: readonly number[]): boolean {
  let order = 0;
  for (const [i, wanted] of version.entries()) {
    order ||= Math.sign((release[i] ?? 0) - wanted);
  }
  if (order === 0) return op !== '<' && op !== '>';
  return order < 0 ? op.startsWith('<') : op.startsWith('>');
}
