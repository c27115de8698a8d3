/**
 * The whole path on this kernel, once: an RA and a route lookup in two fresh namespaces,
 * and the real probe that is to see both.
 */

import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KIND, LAYOUT } from '../../src/decode/layout.gen.ts';
import { encodeRa } from '../../src/decode/nd/ra.ts';
import { EMPTY_RA_HEADER } from '../../src/decode/nd/ra-header.ts';
import { addr6 } from '../../src/net/addr6.ts';
import { prefix6 } from '../../src/net/prefix6.ts';
import { inNetns, netnsCookieOf } from '../libbpf/libc.ts';
import { openLink } from '../router/link.ts';
import { ipv6Packet } from '../router/packet.ts';
import { openProbe, type Probe } from './probe.ts';

/** The records the self-test waits for. */
export type Waited = 'ra' | 'ra-done' | 'addr' | 'lookup';
const WAITED: Readonly<Record<Waited, number>> = {
  ra: KIND.RA,
  'ra-done': KIND.RA_DONE,
  addr: KIND.ADDR,
  lookup: KIND.LOOKUP,
};

export interface SelfTest {
  readonly ok: boolean;
  /** What of it arrived. */
  readonly seen: Readonly<Record<Waited, boolean>>;
  /** Records lost meanwhile. */
  readonly lost: number;
  /** From the first RA sent until all were seen. */
  readonly tookMs: number;
}

export interface SelfTestRun {
  readonly probe: Probe;
  readonly result: SelfTest;
}

const ROUTER = addr6('fe80::1');
const ALL_NODES = addr6('ff02::1');
const PATIENCE_MS = 10_000;
const AGAIN_MS = 200;
const KIND_AT = LAYOUT.pvd_hdr.kind;
const COOKIE_AT = LAYOUT.pvd_hdr.netns_cookie;

/**
 * Opens a probe, runs the test, and gives both; the caller closes the probe. Leaves no
 * namespace behind. @throws AgentError of `openProbe`; Error when ip(8) fails.
 */
export async function runSelfTest(
  onTrouble: (error: Error) => void,
  onRefused: (program: string, log: string) => void = () => {},
): Promise<SelfTestRun> {
  const seen: Record<Waited, boolean> = { ra: false, 'ra-done': false, addr: false, lookup: false };
  let cookie = 0n;
  const probe = await openProbe({
    ringBytes: 1 << 20,
    keepCapabilities: true,
    onError: onTrouble,
    onRefused,
    onRecord(bytes, offset) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
      if (view.getBigUint64(COOKIE_AT, true) !== cookie) return;
      const kind = view.getUint16(KIND_AT, true);
      for (const name of Object.keys(WAITED) as Waited[]) seen[name] ||= WAITED[name] === kind;
    },
  });
  try {
    probe.start();
    const link = await makeLink();
    try {
      cookie = netnsCookieOf(link.hostFd);
      const tookMs = await provoke(link, () => Object.values(seen).every(Boolean));
      const lost = Object.values(probe.lossByKind()).reduce((sum, n) => sum + n, 0);
      const ok = Object.values(seen).every(Boolean);
      return { probe, result: { ok, seen: { ...seen }, lost, tookMs } };
    } finally {
      link.close();
    }
  } catch (error) {
    probe.close();
    throw error;
  }
}

interface TestLink {
  readonly host: string;
  readonly hostFd: number;
  readonly router: string;
  close(): void;
}

function ip(lines: readonly string[]): void {
  execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n`, stdio: 'pipe' });
}

/** A host `h0` and a router `r0`, each in a namespace of its own. */
async function makeLink(): Promise<TestLink> {
  const host = `pvd-doctor-${process.pid}-h`;
  const router = `pvd-doctor-${process.pid}-r`;
  let hostFd = -1;
  const close = (): void => {
    if (hostFd >= 0) closeSync(hostFd);
    for (const name of [host, router]) {
      try {
        execFileSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
      } catch {
        // It was never made.
      }
    }
  };
  try {
    ip([`netns add ${host}`, `netns add ${router}`]);
    hostFd = openSync(`/run/netns/${host}`, 'r');
    ip([`link add h0 netns ${host} type veth peer name r0 netns ${router}`]);
    inNetns(hostFd, () => {
      writeFileSync('/proc/sys/net/ipv6/conf/h0/accept_ra', '2');
      writeFileSync('/proc/sys/net/ipv6/conf/h0/accept_dad', '0');
    });
    execFileSync('ip', ['-n', host, 'link', 'set', 'h0', 'up']);
    execFileSync('ip', ['-n', router, 'link', 'set', 'r0', 'addrgenmode', 'none', 'up']);
    execFileSync('ip', ['-n', router, 'addr', 'add', `${ROUTER}/64`, 'dev', 'r0', 'nodad']);
    return { host, hostFd, router, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A documentation prefix (RFC 3849) to build an address of, and a default route. */
function testRa(): Uint8Array {
  return encodeRa({
    header: { ...EMPTY_RA_HEADER, hopLimit: 64, lifetimeSec: 60 },
    options: [
      {
        kind: 'pio',
        prefix: prefix6('2001:db8:d0c::/64'),
        onLink: true,
        autonomous: true,
        routerAddress: false,
        pdPreferred: false,
        validSec: 120,
        preferredSec: 60,
      },
    ],
  });
}

/** Sends RAs and looks routes up until all is seen or patience ends; says how long it took. */
async function provoke(link: TestLink, done: () => boolean): Promise<number> {
  const envelope = { saddr: ROUTER, daddr: ALL_NODES, hopLimit: 255, checksum: true };
  const packet = ipv6Packet(testRa(), envelope);
  const router = await openLink('r0', link.router);
  const startMs = performance.now();
  while (!done() && performance.now() - startMs < PATIENCE_MS) {
    try {
      router.socket.send(packet);
      // A failed lookup is a lookup, too.
      execFileSync('ip', ['-n', link.host, '-6', 'route', 'get', '2001:db8::1'], {
        stdio: 'ignore',
      });
    } catch {
      // The link is not up yet, or has no route yet.
    }
    await sleep(AGAIN_MS);
  }
  router.close();
  return performance.now() - startMs;
}
