/**
 * The multipath hash of a flow: `rt6_multipath_hash()` (net/ipv6/route.c).
 *
 * Its key is a secret of the kernel unless `net.ipv4.fib_multipath_hash_seed` is set
 * (`fib_multipath_hash_construct_key()`): then the hash is known, otherwise it is one of all.
 */

import { PROTO_TCP } from './constants.ts';
import type { Context } from './context.ts';
import { siphash24 } from './siphash.ts';

/** What the sysctls `fib_multipath_hash_*` say. */
export interface HashSettings {
  readonly policy: number;
  /** `FIB_MULTIPATH_HASH_FIELD_*`, for policy 3. */
  readonly fields: number;
  /** 0: a random one. */
  readonly seed: number;
}

/** `FIB_MULTIPATH_HASH_FIELD_*`, the outer ones; tunnels are nothing a local flow has. */
const FIELD_SRC_IP = 0x01;
const FIELD_DST_IP = 0x02;
const FIELD_IP_PROTO = 0x04;
const FIELD_FLOWLABEL = 0x08;
const FIELD_SRC_PORT = 0x10;
const FIELD_DST_PORT = 0x20;
const FIELDS_OUTER = 0x3f;
const FIELDS_DEFAULT = FIELD_SRC_IP | FIELD_DST_IP | FIELD_IP_PROTO;
const FIELDS_L3 = FIELDS_DEFAULT | FIELD_FLOWLABEL;
const FIELDS_L4 = FIELDS_DEFAULT | FIELD_SRC_PORT | FIELD_DST_PORT;

/** Reads the settings from `net.ipv6.*` and `net.ipv4.fib_multipath_hash_seed` by name. */
export function hashSettings(sysctls: ReadonlyMap<string, number>): HashSettings {
  return {
    policy: sysctls.get('fib_multipath_hash_policy') ?? 0,
    fields: sysctls.get('fib_multipath_hash_fields') ?? FIELDS_DEFAULT,
    seed: sysctls.get('fib_multipath_hash_seed') ?? 0,
  };
}

/** `ip6_multipath_hash_policy()`: what of a flow without packet is hashed. */
function fieldsOf({ policy, fields }: HashSettings): number {
  if (policy === 1) return FIELDS_L4;
  // 2 looks into tunnels, which a flow without packet has none of: "Same as case 0".
  return policy === 3 ? fields & FIELDS_OUTER : FIELDS_L3;
}

/** The 31 bits of `fl6->mp_hash` as the kernel computes them; undefined when they cannot be known. */
export function multipathHash(ctx: Context): number | undefined {
  const settings = ctx.state.hashSettings;
  const fields = fieldsOf(settings);
  // rt6_multipath_custom_hash_fl6(): nothing chosen, the hash is 0 whatever the key.
  if (fields === 0) return 0;
  if (settings.seed === 0) return undefined;
  // A packet's own fields are hashed, or those of the packet an ICMPv6 error is about.
  if (ctx.flow.isInput) return undefined;
  // tcp_v6_connect() may have set it from sk_txhash, or make the port up (FLOWI_FLAG_ANY_SPORT).
  if (ctx.sock !== undefined && ctx.flow.proto === PROTO_TCP) return undefined;
  const seed = BigInt(settings.seed >>> 0);
  const key = (seed << 32n) | seed;
  const hash = siphash24(flowKeys(ctx, fields), key, key);
  return Number(hash & 0xffff_ffffn || 1n) >>> 1;
}

/** Offsets in `struct flow_keys` from `basic` on, where hashing starts, and the length hashed. */
const IP_PROTO = 2;
const FLOW_LABEL = 4;
const PORTS = 28;
const ADDRS = 36;
const KEYS_BYTES = 72;

function flowKeys({ flow }: Context, fields: number): DataView {
  const keys = new DataView(new ArrayBuffer(KEYS_BYTES));
  if (fields & FIELD_IP_PROTO) keys.setUint8(IP_PROTO, flow.proto);
  if (fields & FIELD_FLOWLABEL) keys.setUint32(FLOW_LABEL, flow.flowinfo & 0xf_ffff);
  const sport = fields & FIELD_SRC_PORT ? flow.sport : 0;
  const dport = fields & FIELD_DST_PORT ? flow.dport : 0;
  // __flow_hash_consistentify(): both directions of a flow hash alike.
  const swapPorts = hostOrder(dport) < hostOrder(sport);
  keys.setUint16(PORTS, swapPorts ? dport : sport);
  keys.setUint16(PORTS + 2, swapPorts ? sport : dport);
  const word = (at: number): number => {
    const field = at < 4 ? FIELD_DST_IP : FIELD_SRC_IP;
    return fields & field ? (flow.words[at] ?? 0) : 0;
  };
  const swapAddrs = isBelow(word);
  for (let i = 0; i < 4; i++) {
    keys.setUint32(ADDRS + 4 * i, word(swapAddrs ? i : 4 + i));
    keys.setUint32(ADDRS + 16 + 4 * i, word(swapAddrs ? 4 + i : i));
  }
  return keys;
}

/** A port as a little-endian machine compares it. */
function hostOrder(port: number): number {
  return ((port & 0xff) << 8) | (port >>> 8);
}

/** Whether the destination (words 0-3) sorts before the source (4-7). */
function isBelow(word: (at: number) => number): boolean {
  for (let i = 0; i < 4; i++) if (word(i) !== word(4 + i)) return word(i) < word(4 + i);
  return false;
}
