/** What has to be done to build a scenario's topology: pure, in terms of ip(8) and sysctls. */

import type { YamlPath } from '../yaml/source.ts';
import type { Scenario } from './scenario.ts';

export interface PlannedLine {
  readonly text: string;
  /** What of the scenario it comes from. */
  readonly path: YamlPath;
}

export interface PlannedSysctl {
  readonly file: string;
  readonly value: string;
  readonly path: YamlPath;
}

/** Lines of one `ip -batch`, or sysctls; in the namespace of that full name, or in ours. */
export type Step =
  | { readonly kind: 'ip'; readonly netns?: string; readonly lines: readonly PlannedLine[] }
  | { readonly kind: 'sysctl'; readonly netns: string; readonly sysctls: readonly PlannedSysctl[] };

export interface Plan {
  /** Full names of all namespaces, those of bridges included. */
  readonly namespaces: readonly string[];
  /** Up to the links being up. */
  readonly links: readonly Step[];
  /** Routes and rules: for when addresses are no longer tentative. */
  readonly routes: readonly Step[];
}

interface End {
  readonly namespace: string;
  readonly name: string;
  /** `name address MAC mtu N`, as ip(8) takes it. */
  readonly words: string;
  readonly path: YamlPath;
}

const BRIDGE = 'type bridge stp_state 0 forward_delay 0 mcast_snooping 0';

/** `fullName` makes the name of a namespace of this run. */
export function planTopology(scenario: Scenario, fullName: (name: string) => string): Plan {
  const names = Object.keys(scenario.namespaces);
  const bridges = Object.keys(scenario.links)
    .filter((link) => endsOf(scenario, link).length !== 2)
    .map((link) => fullName(bridgeOf(link)));
  const namespaces = [...names.map(fullName), ...bridges];
  const links: Step[] = [
    {
      kind: 'ip',
      lines: namespaces.map((n) => ({ text: `netns add ${n}`, path: ['namespaces'] })),
    },
    ...names.flatMap((name) => namespaceSteps(scenario, name, fullName(name))),
    ...bridges.map((netns) => bridgeStep(netns)),
    ...Object.keys(scenario.links).flatMap((link) => linkSteps(scenario, link, fullName)),
    ...names.flatMap((name) => interfaceSteps(scenario, name, fullName(name))),
  ];
  const routes = names.flatMap((name) => routeSteps(scenario, name, fullName(name)));
  return { namespaces, links: links.filter(isNeeded), routes: routes.filter(isNeeded) };
}

function isNeeded(step: Step): boolean {
  return (step.kind === 'ip' ? step.lines : step.sysctls).length > 0;
}

function bridgeOf(link: string): string {
  return `link-${link}`;
}

/** The interfaces on a link, in the file's order. */
function endsOf(scenario: Scenario, link: string): End[] {
  return Object.entries(scenario.namespaces).flatMap(([namespace, { interfaces }], i) =>
    Object.entries(interfaces).flatMap(([name, port], j): End[] => {
      if (port.link !== link) return [];
      const mtu = scenario.links[link]?.mtu;
      const words = `${name} address ${port.mac ?? defaultMac(i, j)}${mtu ? ` mtu ${mtu}` : ''}`;
      return [{ namespace, name, words, path: ['namespaces', namespace, 'interfaces', name] }];
    }),
  );
}

/** From the places in the file, so that SLAAC gives the same addresses each time. */
function defaultMac(namespaceIndex: number, interfaceIndex: number): string {
  const hex = (n: number) => ((n + 1) & 0xff).toString(16).padStart(2, '0');
  return `02:00:00:00:${hex(namespaceIndex)}:${hex(interfaceIndex)}`;
}

function namespaceSteps(scenario: Scenario, name: string, netns: string): Step[] {
  const path = ['namespaces', name];
  const sysctls = Object.entries(scenario.namespaces[name]?.sysctls ?? {}).map(([key, value]) => ({
    file: `/proc/sys/${key.includes('/') ? key : key.replaceAll('.', '/')}`,
    value,
    path: [...path, 'sysctls', key],
  }));
  return [
    { kind: 'sysctl', netns, sysctls },
    { kind: 'ip', netns, lines: [{ text: 'link set lo up', path }] },
  ];
}

