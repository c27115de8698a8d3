/** Structs shared by the records of decisions: task, socket, flow, stamps. */

import type { Flow6, SockRef, Stamps, Task } from '../event.ts';
import { LAYOUT } from '../layout.gen.ts';
import { readAddr6, readName } from './read.ts';
import { writeAddr6, writeText } from './write.ts';

const TASK = LAYOUT.pvd_task;
const SOCK = LAYOUT.pvd_sock;
const FLOW = LAYOUT.pvd_flow6;
const STAMPS = LAYOUT.pvd_stamps;

export function readTask(view: DataView, at: number): Task {
  return {
    pid: view.getUint32(at + TASK.pid, true),
    tgid: view.getUint32(at + TASK.tgid, true),
    comm: readName(view, at + TASK.comm),
    cgroupId: view.getBigUint64(at + TASK.cgroup_id, true),
  };
}

export function writeTask(view: DataView, at: number, task: Task): void {
  view.setUint32(at + TASK.pid, task.pid, true);
  view.setUint32(at + TASK.tgid, task.tgid, true);
  writeText(view, at + TASK.comm, 16, task.comm);
  view.setBigUint64(at + TASK.cgroup_id, task.cgroupId, true);
}

/** Undefined when the decision is for no socket. */
export function readSock(view: DataView, at: number): SockRef | undefined {
  const cookie = view.getBigUint64(at + SOCK.cookie, true);
  if (cookie === 0n) return undefined;
  return {
    cookie,
    mark: view.getUint32(at + SOCK.mark, true),
    boundDevIf: view.getInt32(at + SOCK.bound_dev_if, true),
    family: view.getUint16(at + SOCK.family, true),
    type: view.getUint16(at + SOCK.type, true),
    protocol: view.getUint16(at + SOCK.protocol, true),
    state: view.getUint8(at + SOCK.state),
    srcprefs: view.getUint8(at + SOCK.srcprefs),
  };
}

export function writeSock(view: DataView, at: number, sock: SockRef | undefined): void {
  if (!sock) return;
  view.setBigUint64(at + SOCK.cookie, sock.cookie, true);
  view.setUint32(at + SOCK.mark, sock.mark, true);
  view.setInt32(at + SOCK.bound_dev_if, sock.boundDevIf, true);
  view.setUint16(at + SOCK.family, sock.family, true);
  view.setUint16(at + SOCK.type, sock.type, true);
  view.setUint16(at + SOCK.protocol, sock.protocol, true);
  view.setUint8(at + SOCK.state, sock.state);
  view.setUint8(at + SOCK.srcprefs, sock.srcprefs);
}

export function readFlow6(view: DataView, at: number): Flow6 {
  return {
    daddr: readAddr6(view, at + FLOW.daddr),
    saddr: readAddr6(view, at + FLOW.saddr),
    oif: view.getInt32(at + FLOW.oif, true),
    iif: view.getInt32(at + FLOW.iif, true),
    l3mdev: view.getInt32(at + FLOW.l3mdev, true),
    mark: view.getUint32(at + FLOW.mark, true),
    uid: view.getUint32(at + FLOW.uid, true),
    flowinfo: view.getUint32(at + FLOW.flowinfo, true),
    sport: view.getUint16(at + FLOW.sport, true),
    dport: view.getUint16(at + FLOW.dport, true),
    proto: view.getUint8(at + FLOW.proto),
    flowFlags: view.getUint8(at + FLOW.flow_flags),
  };
}

export function writeFlow6(view: DataView, at: number, flow: Flow6): void {
  writeAddr6(view, at + FLOW.daddr, flow.daddr);
  writeAddr6(view, at + FLOW.saddr, flow.saddr);
  view.setInt32(at + FLOW.oif, flow.oif, true);
  view.setInt32(at + FLOW.iif, flow.iif, true);
  view.setInt32(at + FLOW.l3mdev, flow.l3mdev, true);
  view.setUint32(at + FLOW.mark, flow.mark, true);
  view.setUint32(at + FLOW.uid, flow.uid, true);
  view.setUint32(at + FLOW.flowinfo, flow.flowinfo, true);
  view.setUint16(at + FLOW.sport, flow.sport, true);
  view.setUint16(at + FLOW.dport, flow.dport, true);
  view.setUint8(at + FLOW.proto, flow.proto);
  view.setUint8(at + FLOW.flow_flags, flow.flowFlags);
}

export function readStamps(view: DataView, at: number): Stamps {
  return {
    fib6Sernum: view.getUint32(at + STAMPS.fib6_sernum, true),
    addrGenid: view.getUint32(at + STAMPS.addr_genid, true),
    devBaseSeq: view.getUint32(at + STAMPS.dev_base_seq, true),
    rtEntries: view.getUint32(at + STAMPS.rt_entries, true),
    rtCache: view.getUint32(at + STAMPS.rt_cache, true),
    allForwarding: view.getInt32(at + STAMPS.all_forwarding, true),
  };
}

export function writeStamps(view: DataView, at: number, stamps: Stamps): void {
  view.setUint32(at + STAMPS.fib6_sernum, stamps.fib6Sernum, true);
  view.setUint32(at + STAMPS.addr_genid, stamps.addrGenid, true);
  view.setUint32(at + STAMPS.dev_base_seq, stamps.devBaseSeq, true);
  view.setUint32(at + STAMPS.rt_entries, stamps.rtEntries, true);
  view.setUint32(at + STAMPS.rt_cache, stamps.rtCache, true);
  view.setInt32(at + STAMPS.all_forwarding, stamps.allForwarding, true);
}
