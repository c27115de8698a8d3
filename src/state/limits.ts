/**
 * Bounds of the replica, all in one place. What does not fit is refused and counted in
 * `Snapshot.refused` under the name of the bound; what is tracked already stays.
 */

export interface Limits {
  /** Namespaces at a time, and cookies of dead ones remembered. */
  readonly netns: number;
  readonly links: number;
  readonly devconf: number;
  readonly addresses: number;
  readonly routes: number;
  readonly rules: number;
  readonly labels: number;
  readonly neighbours: number;
  readonly nexthops: number;
  readonly sysctls: number;
  /** PvDs of a netns, and of them those first heard on one interface. */
  readonly pvds: number;
  readonly pvdsPerLink: number;
  /** Members of one PvD. */
  readonly pvdRouters: number;
  readonly pvdPrefixes: number;
  readonly pvdRouteInfos: number;
  readonly pvdRdnss: number;
  readonly pvdDnssl: number;
  /** Options of RAs remembered to attribute what the kernel makes of them. */
  readonly evidence: number;
  /** RAs whose outcome is awaited, over all netns: one a CPU is normal. */
  readonly pendingRas: number;
  /** Objects that changed while one dump ran. */
  readonly dumpTouched: number;
}

export const LIMITS: Limits = {
  netns: 4096,
  links: 4096,
  devconf: 4096,
  addresses: 16384,
  routes: 1 << 20,
  rules: 8192,
  labels: 1024,
  neighbours: 32768,
  nexthops: 32768,
  sysctls: 512,
  pvds: 256,
  pvdsPerLink: 64,
  pvdRouters: 16,
  pvdPrefixes: 64,
  pvdRouteInfos: 64,
  pvdRdnss: 16,
  pvdDnssl: 32,
  evidence: 8192,
  pendingRas: 1024,
  dumpTouched: 65536,
};
