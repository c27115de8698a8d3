/** The stream as an AsyncAPI 3.0 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0). */

import * as z from 'zod';
import { ENVELOPE_VERSION } from '../../src/publish/envelope.ts';
import { FILTER_FIELDS } from '../../src/publish/filter.ts';
import { envelopeSchema } from './envelope-schema.ts';
import { DEFAULT_PORT } from './server.ts';
import { STREAM_PATH } from './websocket.ts';

const OWN_PARAMETERS: Readonly<Record<string, string>> = {
  since: 'go on after this seq, together with run',
  run: 'of this run, as hello names it',
  recent: 'without a position: so many of the newest RAs and decisions first',
};

export function asyncApiDocument(): Readonly<Record<string, unknown>> {
  const { $schema: _, ...envelope } = z.toJSONSchema(envelopeSchema(), { reused: 'inline' });
  const properties = Object.fromEntries([
    ...Object.entries(OWN_PARAMETERS).map(([name, description]) => [
      name,
      { type: 'string', description },
    ]),
    ...FILTER_FIELDS.map((name) => [
      name,
      { type: 'string', description: 'a term of the filter; may be repeated' },
    ]),
  ]);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'pvdscope stream',
      version: `${ENVELOPE_VERSION}`,
      description: 'What a Linux kernel makes of IPv6 Provisioning Domains, as it happens.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      loopback: { host: `127.0.0.1:${DEFAULT_PORT}`, protocol: 'ws' },
      other: {
        host: `host.example:${DEFAULT_PORT}`,
        protocol: 'wss',
        security: [{ $ref: '#/components/securitySchemes/token' }],
      },
    },
    channels: {
      stream: {
        address: STREAM_PATH,
        messages: { frame: { $ref: '#/components/messages/frame' } },
        bindings: { ws: { method: 'GET', query: { type: 'object', properties } } },
      },
    },
    operations: {
      sendFrame: {
        action: 'send',
        channel: { $ref: '#/channels/stream' },
        messages: [{ $ref: '#/channels/stream/messages/frame' }],
      },
    },
    components: {
      messages: {
        frame: {
          title: 'Frame',
          summary: 'A JSON array of envelopes; readers send nothing.',
          payload: { type: 'array', minItems: 1, items: { $ref: '#/components/schemas/envelope' } },
        },
      },
      schemas: { envelope },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}