function bridgeStep(netns: string): Step {
  const file = '/proc/sys/net/ipv6/conf/default/disable_ipv6';
  return { kind: 'sysctl', netns, sysctls: [{ file, value: '1', path: ['links'] }] };
}

function linkSteps(scenario: Scenario, link: string, fullName: (name: string) => string): Step[] {
  const ends = endsOf(scenario, link);
  const [a, b] = ends;
  if (ends.length === 2 && a && b) {
    const text = `link add ${a.words} type veth peer name ${b.words} netns ${fullName(b.namespace)}`;
    return [{ kind: 'ip', netns: fullName(a.namespace), lines: [{ text, path: a.path }] }];
  }
  const netns = fullName(bridgeOf(link));
  const mtu = scenario.links[link]?.mtu;
  const port = (i: number) => `port${i}${mtu ? ` mtu ${mtu}` : ''}`;
  const path = ['links', link];
  return [
    { kind: 'ip', netns, lines: [{ text: `link add bridge ${BRIDGE}`, path }] },
    ...ends.map((end, i): Step => {
      const text = `link add ${end.words} type veth peer name ${port(i)} netns ${netns}`;
      return { kind: 'ip', netns: fullName(end.namespace), lines: [{ text, path: end.path }] };
    }),
    {
      kind: 'ip',
      netns,
      lines: [
        { text: 'link set bridge up', path },
        ...ends.map((_, i) => ({ text: `link set port${i} master bridge up`, path })),
      ],
    },
  ];
}

function interfaceSteps(scenario: Scenario, namespace: string, netns: string): Step[] {
  const interfaces = Object.entries(scenario.namespaces[namespace]?.interfaces ?? {});
  const created: PlannedLine[] = [];
  const sysctls: PlannedSysctl[] = [];
  const raised: PlannedLine[] = [];
  for (const [name, port] of interfaces) {
    const path = ['namespaces', namespace, 'interfaces', name];
    if (port.type !== undefined) {
      const mac = port.mac === undefined ? '' : ` address ${port.mac}`;
      created.push({ text: `link add ${name}${mac} type ${port.type}`, path: [...path, 'type'] });
    }
    for (const [key, value] of Object.entries(port.sysctls)) {
      sysctls.push({ file: interfaceSysctl(name, key), value, path: [...path, 'sysctls', key] });
    }
    if (port.master !== undefined) {
      raised.push({ text: `link set ${name} master ${port.master}`, path: [...path, 'master'] });
    }
    port.addresses.forEach((address, i) => {
      raised.push({ text: `address add ${address} dev ${name}`, path: [...path, 'addresses', i] });
    });
    if (port.up) raised.push({ text: `link set ${name} up`, path });
  }
  return [
    { kind: 'ip', netns, lines: created },
    { kind: 'sysctl', netns, sysctls },
    { kind: 'ip', netns, lines: raised },
  ];
}

function interfaceSysctl(name: string, key: string): string {
  const [, kind, last] = /^(?:(ipv4|neigh)[./])?(\w+)$/.exec(key) ?? [];
  if (kind === 'ipv4') return `/proc/sys/net/ipv4/conf/${name}/${last}`;
  return `/proc/sys/net/ipv6/${kind === 'neigh' ? 'neigh' : 'conf'}/${name}/${last}`;
}

function routeSteps(scenario: Scenario, namespace: string, netns: string): Step[] {
  const { routes = [], rules = [] } = scenario.namespaces[namespace] ?? {};
  const path = ['namespaces', namespace];
  const lines = [
    ...routes.map((text, i) => ({ text: `route add ${text}`, path: [...path, 'routes', i] })),
    ...rules.map((text, i) => ({ text: `rule add ${text}`, path: [...path, 'rules', i] })),
  ];
  return [{ kind: 'ip', netns, lines }];
}
