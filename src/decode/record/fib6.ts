/** `struct pvd_fib6`: a FIB entry inside a record. */

import { ANY6 } from '../../net/addr6.ts';
import type { Fib6Entry } from '../event.ts';
import { LAYOUT } from '../layout.gen.ts';
import { readAddr6 } from './read.ts';
import { writeAddr6 } from './write.ts';

const S = LAYOUT.pvd_fib6;
const AF_INET6 = 10;

export function readFib6(view: DataView, at: number): Fib6Entry {
  const expiresNs = view.getBigUint64(at + S.expires_ns, true);
  return {
    expiresNs: expiresNs === 0n ? undefined : expiresNs,
    id: view.getBigUint64(at + S.id, true),
    dst: readAddr6(view, at + S.dst),
    dstLen: view.getUint8(at + S.dst_len),
    src: readAddr6(view, at + S.src),
    srcLen: view.getUint8(at + S.src_len),
    prefsrc: readAddr6(view, at + S.prefsrc),
    gateway: readAddr6(view, at + S.gateway),
    table: view.getUint32(at + S.table, true),
    metric: view.getUint32(at + S.metric, true),
    flags: view.getUint32(at + S.flags, true),
    nhId: view.getUint32(at + S.nh_id, true),
    oif: view.getInt32(at + S.oif, true),
    weight: view.getInt32(at + S.weight, true),
    upperBound: view.getInt32(at + S.upper_bound, true),
    siblings: view.getUint32(at + S.siblings, true),
    type: view.getUint8(at + S.type),
    protocol: view.getUint8(at + S.protocol),
    nhFlags: view.getUint16(at + S.nh_flags, true),
  };
}

export function writeFib6(view: DataView, at: number, entry: Fib6Entry): void {
  view.setBigUint64(at + S.expires_ns, entry.expiresNs ?? 0n, true);
  view.setUint16(at + S.gateway_family, entry.gateway === ANY6 ? 0 : AF_INET6, true);
  view.setBigUint64(at + S.id, entry.id, true);
  writeAddr6(view, at + S.dst, entry.dst);
  view.setUint8(at + S.dst_len, entry.dstLen);
  writeAddr6(view, at + S.src, entry.src);
  view.setUint8(at + S.src_len, entry.srcLen);
  writeAddr6(view, at + S.prefsrc, entry.prefsrc);
  writeAddr6(view, at + S.gateway, entry.gateway);
  view.setUint32(at + S.table, entry.table, true);
  view.setUint32(at + S.metric, entry.metric, true);
  view.setUint32(at + S.flags, entry.flags, true);
  view.setUint32(at + S.nh_id, entry.nhId, true);
  view.setInt32(at + S.oif, entry.oif, true);
  view.setInt32(at + S.weight, entry.weight, true);
  view.setInt32(at + S.upper_bound, entry.upperBound, true);
  view.setUint32(at + S.siblings, entry.siblings, true);
  view.setUint8(at + S.type, entry.type);
  view.setUint8(at + S.protocol, entry.protocol);
  view.setUint16(at + S.nh_flags, entry.nhFlags, true);
}
