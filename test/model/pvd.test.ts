/** Bound flows: two PvDs on one link, under every profile; and the invariants they keep or break. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowPvd } from '../../src/model/binding.ts';
import { createModelState } from '../../src/model/model-state.ts';
import { createModel, predictOn } from '../../src/model/predict.ts';
import { LINUX, LINUX_PVD, NETPVD, type Profile, RFC } from '../../src/model/profile.ts';
import type { FlowQuery, Outcome } from '../../src/model/query.ts';
import { addr6 } from '../../src/net/addr6.ts';
import { prefix6 } from '../../src/net/prefix6.ts';
import type { PvdId } from '../../src/net/pvd-id.ts';
import type { Pvd, Snapshot } from '../../src/state/snapshot.ts';
import { checkInvariants, INVARIANTS } from '../../src/verify/invariants.ts';
import { stateOf } from '../case/answer.ts';
import { toSnapshot } from '../case/ip-state.ts';

const RED = 'red.example' as PvdId;
const BLUE = 'blue.example' as PvdId;
const GREEN = 'green.example' as PvdId;
const OF: Readonly<Record<string, PvdId>> = {
  '2001:db8:1::1': RED,
  '2001:db8:2::1': BLUE,
  'fe80::1': RED,
  'fe80::2': BLUE,
};

/** Router fe80::1 announces RED and 2001:db8:1::/64, fe80::2 BLUE and 2001:db8:2::/64; BLUE came last. */
function snapshot(extra = ''): Snapshot {
  const { state } = stateOf(`
    dev A
    addr add P:1::1/64 dev A
    addr add P:2::1/64 dev A
    route add ::/0 via fe80::1 dev A metric 10
    route add ::/0 via fe80::2 dev A metric 20
    ${extra}`);
  const base = toSnapshot(state);
  const tag = (key: string): { pvd: PvdId | undefined; reason: string; ra: undefined } => ({
    pvd: OF[key],
    reason: 'ra',
    ra: undefined,
  });
  const pvd = (id: PvdId, router: string, prefix: string): Pvd =>
    ({
      id,
      prefixes: [{ prefix: prefix6(prefix), router: addr6(router), ifindex: 3 }],
    }) as unknown as Pvd;
  return {
    ...base,
    addresses: new Map(
      [...base.addresses].map(([k, a]) => [k, { ...a, attribution: tag(a.addr) }]),
    ),
    routes: new Map([...base.routes].map(([k, r]) => [k, { ...r, attribution: tag(r.gateway) }])),
    pvds: new Map([
      [RED, pvd(RED, 'fe80::1', '2001:db8:1::/64')],
      [BLUE, pvd(BLUE, 'fe80::2', '2001:db8:2::/64')],
    ]),
  };
}

