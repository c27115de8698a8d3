/** Asks a running agent over HTTP: for its state, and how a decision came about. */

import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { DecisionRef } from '../../src/explain-decision.ts';
import type { Envelope } from '../../src/publish/envelope.ts';
import { escapeTerminal } from '../../src/publish/escape.ts';
import type { LiveExplanation } from '../../src/publish/report-data.ts';
import { AgentError, EXIT } from '../error.ts';
import { type AgentAddress, authorization, trustOf } from './agent-address.ts';
import type { ExplainAnswer } from './explain.ts';

/** A full routing table is some hundred MB; more is not believed. */
const ANSWER_BYTES_MAX = 1 << 30;
const ANSWER_MS_MAX = 30_000;

/** The state of every netns the agent there follows. Throws AgentError. */
export async function fetchState(address: AgentAddress): Promise<readonly Envelope<'snapshot'>[]> {
  const { href } = address.url;
  const { status, body } = await get(address, new URL('/api/state', address.url));
  if (status !== 200) throw foreignServer(href, new Error(`HTTP status ${status}`));
  try {
    const { snapshots } = JSON.parse(body) as { snapshots?: readonly Envelope<'snapshot'>[] };
    if (Array.isArray(snapshots)) return snapshots;
  } catch (cause) {
    throw foreignServer(href, cause);
  }
  throw foreignServer(href);
}

/** How one decision of the agent there came about. Throws AgentError. */
export async function fetchExplanation(
  address: AgentAddress,
  ref: DecisionRef,
): Promise<LiveExplanation> {
  const url = new URL('/api/explain', address.url);
  if (ref.by === 'seq') url.searchParams.set('seq', `${ref.seq}`);
  else url.searchParams.set('id', ref.id);
  const { status, body } = await get(address, url);
  if (status === 429) throw notExplained(url, body);
  if (status !== 200) throw foreignServer(url.href, new Error(`HTTP status ${status}`));
  const told = explanationIn(body);
  if (told === undefined) throw foreignServer(url.href);
  if ('untold' in told) throw notExplained(url, `${told.untold}`);
  return told;
}

function explanationIn(body: string): ExplainAnswer | undefined {
  try {
    const told = JSON.parse(body) as Partial<LiveExplanation & { untold: string }>;
    if (Array.isArray(told.lines) || told.untold !== undefined) return told as ExplainAnswer;
  } catch {
    // No agent of this version.
  }
  return undefined;
}

/** Characters of a refusal that are told on. */
const REASON_CHARS_MAX = 200;

function notExplained(url: URL, why: string): AgentError {
  const reason = escapeTerminal(why.trim().slice(0, REASON_CHARS_MAX));
  return new AgentError({
    code: 'PVD_ERR_NO_DECISION',
    op: `ask ${url.origin}`,
    message: `the agent at ${url.origin} does not explain it: ${reason}`,
    hint: 'only the newest decisions can be asked for; `pvdscope record` keeps them all',
    exitCode: EXIT.usage,
  });
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function get(address: AgentAddress, url: URL): Promise<Answer> {
  const trust = await trustOf(address).catch((cause) => {
    throw cause instanceof AgentError ? cause : unreachable(url, cause);
  });
  return await ask(url, { ...trust, headers: authorization(address) });
}

type Asked = ConnectionOptions & { readonly headers: Record<string, string> };

function ask(url: URL, options: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const send = url.protocol === 'https:' ? requestTls : request;
    const asked = send(url, { ...options, signal }, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > ANSWER_BYTES_MAX) response.destroy(new Error('the answer is too long'));
        else chunks.push(chunk);
      });
      response.on('error', (cause) => reject(unreachable(url, cause)));
      response.on('end', () => {
        const { statusCode: status = 0 } = response;
        if (status === 401) reject(unauthorized(url));
        else resolve({ status, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    asked.on('error', (cause) => reject(unreachable(url, cause)));
    asked.end();
  });
}

export function unreachable(url: URL, cause: Error): AgentError {
  return new AgentError({
    code: 'PVD_ERR_AGENT_UNREACHABLE',
    op: `ask ${url.href}`,
    message: `no agent answers at ${url.origin}: ${cause.message}`,
    hint: 'start one with `pvdscope run`, or give its address: --live http://127.0.0.1:PORT/',
    cause,
  });
}

export function unauthorized(url: URL): AgentError {
  return new AgentError({
    code: 'PVD_ERR_AGENT_TOKEN',
    op: `ask ${url.origin}`,
    message: `the agent at ${url.origin} wants its token`,
    hint: 'give the file that `pvdscope run --token-file` was given',
  });
}

export function foreignServer(url: string, cause?: unknown): AgentError {
  return new AgentError({
    code: 'PVD_ERR_AGENT_ANSWER',
    op: `ask ${url}`,
    message: `what answers at ${url} is no pvdscope agent of this version`,
    hint: 'check the port; `pvdscope run` prints the address it serves',
    ...(cause === undefined ? {} : { cause }),
  });
}
