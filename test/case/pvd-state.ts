/**
 * States with PvDs: lines of ip-state.ts and `pvd NAME DEVICE ROUTER [PREFIX…]`, which says
 * that this router announces this PvD with these prefixes on this device. Routes through the
 * router and to its prefixes, and addresses in them, are the PvD's; what several PvDs
 * announce belongs to the last of them, as after their RAs. `unregistered` stands for a state
 * written by hand, which names PvDs only where routes and addresses belong to them. `router ADDR dev DEVICE …` is the
 * default route of a router as RAs make it (RTF_ADDRCONF), which no command can add.
 */

import { parseAddr6 } from '../../src/net/addr6.ts';
import { parsePrefix6, prefixContains } from '../../src/net/prefix6.ts';
import { explicitPvdId, type PvdId } from '../../src/net/pvd-id.ts';
import type { Attribution, Pvd, Snapshot } from '../../src/state/snapshot.ts';
import { stateOf } from './answer.ts';
import { type IpState, indexOf, linesOf, toSnapshot } from './ip-state.ts';

const UNREGISTERED = 'unregistered';
const RTPROT_RA = 9;
const RTF_ADDRCONF = 0x0004_0000;

export interface PvdState {
  readonly snapshot: Snapshot;
  readonly state: IpState;
  /** The lines a kernel can take. */
  readonly lines: readonly string[];
}

/** Sets a state with PvDs up. */
export function pvdStateOf(text: string): PvdState {
  const isPvd = (line: string): boolean => line.startsWith('pvd ');
  const isKernels = (line: string): boolean => !isPvd(line) && line !== UNREGISTERED;
  const all = linesOf(text).map((line) => line.replace(/^router /, 'route add ::/0 proto ra via '));
  const { state, lines } = stateOf(all.filter(isKernels).join('\n'));
  const pvds = new Map<PvdId, Pvd>();
  for (const line of all.filter(isPvd)) addPvd(pvds, state, line.split(/\s+/).slice(1));
  const base = toSnapshot(state);
  const addresses = [...base.addresses].map(([key, a]) => {
    const attribution = owner(pvds, (pvd) =>
      pvd.prefixes.some((p) => p.ifindex === a.ifindex && prefixContains(p.prefix, a.addr)),
    );
    return [key, { ...a, attribution }] as const;
  });
  const routes = [...base.routes].map(([key, r]) => {
    const isOf = (pvd: Pvd): boolean =>
      pvd.routers.some((x) => x.ifindex === r.oif && x.router === r.gateway) ||
      (r.gateway === '::' &&
        pvd.prefixes.some((p) => p.ifindex === r.oif && p.prefix === `${r.dst}/${r.dstLen}`));
    const flags = r.protocol === RTPROT_RA ? r.flags | RTF_ADDRCONF : r.flags;
    return [key, { ...r, flags, attribution: owner(pvds, isOf) }] as const;
  });
  const registry = all.includes(UNREGISTERED) ? new Map() : pvds;
  const tables = { addresses: new Map(addresses), routes: new Map(routes) };
  const snapshot = { ...base, ...tables, pvds: registry };
  return { snapshot, state, lines };
}

function owner(pvds: ReadonlyMap<PvdId, Pvd>, isOf: (pvd: Pvd) => boolean): Attribution {
  const pvd = [...pvds.values()].findLast(isOf)?.id;
  return { pvd, reason: pvd === undefined ? 'static' : 'ra', ra: undefined };
}

function addPvd(pvds: Map<PvdId, Pvd>, state: IpState, words: readonly string[]): void {
  const [name = '', device = '', gateway = '', ...prefixes] = words;
  const id = explicitPvdId(name);
  const ifindex = indexOf(state, device);
  const router = parseAddr6(gateway) ?? assertNever(gateway);
  const known = pvds.get(id);
  pvds.set(id, {
    id,
    kind: 'explicit',
    name,
    routers: [...(known?.routers ?? []), { router, ifindex }],
    prefixes: [
      ...(known?.prefixes ?? []),
      ...prefixes.map((text) => {
        const prefix = parsePrefix6(text) ?? assertNever(text);
        return { prefix, router, ifindex, onLink: true, autonomous: true, nested: false };
      }),
    ],
    routeInfos: [],
    rdnss: [],
    dnssl: [],
  } as unknown as Pvd);
}

function assertNever(text: string): never {
  throw new Error(`not an address or prefix: ${text}`);
}
