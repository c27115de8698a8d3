/** One measured number. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** A line of the table: three significant digits are what such a measurement is worth. */
export function formatFigure(figure: Figure): string {
  const value = Number.isInteger(figure.value)
    ? String(figure.value)
    : String(Number(figure.value.toPrecision(3)));
  return `${figure.name.padEnd(36)} ${value.padStart(10)} ${figure.unit}`;
}
