import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { AgentError, EXIT } from '../../../agent/error.ts';
import { actionName } from '../../../agent/lab/scenario.ts';
import { loadScenario, parseScenario } from '../../../agent/lab/scenario-file.ts';

const GOOD = `name: two routers
links: {A: , B: {mtu: 1400}}
namespaces:
  host:
    sysctls: {net.ipv6.conf.all.forwarding: 0}
    interfaces:
      eth0:
        link: A
        sysctls: {accept_ra: 2}
      eth1: {link: B, addresses: ['fd00::1/64 nodad']}
      red: {type: vrf table 10}
    routes: [fd01::/64 via fd00::2]
  ra:
    interfaces: {eth0: {link: A}}
routers:
  r1:
    in: ra
    interface: eth0
    radvd:
      MaxRtrAdvInterval: 4
      prefix 2001:db8::/64: {AdvOnLink: true}
  r2: {in: ra, interface: eth0, pvdscope: {lifetime: 30}, start: false}
processes:
  web: {in: ra, run: [httpd, -p, 8080], ready: {listen: 8080}, within: 500ms}
actions:
  - {in: host, wait: {address: '2001:db8::/64', dev: eth0}, timeout: 1.5s}
  - {in: host, run: ping -c 1 ::1, exit: fail, repeat: 3}
  - {name: last, start: r2}
`;

function faultOf(text: string): string {
  try {
    parseScenario(text, 's.yaml');
  } catch (error) {
    assert.ok(error instanceof AgentError, String(error));
    assert.equal(error.exitCode, EXIT.usage);
    return error.message;
  }
  return 'none';
}

test('a scenario with a bit of everything', () => {
  const { scenario } = parseScenario(GOOD, 's.yaml');
  assert.deepEqual(scenario.links, { A: {}, B: { mtu: 1400 } });
  assert.equal(scenario.namespaces['host']?.sysctls['net.ipv6.conf.all.forwarding'], '0');
  assert.equal(scenario.namespaces['host']?.interfaces['eth1']?.up, true);
  assert.deepEqual(scenario.processes['web']?.run, ['httpd', '-p', '8080']);
  assert.equal(scenario.processes['web']?.readyMs, 500);
  assert.equal(scenario.actions[0]?.timeoutMs, 1500);
  assert.deepEqual(scenario.actions.map(actionName), [
    'host: wait for address 2001:db8::/64 on eth0',
    'host: ping -c 1 ::1',
    'last',
  ]);
});

/** Each replaces one text of {@link GOOD} and says what comes of it, place first. */
const FAULTS: readonly [from: string, to: string, message: RegExp][] = [
  ['name: two routers\n', '', /^s\.yaml:1:1: "name" is missing/],
  ['    routes:', '    route:', /^s\.yaml:12:5: unknown key "route", did you mean "routes"\?/],
  ['link: A\n', 'lnik: A\n', /^s\.yaml:8:9: unknown key "lnik", did you mean "link"\?/],
  ['link: A\n', 'link: AB\n', /^s\.yaml:8:15: there is no link "AB", did you mean "A"\?/],
  ['link: A\n', 'mtu: 1500\n', /^s\.yaml:8:9: unknown key "mtu"/],
  ['        link: A\n', '', /^s\.yaml:8:9: one of link or type is needed/],
  ['link: A\n', 'link: A\n        type: dummy\n', /^s\.yaml:8:9: only one of link or type can be/],
  ['      red: {type: vrf table 10}', '      lo: {type: dummy}', /^s\.yaml:11:11: lo has neither/],
  ['accept_ra: 2', "'accept ra': 2", /^s\.yaml:9:19: a key of net\.ipv6\.conf/],
  ['net.ipv6.conf.all', 'kernel.panic', /^s\.yaml:5:15: a sysctl below net\./],
  ['eth1:', 'a-very-long-interface-name:', /^s\.yaml:10:7: an interface name: up to 15/],
  [
    '    in: ra\n',
    '    in: rb\n',
    /^s\.yaml:17:9: there is no namespace "rb", did you mean "ra"\?/,
  ],
  [
    '    interface: eth0\n',
    '    interface: eth9\n',
    /^s\.yaml:18:16: there is no interface in ra "eth9"/,
  ],
  ['AdvOnLink: true', "AdvOnLink: '}; x {'", /^s\.yaml:\d+:\d+: .*without \{ \} ;/],
  ['pvdscope: {lifetime: 30}, ', '', /^s\.yaml:22:7: one of radvd or pvdscope is needed/],
  [
    'lifetime: 30',
    'lifetme: 30',
    /^s\.yaml:22:\d+: unknown key "lifetme", did you mean "lifetime"/,
  ],
  ['{lifetime: 30}', './no-such.yaml', /^cannot read .*no-such\.yaml/],
  ['listen: 8080', 'listen: 80800', /^s\.yaml:24:57: Too big/],
  ['timeout: 1.5s', 'timeout: 15', /^s\.yaml:26:\d+: .*expected string/],
  ['timeout: 1.5s', 'timeout: 15 s', /^s\.yaml:26:\d+: a duration such as/],
  ["address: '2001:db8::/64'", 'address: host', /^s\.yaml:26:\d+: a prefix such as/],
  ['exit: fail', 'exit: failed', /^s\.yaml:27:\d+: .*"fail"/],
  ['in: host, run', 'run', /^s\.yaml:27:5: in: NAMESPACE is needed/],
  [
    'start: r2}',
    'start: rr2}',
    /^s\.yaml:28:25: there is no router or process "rr2", did you mean "r2"\?/,
  ],
  ['start: r2}', 'start: r2, stop: r2}', /^s\.yaml:28:\d+: only one of run, wait, start or stop/],
  ['start: r2}', 'strat: r2}', /^s\.yaml:28:18: unknown key "strat", did you mean "start"\?/],
  ['processes:\n  web:', 'processes:\n  r1:', /^s\.yaml:16:3: "r1" is a process already/],
  ['  ra:\n', '  host:\n', /^s\.yaml:13:3: Map keys must be unique/],
  ['links: {A', 'links: {A: {', /^s\.yaml:\d+:\d+: /],
];

