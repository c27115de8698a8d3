/** Two texts beside each other, equal lines in one row. */

/** Longer texts are cut: the comparison costs the product of both. */
const LINES_MAX = 400;

/**
 * Rows of two columns of `width` characters: `|` between lines that differ, `<` and `>` beside one
 * that only one side has, a space between equal ones. Longer lines go on in the next row.
 */
export function sideBySide(
  left: readonly string[],
  right: readonly string[],
  width: number,
): string[] {
  return alignLines(left, right).flatMap(([a, b]) => {
    const sign = a === undefined ? '>' : b === undefined ? '<' : a === b ? ' ' : '|';
    const [as, bs] = [wrap(a ?? '', width), wrap(b ?? '', width)];
    return Array.from({ length: Math.max(as.length, bs.length) }, (_, i) =>
      `${(as[i] ?? '').padEnd(width)} ${i === 0 ? sign : ' '} ${bs[i] ?? ''}`.trimEnd(),
    );
  });
}

/** Rows of two lines, equal ones beside each other; undefined: this side has no such line. */
export function alignLines(left: readonly string[], right: readonly string[]): Row[] {
  return align(left.slice(0, LINES_MAX), right.slice(0, LINES_MAX));
}

type Row = readonly [left: string | undefined, right: string | undefined];

/** Longest common subsequence; what differs between two common lines is paired in order. */
function align(left: readonly string[], right: readonly string[]): Row[] {
  const common = commonLengths(left, right);
  const rows: Row[] = [];
  let [a, b]: [string[], string[]] = [[], []];
  const pair = () => {
    const count = Math.max(a.length, b.length);
    for (let i = 0; i < count; i++) rows.push([a[i], b[i]]);
    [a, b] = [[], []];
  };
  for (let [i, j] = [0, 0]; i < left.length || j < right.length; ) {
    const [l, r] = [left[i], right[j]];
    if (l !== undefined && l === r) {
      pair();
      rows.push([l, r]);
      i++;
      j++;
    } else if (
      r === undefined ||
      (l !== undefined && at(common, i + 1, j) >= at(common, i, j + 1))
    ) {
      a.push(l ?? '');
      i++;
    } else {
      b.push(r);
      j++;
    }
  }
  pair();
  return rows;
}

function at(table: readonly Uint16Array[], i: number, j: number): number {
  return table[i]?.[j] ?? 0;
}

/** Of what is left of both from line `i` and line `j` on. */
function commonLengths(left: readonly string[], right: readonly string[]): Uint16Array[] {
  const table = Array.from({ length: left.length + 1 }, () => new Uint16Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; i--) {
    const row = table[i];
    for (let j = right.length - 1; row && j >= 0; j--) {
      row[j] =
        left[i] === right[j]
          ? at(table, i + 1, j + 1) + 1
          : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  }
  return table;
}

/** The rest of a long line is indented as its beginning, and a little more. */
function wrap(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const indent = ' '.repeat(Math.min(/^ */.exec(line)?.[0].length ?? 0, width >> 1) + 2);
  const rows = [line.slice(0, width)];
  const room = width - indent.length;
  for (let i = width; i < line.length; i += room) rows.push(indent + line.slice(i, i + room));
  return rows;
}
