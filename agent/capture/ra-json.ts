/**
 * A decoded RA as one line of JSON; `ra-schema.ts` tells its form. Written piece by piece: an
 * object to stringify costs twice as much, and what is in a PvD is written once for two places.
 */

import type { DecodedOption } from '../../src/decode/nd/option.ts';
import type { RaHeader } from '../../src/decode/nd/ra-header.ts';
import type { RaPvd } from '../../src/decode/nd/ra-pvds.ts';
import {
  type Field,
  type FieldValue,
  headerFields,
  optionFields,
} from '../../src/decode/nd/wireshark.ts';
import { escapeJson } from '../../src/publish/escape.ts';
import { pvdsOf, type RaFrame } from './ra-report.ts';

/** Without the end of the line. */
export function raJson(frame: RaFrame): string {
  const { ra } = frame;
  const options = new Map(ra.options.flatMap(optionTexts));
  const top = ra.options.map((option) => `{${options.get(option)}}`);
  const pvds = pvdsOf(frame).map((pvd) => pvdText(pvd, options));
  return escapeJson(
    `{"frame":${frame.frame},"outcome":"${ra.outcome}","reason":${text(ra.reason)}` +
      `,"ra":${headerText(ra.header)},"options":[${top}],"pvds":[${pvds}]` +
      `,"linuxOutcome":"${ra.linuxOutcome}","problems":${JSON.stringify(ra.problems)}` +
      `,"timeNs":${text(frame.timeNs?.toString())},"saddr":${text(frame.saddr)}` +
      `,"daddr":${text(frame.daddr)},"hopLimit":${frame.hopLimit ?? null}` +
      `,"lenBytes":${frame.lenBytes}}`,
  );
}

/** An option and those inside it, each with its members, braces left away. */
function optionTexts(option: DecodedOption): readonly [DecodedOption, string][] {
  const { type, name, offset, lenBytes, outcome, reason } = option;
  const members =
    `"type":${type},"name":${text(name)},"offset":${offset},"lenBytes":${lenBytes}` +
    `,"outcome":"${outcome}","reason":${text(reason)}${fieldTexts(optionFields(option))}`;
  if (option.kind !== 'pvd') return [[option, members]];
  // What is inside stands there, too, so that a dropped RA hides nothing.
  const nested = option.options.flatMap(optionTexts);
  const inside = nested.map(([, inner]) => `{${inner}}`);
  const whole = `${members},"ra":${headerText(option.ra)},"options":[${inside}]`;
  return [[option, whole], ...nested];
}

function pvdText(
  { id, kind, pvd, options }: RaPvd,
  texts: ReadonlyMap<DecodedOption, string>,
): string {
  const members = options.map(({ option, nested }) => `{${texts.get(option)},"nested":${nested}}`);
  const r = pvd === null ? null : pvd.ra !== null;
  return (
    `{"id":${text(id)},"kind":"${kind}","h":${pvd?.http ?? null},"l":${pvd?.legacy ?? null}` +
    `,"r":${r},"delay":${pvd?.delay ?? null},"sequence":${pvd?.sequence ?? null}` +
    `,"ra":${headerText(pvd?.ra ?? null)},"options":[${members}]}`
  );
}

function headerText(header: RaHeader | null): string {
  return header === null ? 'null' : `{${fieldTexts(headerFields(header)).slice(1)}}`;
}

/** Each with a comma before it. */
function fieldTexts(fields: readonly Field[]): string {
  let out = '';
  for (const [name, value] of fields) out += `,"${name}":${valueText(value)}`;
  return out;
}

function valueText(value: FieldValue): string {
  if (typeof value === 'string') return text(value);
  return typeof value === 'object' ? `[${value.map(text)}]` : String(value);
}

/** Visible ASCII without quotes and backslashes, as most texts are, needs no escaping. */
const PLAIN = /^[ !#-[\]-~]*$/;

function text(value: string | null | undefined): string {
  if (value === null || value === undefined) return 'null';
  return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
}