function flow(profile: Profile, to: string, binding: FlowQuery['binding'], extra = ''): Outcome {
  const model = createModel(createModelState(snapshot(extra)), profile);
  const query = { kind: 'flow', daddr: addr6(to), fromNs: 0n, toNs: 0n, binding } as const;
  const { outcomes } = predictOn(model, query);
  assert.equal(
    outcomes.length,
    1,
    JSON.stringify(outcomes, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
  );
  return outcomes[0] as Outcome;
}

const FAR = '2001:db8:9::1';

describe('a stock kernel', () => {
  it('sends the newest prefix to the other router: no rule 5.5', () => {
    const { gateway, saddr } = flow(LINUX, FAR, undefined);
    assert.deepEqual([gateway, saddr], ['fe80::1', '2001:db8:2::1']);
  });
  it('does not know what a binding is', () => {
    assert.deepEqual(flow(LINUX, FAR, [BLUE]), flow(LINUX, FAR, undefined));
  });
});

it('a source that the flow brings has its PvD', () => {
  const model = createModel(createModelState(snapshot()), LINUX);
  const base = { kind: 'flow', daddr: addr6(FAR), fromNs: 0n, toNs: 0n } as const;
  const pvdOf = (saddr: string): PvdId | undefined =>
    predictOn(model, { ...base, saddr: addr6(saddr) }).outcomes[0]?.saddrPvd;
  assert.deepEqual(['2001:db8:1::1', '2001:db8:2::1', '2001:db8:3::1'].map(pvdOf), [
    RED,
    BLUE,
    undefined,
  ]);
});

describe('RFC 6724, rule 5.5', () => {
  it('prefers the prefix of the next hop', () => {
    assert.equal(flow(RFC, FAR, undefined).saddr, '2001:db8:1::1');
  });
  it('ranks below rule 3', () => {
    const extra = 'addr del P:1::1/64 dev A\naddr add P:1::1/64 dev A preferred_lft 0';
    assert.equal(flow(RFC, FAR, undefined, extra).saddr, '2001:db8:2::1');
  });
});

for (const profile of [LINUX_PVD, RFC]) {
  describe(`bound flows under ${profile.name}`, () => {
    it('take routes and sources of their PvD', () => {
      for (const [pvd, gateway, saddr] of [
        [RED, 'fe80::1', '2001:db8:1::1'],
        [BLUE, 'fe80::2', '2001:db8:2::1'],
      ] as const) {
        const o = flow(profile, FAR, [pvd]);
        assert.deepEqual([o.gateway, o.saddr, o.routePvd, o.saddrPvd], [gateway, saddr, pvd, pvd]);
      }
    });
    it('find nothing when the PvD does not exist', () => {
      assert.notEqual(flow(profile, FAR, [GREEN]).error, 0);
    });
    it('bound to none are as unbound ones', () => {
      assert.deepEqual(flow(profile, FAR, []), flow(profile, FAR, undefined));
    });
    it('bound to both take the better route', () => {
      assert.equal(flow(profile, FAR, [BLUE, RED]).gateway, 'fe80::1');
    });
    it('reach this host, the link and multicast groups', () => {
      assert.equal(flow(profile, '2001:db8:1::1', [BLUE]).oif, 1);
      assert.equal(flow(profile, '::1', [BLUE]).oif, 1);
      assert.equal(flow(profile, 'ff02::1', [BLUE]).gateway, '::');
      assert.equal(flow(profile, 'fe80::9', [BLUE]).gateway, '::');
    });
  });
}

describe('what a binding names', () => {
  const ask = (state: Snapshot, to: string, pvd: PvdId): number | undefined => {
    const query = { kind: 'flow', daddr: addr6(to), fromNs: 0n, toNs: 0n, binding: [pvd] } as const;
    return predictOn(createModel(createModelState(state), LINUX_PVD), query).outcomes[0]?.error;
  };
  const bare: Snapshot = { ...snapshot(), pvds: new Map() };
  it('is refused when it does not exist, even this host', () => {
    assert.equal(ask(snapshot(), '::1', GREEN), 101);
    assert.equal(ask(snapshot(), '::1', RED), 0);
  });
  it('exists without a registry where a route or an address belongs to it', () => {
    const none = { pvd: undefined, reason: 'static', ra: undefined };
    const routes = new Map([...bare.routes].map(([k, r]) => [k, { ...r, attribution: none }]));
    const addresses = new Map(
      [...bare.addresses].map(([k, a]) => [k, { ...a, attribution: none }]),
    );
    assert.equal(ask({ ...bare, addresses }, '::1', RED), 0);
    assert.equal(ask({ ...bare, routes }, '::1', RED), 0);
    assert.equal(ask({ ...bare, routes, addresses }, '::1', RED), 101);
    assert.equal(ask(bare, '::1', GREEN), 101);
  });
  it('does not exist where the registry has forgotten it', () => {
    const pvds = new Map([...snapshot().pvds].filter(([id]) => id !== RED));
    assert.equal(ask({ ...snapshot(), pvds }, '::1', RED), 101);
  });
  it('is none of what was refused', () => {
    const outcome = flow(LINUX_PVD, FAR, [GREEN]);
    assert.equal(flowPvd(outcome, addr6(FAR), [GREEN]).reason, 'refused');
  });
});

describe('bound flows under the patch of 2018', () => {
  it('leave the host towards their router even for its own addresses', () => {
    assert.equal(flow(NETPVD, '2001:db8:1::1', [BLUE]).gateway, 'fe80::2');
  });
  it('prefer a source of their PvD on the outgoing interface (rule 5)', () => {
    assert.equal(flow(NETPVD, FAR, [RED]).saddr, '2001:db8:1::1');
    assert.equal(flow(NETPVD, FAR, [BLUE]).saddr, '2001:db8:2::1');
    const newer = 'addr add P:3::1/64 dev A';
    assert.equal(flow(NETPVD, FAR, [RED], newer).saddr, '2001:db8:1::1');
    assert.equal(flow(NETPVD, FAR, undefined, newer).saddr, '2001:db8:3::1');
  });
  it('borrow a source when their PvD has only a deprecated one', () => {
    const extra = 'addr del P:2::1/64 dev A\naddr add P:2::1/64 dev A preferred_lft 0';
    const o = flow(NETPVD, FAR, [BLUE], extra);
    assert.deepEqual([o.routePvd, o.saddr], [BLUE, '2001:db8:1::1']);
  });
});

describe('invariants', () => {
  const broken = (
    profile: Profile,
    judge: string,
    to: string,
    binding?: readonly PvdId[],
  ): string[] => {
    const query = { kind: 'flow', daddr: addr6(to), fromNs: 0n, toNs: 0n, binding } as const;
    const outcome = flow(profile, to, binding);
    const observation = { subject: 'decision', query, outcome, snapshot: snapshot() } as const;
    const codes = new Set(checkInvariants(observation, judge).map(({ code }) => code));
    return INVARIANTS.filter(({ code }) => codes.has(code)).map(({ id }) => id);
  };
  it('hold in the profiles that promise them', () => {
    for (const profile of [LINUX, LINUX_PVD, RFC]) {
      const promised = INVARIANTS.filter(({ profiles }) =>
        profiles.some((name) => name === profile.name),
      ).map(({ id }) => id);
      for (const to of [FAR, '2001:db8:1::1', '::1', 'ff02::1', 'fe80::9']) {
        for (const binding of [undefined, [], [RED], [BLUE], [GREEN], [RED, BLUE]]) {
          const kept = broken(profile, profile.name, to, binding).filter((id) =>
            promised.includes(id),
          );
          assert.deepEqual(kept, [], `${profile.name} ${to} ${binding}`);
        }
      }
    }
  });
  it('a stock kernel breaks I1, I2, I3, I6 when a flow is bound', () => {
    assert.deepEqual(broken(LINUX, 'linux', FAR, [GREEN]), ['I1', 'I3', 'I6']);
    assert.deepEqual(broken(LINUX, 'linux', FAR, [RED]), ['I2', 'I3']);
    assert.deepEqual(broken(LINUX, 'linux', FAR, [BLUE]), ['I1']);
  });
  it('a stock kernel breaks I4, rule 5.5', () => {
    assert.deepEqual(broken(LINUX, 'linux', FAR), ['I4']);
  });
  it('the patch of 2018 breaks I41 and I42', () => {
    assert.deepEqual(broken(NETPVD, 'netpvd-4.15', 'ff02::1', [BLUE]).includes('I42'), true);
    assert.deepEqual(broken(NETPVD, 'netpvd-4.15', '2001:db8:1::1', [BLUE]), ['I2', 'I3', 'I41']);
  });
});
