/** A decision as commands that ask the same again: the kernel, and the model. */

import type { DecisionData } from '../../src/publish/decision-data.ts';
import { ipProtocol } from '../../src/publish/words.ts';

/** `ip -6 route get …` (ip-route(8)); `device` names the interface the query is bound to. */
export function routeGet({ query }: DecisionData, device: string): string {
  const { daddr, saddr, oif, mark, uid, proto, sport, dport } = query;
  const name = ipProtocol(proto);
  const port = name === 'tcp' || name === 'udp';
  const words = [
    `ip -6 route get ${daddr}`,
    saddr === '::' ? '' : `from ${saddr}`,
    oif === 0 ? '' : `oif ${shellWord(device)}`,
    mark === 0 ? '' : `mark ${mark}`,
    uid === null || uid === 0 ? '' : `uid ${uid}`,
    port ? `ipproto ${name}` : '',
    port && sport !== 0 ? `sport ${sport}` : '',
    port && dport !== 0 ? `dport ${dport}` : '',
  ];
  return words.filter(Boolean).join(' ');
}

/** One word of a POSIX shell, whatever the text holds. */
export function shellWord(text: string): string {
  if (/^[\w.@:-]+$/.test(text) && !text.startsWith('-')) return text;
  return `'${text.replace(/'/g, "'\\''")}'`;
}

/** The file of `pvdscope predict --query`. */
export function queryFile({ query, sock }: DecisionData): string {
  const { daddr, saddr, oif, iif, mark, uid, flowinfo, sport, dport, proto, binding } = query;
  const asked = { daddr, saddr, oif, iif, mark, flowinfo, sport, dport, proto };
  return JSON.stringify({
    kind: 'flow',
    ...asked,
    ...(uid === null ? {} : { uid }),
    ...(binding === undefined ? {} : { binding }),
    ...(sock === null ? {} : { sock: { boundDevIf: sock.boundDevIf, srcprefs: sock.srcprefs } }),
  });
}