for (const [from, to, message] of FAULTS) {
  test(`${JSON.stringify(from)} → ${JSON.stringify(to)}`, () => {
    assert.ok(GOOD.includes(from));
    assert.match(faultOf(GOOD.replace(from, to)), message);
  });
}

test('files that are no scenario', () => {
  assert.match(faultOf(''), /^s\.yaml:1:1: /);
  assert.match(faultOf('- a\n'), /^s\.yaml:1:1: .*expected object/);
  assert.match(faultOf('a: *b\n'), /^s\.yaml:1:1: Unresolved alias .*: b$/);
  assert.match(faultOf('a: &a [*a]\n'), /^s\.yaml:/);
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
  for (const [x, y] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) {
    bomb.push(`${y}: &${y} [${Array(10).fill(`*${x}`).join(',')}]`);
  }
  assert.match(faultOf(bomb.join('\n')), /^s\.yaml:1:1: .*alias/i);
  assert.throws(
    () => loadScenario('/no/such.yaml'),
    (e) => e instanceof AgentError && e.code === 'PVD_ERR_YAML_READ',
  );
});

test('further errors are told too', () => {
  const text = GOOD.replace('link: A\n', 'lnik: A\n').replace('    in: ra\n', '    im: ra\n');
  assert.throws(
    () => parseScenario(text, 's.yaml'),
    (e) => e instanceof AgentError && /s\.yaml:17:5: unknown key "im"/.test(e.hint ?? ''),
  );
});

test('whatever is cut out of a scenario, the answer is a scenario or an error with a place', () => {
  fc.assert(
    fc.property(fc.nat(GOOD.length), fc.nat(30), fc.string({ maxLength: 3 }), (at, len, put) => {
      const fault = faultOf(GOOD.slice(0, at) + put + GOOD.slice(at + len));
      assert.match(fault, /^none$|^s\.yaml:\d+:\d+: .|^cannot read /);
    }),
    { numRuns: 500 },
  );
});

test('an inline router configuration keeps its places, unless it cannot stand by itself', () => {
  const { source } = parseScenario(GOOD, 's.yaml');
  const text = source.excerpt(['routers', 'r1', 'radvd']) ?? '';
  assert.equal(text.split('\n')[19], '      MaxRtrAdvInterval: 4');
  assert.equal(source.excerpt(['routers', 'r2', 'pvdscope']), undefined);
  assert.equal(source.excerpt(['routers', 'none']), undefined);
});

test('every scenario of the library is one', () => {
  const dir = path.join(import.meta.dirname, '../../../../test/scenarios');
  const files = readdirSync(dir).filter((name) => name.endsWith('.yaml'));
  assert.ok(files.length > 0);
  for (const name of files) loadScenario(path.join(dir, name));
});
