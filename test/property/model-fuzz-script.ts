/** A difference as a shell script for whoever wants to see it: `unshare -n sh SCRIPT`. */

import type { Difference } from './model-fuzz-run.ts';

/** The commands of a difference's state and question; what has no command stays as a comment. */
export function reproducer(d: Difference): string {
  const lines = d.lines.flatMap(commands);
  return [
    '#!/bin/sh -e',
    '# unshare -n sh THIS',
    'for s in all default; do',
    '  sysctl -qw net.ipv6.conf.$s.accept_dad=0 net.ipv6.conf.$s.addr_gen_mode=1',
    'done',
    'ip link set lo up',
    ...lines,
    `# ${d.question}`,
    ...ask(d.question),
    `# the kernel said: ${d.kernel}`,
    `# the model allows: ${d.model}`,
    '',
  ].join('\n');
}

function commands(line: string): string[] {
  const [object = '', ...rest] = line.split(' ');
  if (object === 'dev') return rest.flatMap((name) => veth(name, ''));
  if (object === 'vrf') {
    const [name = '', table = '', ...slaves] = rest;
    return [
      `ip link add ${name} type vrf table ${table}; ip link set ${name} up`,
      ...slaves.flatMap((slave) => veth(slave, `ip link set ${slave} master ${name}`)),
    ];
  }
  if (object === 'sysctl') return [`sysctl -qw ${rest.join(' ')}`];
  if (object === 'carrier') return [`ip link set p${rest[0]} ${rest[1] === 'on' ? 'up' : 'down'}`];
  if (object === 'wait') return [`sleep ${rest[0]}`];
  if (object === 'addr' && !/ (tentative|optimistic)/.test(line)) return [`ip -6 ${line} nodad`];
  if (object === 'addr') return [`ip -6 ${line.replace(' tentative', '')}`];
  if (object === 'neigh') return [`ip -6 ${line.replace('neigh add', 'neigh replace')}`];
  if (object === 'route') return [`ip -6 ${line.replace('route add', 'route append')}`];
  if (object === 'nexthop' && / group /.test(line)) return [`ip ${line}`];
  return /^(link|rule|nexthop|addrlabel)$/.test(object) ? [`ip -6 ${line}`] : [`# ${line}`];
}

function veth(word: string, more: string): string[] {
  const name = word.replace(/=.*/, '');
  const mac = name.toLowerCase().charCodeAt(0).toString(16);
  return [
    `ip link add ${name} type veth peer name p${name}`,
    ...(more === '' ? [] : [more]),
    `sysctl -qw net.ipv6.conf.p${name}.disable_ipv6=1`,
    `ip link set p${name} up; ip link set ${name} up; sleep 0.2`,
    `ip -6 addr add fe80::${mac}/64 dev ${name} nodad`,
  ];
}

function ask(question: string): string[] {
  const [kind, ...rest] = question.split(' ');
  if (kind === 'get') return [`ip -6 route get ${rest.join(' ')}`];
  return [`# connect a ${kind} socket to ${rest[0]} and ask getsockname()`];
}
