/** Which keys a zod schema knows at a path, to say what a mistyped one was meant to be. */

import * as z from 'zod';
import type { YamlPath } from './source.ts';

export function knownKeys(schema: z.ZodType, path: YamlPath): string[] {
  let here: z.core.$ZodType[] = unwrap(schema);
  for (const step of path) here = here.flatMap((s) => below(s, step)).flatMap(unwrap);
  return here.flatMap((s) => (s instanceof z.ZodObject ? Object.keys(s.shape) : []));
}

function below(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const field = (schema.shape as Record<PropertyKey, z.core.$ZodType>)[step];
    return field ? [field] : [];
  }
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return schema instanceof z.ZodArray ? [schema.element] : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(unwrap);
  if (schema instanceof z.ZodPipe) return unwrap(schema.in);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodNullable
  ) {
    return unwrap(schema.unwrap());
  }
  return [schema];
}
