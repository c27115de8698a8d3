/** Whether the kernel has rule 5.5 of RFC 6724: two routers on one link, and their prefixes. */

import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRa } from '../../src/decode/nd/ra.ts';
import { EMPTY_RA_HEADER } from '../../src/decode/nd/ra-header.ts';
import type { Quirks } from '../../src/model/profile.ts';
import { addr6 } from '../../src/net/addr6.ts';
import { prefix6 } from '../../src/net/prefix6.ts';
import { inNetns } from '../libbpf/libc.ts';
import { linkAddress } from '../libbpf/link-address.ts';
import { openNdSocket } from '../libbpf/nd-socket.ts';
import { ipv6Packet } from '../router/packet.ts';
import { answersOf } from './fresh-netns.ts';

const PATIENCE_MS = 3000;
const POLL_MS = 25;
const LINES = [
  'link add H type veth peer name R',
  'link set R addrgenmode none',
  'link set R up',
  'link set H up',
  'addr add fe80::1/64 dev R nodad',
  'addr add fe80::2/64 dev R nodad',
  'route add 2001:db8:a::/48 via fe80::1 dev H',
  'route add 2001:db8:b::/48 via fe80::2 dev H',
];
/** On either link prefix, then behind either router: for these the other rules tie. */
const QUESTIONS = ['2001:db8:1::5', '2001:db8:2::5', '2001:db8:a::1', '2001:db8:b::1'];
/** Read before the devices come up. */
const SETTINGS = {
  accept_dad: '0',
  accept_ra: '2',
  // Router and host share the namespace.
  accept_ra_from_local: '1',
};

/** Absent when it could not be found out. */
export async function nextHopRule(): Promise<Pick<Partial<Quirks>, 'nextHopRule'>> {
  // The namespace is there as long as this process waits for its stdin.
  const keeper = spawn('unshare', ['-n', 'sh', '-c', 'echo; read x'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  keeper.stdin.on('error', () => {});
  const ended = new Promise<false>((resolve) => {
    keeper.on('error', () => resolve(false)).on('close', () => resolve(false));
  });
  const started = new Promise<true>((resolve) => {
    keeper.stdout.once('data', () => resolve(true));
  });
  const isThere = await Promise.race([started, ended]);
  if (!isThere) return {};
  try {
    const netnsFd = openSync(`/proc/${keeper.pid}/ns/net`, 'r');
    try {
      return await ask(netnsFd);
    } finally {
      closeSync(netnsFd);
    }
  } catch {
    return {};
  } finally {
    keeper.stdin.end();
    await ended;
  }
}

async function ask(netnsFd: number): Promise<Pick<Partial<Quirks>, 'nextHopRule'>> {
  inNetns(netnsFd, () => {
    for (const [name, value] of Object.entries(SETTINGS))
      writeFileSync(`/proc/sys/net/ipv6/conf/default/${name}`, value);
    execFileSync('ip', ['-batch', '-'], { input: `${LINES.join('\n')}\n`, stdio: 'pipe' });
  });
  const router = inNetns(netnsFd, () => openNdSocket('R', linkAddress('R')?.ifindex ?? 0));
  try {
    for (const startMs = performance.now(); performance.now() - startMs < PATIENCE_MS; ) {
      router.send(routerAdvertisement('fe80::1', '2001:db8:1::/64'));
      router.send(routerAdvertisement('fe80::2', '2001:db8:2::/64'));
      await sleep(POLL_MS);
      const [first, second, a, b] = inNetns(netnsFd, sources);
      // Both prefixes must have given an address before the question means anything.
      if (first !== 1 || second !== 2) continue;
      return { nextHopRule: a === 1 && b === 2 };
    }
  } finally {
    router.close();
  }
  return {};
}

/** By destination: which of the prefixes the source is of. */
function sources(): (number | undefined)[] {
  try {
    const input = QUESTIONS.map((daddr) => `route get ${daddr}\n`).join('');
    const text = execFileSync('ip', ['-j', '-batch', '-'], {
      input,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return answersOf(text).map(({ prefsrc = '' }) =>
      prefsrc.startsWith('2001:db8:1:') ? 1 : prefsrc.startsWith('2001:db8:2:') ? 2 : undefined,
    );
  } catch {
    return []; // The link is not up yet.
  }
}

function routerAdvertisement(saddr: string, prefix: string): Uint8Array {
  const message = encodeRa({
    header: { ...EMPTY_RA_HEADER, hopLimit: 64, lifetimeSec: 60 },
    options: [
      {
        kind: 'pio',
        prefix: prefix6(prefix),
        onLink: true,
        autonomous: true,
        routerAddress: false,
        pdPreferred: false,
        validSec: 120,
        preferredSec: 60,
      },
    ],
  });
  const envelope = { saddr: addr6(saddr), daddr: addr6('ff02::1'), hopLimit: 255, checksum: true };
  return ipv6Packet(message, envelope);
}
