import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScenario } from '../../../agent/lab/scenario-file.ts';
import { planTopology, type Step } from '../../../agent/lab/topology-plan.ts';

function plan(text: string) {
  return planTopology(parseScenario(text, 's.yaml').scenario, (name) => `x-${name}`);
}

/** `NETNS> LINE` of every line. */
function lines(steps: readonly Step[]): string[] {
  return steps.flatMap((step) =>
    step.kind === 'ip'
      ? step.lines.map((l) => `${step.netns ?? ''}> ${l.text}`)
      : step.sysctls.map((s) => `${step.netns}> ${s.file} = ${s.value}`),
  );
}

test('two ends are a veth pair', () => {
  const { namespaces, links, routes } = plan(`name: pair
links: {A: {mtu: 1400}}
namespaces:
  a:
    sysctls: {net.ipv6.conf.default.accept_ra: 0, net/ipv6/conf/all/forwarding: 1}
    interfaces: {eth0: {link: A, addresses: [fd00::1/64]}}
    routes: [default via fd00::2]
    rules: [from fd01::/64 lookup 100]
  b:
    interfaces:
      eth0: {link: A, mac: '02:00:00:00:00:aa', sysctls: {accept_ra: 2, ipv4.rp_filter: 0, neigh.retrans_time_ms: 100}}
`);
  assert.deepEqual(namespaces, ['x-a', 'x-b']);
  assert.deepEqual(lines(links), [
    '> netns add x-a',
    '> netns add x-b',
    'x-a> /proc/sys/net/ipv6/conf/default/accept_ra = 0',
    'x-a> /proc/sys/net/ipv6/conf/all/forwarding = 1',
    'x-a> link set lo up',
    'x-b> link set lo up',
    'x-a> link add eth0 address 02:00:00:00:01:01 mtu 1400 type veth peer name eth0 address 02:00:00:00:00:aa mtu 1400 netns x-b',
    'x-a> address add fd00::1/64 dev eth0',
    'x-a> link set eth0 up',
    'x-b> /proc/sys/net/ipv6/conf/eth0/accept_ra = 2',
    'x-b> /proc/sys/net/ipv4/conf/eth0/rp_filter = 0',
    'x-b> /proc/sys/net/ipv6/neigh/eth0/retrans_time_ms = 100',
    'x-b> link set eth0 up',
  ]);
  assert.deepEqual(lines(routes), [
    'x-a> route add default via fd00::2',
    'x-a> rule add from fd01::/64 lookup 100',
  ]);
});

test('three ends share a bridge in a namespace of its own, without IPv6', () => {
  const text = ['a', 'b', 'c'].map((n) => `  ${n}: {interfaces: {eth0: {link: A}}}\n`).join('');
  const { namespaces, links } = plan(`name: three\nlinks: {A: }\nnamespaces:\n${text}`);
  assert.deepEqual(namespaces, ['x-a', 'x-b', 'x-c', 'x-link-A']);
  const all = lines(links);
  assert.ok(all.includes('x-link-A> /proc/sys/net/ipv6/conf/default/disable_ipv6 = 1'));
  assert.ok(
    all.includes(
      'x-c> link add eth0 address 02:00:00:00:03:01 type veth peer name port2 netns x-link-A',
    ),
  );
  assert.equal(all.filter((l) => /^x-link-A> link set port\d master bridge up$/.test(l)).length, 3);
  // The bridge is there before its ports.
  assert.ok(
    all.findIndex((l) => / link add bridge /.test(l)) < all.findIndex((l) => /port0/.test(l)),
  );
});

test('interfaces of other types, masters, and such as stay down', () => {
  const { links } = plan(`name: vrf
namespaces:
  a:
    interfaces:
      red: {type: vrf table 10}
      lo: {addresses: ['fd00::1/128']}
      d0: {type: dummy, master: red, mac: '02:00:00:00:00:01', up: false}
`);
  assert.deepEqual(lines(links).slice(2), [
    'x-a> link add red type vrf table 10',
    'x-a> link add d0 address 02:00:00:00:00:01 type dummy',
    'x-a> link set red up',
    'x-a> address add fd00::1/128 dev lo',
    'x-a> link set lo up',
    'x-a> link set d0 master red',
  ]);
});

test('a link with one end has a carrier too', () => {
  const { links } = plan(
    'name: one\nlinks: {A: }\nnamespaces: {a: {interfaces: {eth0: {link: A}}}}\n',
  );
  assert.ok(lines(links).includes('x-link-A> link set port0 master bridge up'));
});
