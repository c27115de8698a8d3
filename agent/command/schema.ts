/** `pvdscope schema`: the JSON Schemas of what pvdscope reads and writes. */

import { Command } from 'commander';
import * as z from 'zod';
import { AgentError, EXIT } from '../error.ts';
import { nearest } from '../yaml/nearest.ts';

export interface PublishedSchema {
  readonly about: string;
  /** What a file to be read may hold, before defaults; or what is written. */
  readonly io: 'input' | 'output';
  readonly load: () => Promise<z.ZodType>;
}

/** By the name that is asked for. */
export const SCHEMAS: Readonly<Record<string, PublishedSchema>> = {
  parse: {
    about: 'one line of `parse --format ndjson`: a Router Advertisement',
    io: 'output',
    load: async () => (await import('../capture/ra-schema.ts')).raSchema,
  },
  envelope: {
    about: 'one envelope: a line of `run` and `replay --format ndjson`',
    io: 'output',
    load: async () => (await import('../serve/envelope-schema.ts')).envelopeSchema(),
  },
  stream: {
    about: 'one frame of the stream: an array of envelopes',
    io: 'output',
    load: async () => (await import('../serve/envelope-schema.ts')).frameSchema(),
  },
  state: {
    about: 'the file of `predict --state`: the data of a snapshot of `state --format ndjson`',
    io: 'input',
    load: async () => (await import('./predict-input.ts')).stateFileSchema,
  },
  query: {
    about: 'the file of `predict --query`',
    io: 'input',
    load: async () => (await import('./predict-input.ts')).queryFileSchema,
  },
  router: {
    about: 'the configuration of `router`, in YAML or JSON',
    io: 'input',
    load: async () => (await import('../router/config-schema.ts')).routerConfigSchema,
  },
  scenario: {
    about: 'a scenario of `lab run`, in YAML or JSON',
    io: 'input',
    load: async () => (await import('../lab/scenario-schema.ts')).scenarioSchema,
  },
  expect: {
    about: 'a file of expectations alone, for `check`, in YAML or JSON',
    io: 'input',
    load: async () => (await import('../expect/expect-schema.ts')).expectFileSchema,
  },
  baseline: {
    about: 'the differences that `diff --baseline` accepts, in YAML or JSON',
    io: 'input',
    load: async () => (await import('../expect/baseline-file.ts')).baselineSchema,
  },
};

export function schemaCommand(): Command {
  return new Command('schema')
    .description('print the JSON Schema of what is read or written; without a name, list them')
    .argument('[name]', 'which one')
    .action(async (name: string | undefined) => {
      process.stdout.write(name === undefined ? list() : await schemaText(name));
    });
}

/** Published like a schema, but another sort of document. */
const ASYNCAPI = 'asyncapi';

function list(): string {
  const about = 'the socket that the stream comes by: an AsyncAPI 3.0 document';
  const all = { ...SCHEMAS, [ASYNCAPI]: { about } };
  const width = Math.max(...Object.keys(all).map((name) => name.length));
  return Object.entries(all)
    .map(([name, { about }]) => `${name.padEnd(width)}  ${about}\n`)
    .join('');
}

/** @throws AgentError PVD_ERR_USAGE when there is none of that name. */
async function schemaText(name: string): Promise<string> {
  if (name === ASYNCAPI) {
    const { asyncApiDocument } = await import('../serve/asyncapi.ts');
    return `${JSON.stringify(asyncApiDocument(), null, 2)}\n`;
  }
  const published = Object.hasOwn(SCHEMAS, name) ? SCHEMAS[name] : undefined;
  if (published === undefined) throw unknownName(name);
  return `${JSON.stringify(await jsonSchema(name, published), null, 2)}\n`;
}

/** JSON Schema 2020-12. */
export async function jsonSchema(
  name: string,
  { about, io, load }: PublishedSchema,
): Promise<z.core.JSONSchema.JSONSchema> {
  const { $schema, ...schema } = z.toJSONSchema(await load(), { io, reused: 'ref' });
  return { ...($schema && { $schema }), title: `pvdscope ${name}`, description: about, ...schema };
}

function unknownName(name: string): AgentError {
  const near = nearest(name, [...Object.keys(SCHEMAS), ASYNCAPI]);
  return new AgentError({
    code: 'PVD_ERR_USAGE',
    op: 'schema',
    message: `there is no schema ${JSON.stringify(name)}`,
    hint: near ? `did you mean ${near}?` : `there are ${Object.keys(SCHEMAS).join(', ')}`,
    exitCode: EXIT.usage,
  });
}
