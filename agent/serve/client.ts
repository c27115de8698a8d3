/** Asks a running agent for its state over HTTP. */

import { request } from 'node:http';
import type { Envelope } from '../../src/publish/envelope.ts';
import { AgentError, EXIT } from '../error.ts';

/** A full routing table is some hundred MB; more is not believed. */
const ANSWER_BYTES_MAX = 1 << 30;
const ANSWER_MS_MAX = 30_000;

/** The state of every netns the agent at `url` follows. Throws AgentError. */
export async function fetchState(url: string): Promise<readonly Envelope<'snapshot'>[]> {
  const body = await get(stateUrl(url));
  try {
    const { snapshots } = JSON.parse(body) as { snapshots?: readonly Envelope<'snapshot'>[] };
    if (Array.isArray(snapshots)) return snapshots;
  } catch (cause) {
    throw foreignServer(url, cause);
  }
  throw foreignServer(url);
}

function stateUrl(url: string): URL {
  const full = /^[a-z]+:\/\//i.test(url) ? url : `http://${url}`;
  if (!URL.canParse(full) || new URL(full).protocol !== 'http:') {
    throw new AgentError({
      code: 'PVD_ERR_USAGE',
      op: 'ask a running agent',
      message: `${url} is no http URL`,
      hint: 'e.g. http://127.0.0.1:8650/',
      exitCode: EXIT.usage,
    });
  }
  return new URL('/api/state', full);
}

function get(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const asked = request(url, { signal }, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > ANSWER_BYTES_MAX) response.destroy(new Error('the answer is too long'));
        else chunks.push(chunk);
      });
      response.on('error', (cause) => reject(unreachable(url, cause)));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(foreignServer(url.href, new Error(`HTTP status ${response.statusCode}`)));
      });
    });
    asked.on('error', (cause) => reject(unreachable(url, cause)));
    asked.end();
  });
}

function unreachable(url: URL, cause: Error): AgentError {
  return new AgentError({
    code: 'PVD_ERR_AGENT_UNREACHABLE',
    op: `ask ${url.href}`,
    message: `no agent answers at ${url.origin}: ${cause.message}`,
    hint: 'start one with `pvdscope run`, or give its address: --live http://127.0.0.1:PORT/',
    cause,
  });
}

function foreignServer(url: string, cause?: unknown): AgentError {
  return new AgentError({
    code: 'PVD_ERR_AGENT_ANSWER',
    op: `ask ${url}`,
    message: `what answers at ${url} is no pvdscope agent of this version`,
    hint: 'check the port; `pvdscope run` prints the address it serves',
    ...(cause === undefined ? {} : { cause }),
  });
}
