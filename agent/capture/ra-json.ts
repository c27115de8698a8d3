/** A decoded RA as one line of JSON; `ra-schema.ts` tells its form. */

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

type JsonObject = Record<string, FieldValue | null | object>;

/** Without the end of the line. */
export function raJson(frame: RaFrame): string {
  const { ra } = frame;
  const value = {
    frame: frame.frame,
    outcome: ra.outcome,
    reason: ra.reason,
    ra: headerJson(ra.header),
    options: ra.options.map(optionJson),
    pvds: pvdsOf(frame).map(pvdJson),
    linuxOutcome: ra.linuxOutcome,
    problems: ra.problems,
    timeNs: frame.timeNs?.toString() ?? null,
    saddr: frame.saddr ?? null,
    daddr: frame.daddr ?? null,
    hopLimit: frame.hopLimit ?? null,
    lenBytes: frame.lenBytes,
  };
  return escapeJson(JSON.stringify(value));
}

function headerJson(header: RaHeader | null): JsonObject | null {
  return header === null ? null : withFields({}, headerFields(header));
}

/** What is inside a PvD option stands there, too, so that a dropped RA hides nothing. */
function optionJson(option: DecodedOption): JsonObject {
  const { type, name, offset, lenBytes, outcome, reason } = option;
  const value = { type, name, offset, lenBytes, outcome, reason };
  const json = withFields(value, optionFields(option));
  if (option.kind !== 'pvd') return json;
  json['ra'] = headerJson(option.ra);
  json['options'] = option.options.map(optionJson);
  return json;
}

function withFields(object: JsonObject, fields: readonly Field[]): JsonObject {
  for (const [name, value] of fields) object[name] = value;
  return object;
}

function pvdJson({ id, kind, pvd, options }: RaPvd): object {
  return {
    id,
    kind,
    h: pvd?.http ?? null,
    l: pvd?.legacy ?? null,
    r: pvd === null ? null : pvd.ra !== null,
    delay: pvd?.delay ?? null,
    sequence: pvd?.sequence ?? null,
    ra: headerJson(pvd?.ra ?? null),
    options: options.map(({ option, nested }) => ({ ...optionJson(option), nested })),
  };
}
