/** Answers of model and kernel in one form, and what a table says about them. */

import { shownRoutes } from '../../src/model/get-route.ts';
import { type Model, predictOn } from '../../src/model/predict.ts';
import { ANY6, parseAddr6 } from '../../src/net/addr6.ts';
import { type Ask, parseAsk, toQuery } from './ask.ts';
import { applyLine } from './ip-line.ts';
import { createIpState, type Habits, type IpState, linesOf } from './ip-state.ts';

/** `dev` and `via` are undefined for a `udp` question: a socket does not tell its route. */
export interface Plain {
  readonly error: number;
  readonly dev?: string | undefined;
  readonly via?: string | undefined;
  readonly src?: string | undefined;
  /** Of a `dump`. */
  readonly devs?: string | undefined;
}

/** Sets a case up; without `dev` or `vrf` line it has the devices A, B and C. */
export function stateOf(text: string, habits?: Habits): { state: IpState; lines: string[] } {
  let lines = linesOf(text);
  if (!lines.some((line) => /^(dev|vrf) /.test(line))) lines = ['dev A B C', ...lines];
  const state = createIpState(habits);
  for (const line of lines) applyLine(state, line);
  return { state, lines };
}

/** Every answer the model allows. */
export function modelAnswers(model: Model, state: IpState, ask: Ask, waitSec = 0): Plain[] {
  if (ask.kind === 'dump') return [{ error: 0, devs: dumpText(state, ask.daddr) }];
  const nowNs = state.nowNs + BigInt(waitSec) * 1_000_000_000n;
  const query = toQuery(ask, state, nowNs);
  if (query.kind !== 'lookup') {
    const { outcomes } = predictOn(model, query);
    return outcomes.map(({ error, saddr }) => (error === 0 ? { error, src: saddr } : { error }));
  }
  return shownRoutes(model, state, query).map(({ error, ifindex, gateway, src }) => {
    return error === 0
      ? { error, dev: state.links.get(ifindex)?.name, via: gateway, src }
      : { error };
  });
}

/** Devices of a prefix's routes, by metric and then age; those that expire say so. */
function dumpText(state: IpState, prefix: string): string {
  const [dst, len] = prefix.split('/');
  const routes = [...state.routes.values()].filter(
    (r) => r.dst === dst && r.dstLen === Number(len) && r.type !== 5,
  );
  const text = routes
    .sort((a, b) => a.metric - b.metric)
    .map((r) => `${state.links.get(r.oif)?.name}${r.expiresNs === undefined ? '' : ' expires'}`);
  return text.join(' ') || 'none';
}

/** An answer of model-kernel.py. */
export interface KernelAnswer {
  readonly error: number;
  readonly oif?: string;
  readonly gateway?: string;
  readonly src?: string;
  readonly devs?: string;
}

/** The kernel's answer, with the address it invented for `mngtmpaddr` under the model's name. */
export function kernelPlain(state: IpState, answer: KernelAnswer): Plain {
  if (answer.error !== 0) return { error: answer.error };
  if (answer.devs !== undefined) return { error: 0, devs: answer.devs };
  const told = answer.src === undefined ? undefined : (parseAddr6(answer.src) ?? answer.src);
  const known = [...state.addresses.values()].some((a) => a.addr === told);
  const temporary = [...state.addresses.values()].find((a) => a.flags & 1);
  const src = known || told === ANY6 || !temporary ? told : temporary.addr;
  return { error: 0, dev: answer.oif, via: answer.gateway, src };
}

/** Whether an answer is the one a table token names. */
export function matches(state: IpState, answer: Plain, token: string): boolean {
  if (/^\d+$/.test(token)) return answer.error === Number(token);
  if (answer.error !== 0) return false;
  if (answer.devs !== undefined) return answer.devs === token;
  const words = token.split(' ');
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === 'via') {
      if (answer.via !== words[++i]) return false;
    } else if (word === 'src') {
      const want = words[++i];
      const isTemporary = [...state.addresses.values()].some(
        (a) => a.addr === answer.src && a.flags & 1,
      );
      if (want === 'temporary' ? !isTemporary : answer.src !== want) return false;
    } else if (answer.dev !== word) return false;
  }
  return true;
}

export function samePlain(a: Plain, b: Plain): boolean {
  const same = (x: string | undefined, y: string | undefined): boolean =>
    x === undefined || y === undefined || x === y;
  return (
    a.error === b.error &&
    a.devs === b.devs &&
    (a.error !== 0 || (same(a.dev, b.dev) && same(a.via, b.via) && same(a.src, b.src)))
  );
}

/** One line for people. */
export function plainText(answer: Plain): string {
  if (answer.error !== 0) return String(answer.error);
  if (answer.devs !== undefined) return answer.devs;
  const via = answer.via && answer.via !== ANY6 ? ` via ${answer.via}` : '';
  return `${answer.dev ?? ''}${via}${answer.src ? ` src ${answer.src}` : ''}`.trim();
}

export { parseAsk };
