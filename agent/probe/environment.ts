/**
 * Can this kernel be traced by us at all? Each way it cannot is one error with a hint.
 * Everything is tried, nothing concluded from a version.
 */

import { AgentError } from '../error.ts';
import { libbpf } from '../libbpf/abi.ts';
import { attemptFentry } from '../libbpf/attempt.ts';
import { type Btf, type BtfFunc, findFuncs, kernelBtf } from '../libbpf/btf.ts';
import { type Capability, missingCapabilities } from '../libbpf/capability.ts';
import { ERRNO, errnoName } from '../libbpf/errno.ts';

/** Needed to load and attach; CAP_SYS_ADMIN stands in for the first two. */
export const LOAD_CAPABILITIES: readonly Capability[] = ['BPF', 'PERFMON', 'NET_ADMIN'];

/**
 * Kept after the attach: SYS_ADMIN, SYS_PTRACE and DAC_* to find and enter network
 * namespaces, BPF to create iterators and update filters, NET_ADMIN and NET_RAW for what
 * this process does inside those namespaces, KILL and NET_BIND_SERVICE for its children and
 * its server. PERFMON, SYS_MODULE, SYS_RAWIO, SYS_BOOT and the rest are given up.
 */
export const KEPT_CAPABILITIES: readonly Capability[] = [
  'BPF',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'KILL',
  'NET_ADMIN',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SYS_ADMIN',
  'SYS_PTRACE',
];

/** Traced by the attempt; a kernel without it has no IPv6. */
const ATTEMPT_FUNCTION = 'ip6_dst_lookup_flow';

const GUEST = 'run with --kernel debian:6.12 to trace a kernel in a guest';

/**
 * BTF of this kernel, when all that can be told without an attempt is there.
 * @throws AgentError: PVD_ERR_LIBBPF, PVD_ERR_CAPABILITY, PVD_ERR_BTF.
 */
export function requirePrerequisites(btfPath?: string): Btf {
  libbpf();
  requireCapabilities();
  return kernelBtf(btfPath);
}

/**
 * Loads and attaches the smallest tracing program, and undoes it.
 * @throws AgentError: PVD_ERR_NO_IPV6, PVD_ERR_LOCKDOWN, PVD_ERR_MEMLOCK, PVD_ERR_TRACE.
 */
export function requireTracing(btf: Btf): void {
  const func = findFuncs(btf, new Set([ATTEMPT_FUNCTION])).get(ATTEMPT_FUNCTION);
  if (func === undefined) {
    throw new AgentError({
      code: 'PVD_ERR_NO_IPV6',
      op: 'look for IPv6',
      message: `this kernel has no function ${ATTEMPT_FUNCTION}: IPv6 is a module or missing`,
      hint: `load the ipv6 module, or ${GUEST}`,
    });
  }
  requireFentry(func);
}

function requireCapabilities(): void {
  const missing = missingCapabilities(LOAD_CAPABILITIES);
  if (missing.length === 0) return;
  const names = missing.map((name) => `CAP_${name}`).join(', ');
  throw new AgentError({
    code: 'PVD_ERR_CAPABILITY',
    op: 'check capabilities',
    message: `tracing needs ${names}, which this process does not have`,
    hint: 'run as root, or with those capabilities',
  });
}

function requireFentry(func: BtfFunc): void {
  const { step, errno } = attemptFentry(func.id);
  if (errno === 0) return;
  const op = `${step} a tracing program`;
  if (errno === ERRNO.EPERM) {
    throw new AgentError({
      code: 'PVD_ERR_LOCKDOWN',
      op,
      message: 'this kernel refuses tracing programs (EPERM with CAP_BPF present: lockdown?)',
      hint: `${GUEST}; /sys/kernel/security/lockdown shows the mode where there is one`,
    });
  }
  if (errno === ERRNO.ENOMEM) {
    throw new AgentError({
      code: 'PVD_ERR_MEMLOCK',
      op,
      message: 'this kernel has no memory to lock for BPF (ENOMEM)',
      hint: 'raise the limit: ulimit -l unlimited',
    });
  }
  throw new AgentError({
    code: 'PVD_ERR_TRACE',
    op,
    message: `this kernel does not ${op}: ${errnoName(errno)}`,
    hint: `CONFIG_BPF_SYSCALL, CONFIG_FUNCTION_TRACER and CONFIG_DEBUG_INFO_BTF are needed; or ${GUEST}`,
  });
}

/** Whether `openProbe` can work on this kernel, and why not. Takes some 0.1 s, changes nothing. */
export function canTrace(): { readonly ok: boolean; readonly reason: string } {
  try {
    requireTracing(requirePrerequisites());
    return { ok: true, reason: '' };
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return { ok: false, reason: error.message };
  }
}
