/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter.bpf.h - what the agent asked to see. The netns filter holds for every
 * record, the task filters for decisions only: a change matters to all.
 */
#ifndef PVD_FILTER_BPF_H
#define PVD_FILTER_BPF_H

#include "emit.bpf.h"

/* Switches and the agent's own process; set before the load. */
extern const volatile bool filter_netns;
extern const volatile bool filter_tgid;
extern const volatile bool filter_cgroup;
extern const volatile __u32 agent_tgid; /* 0: its decisions are reported too */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64); /* netns cookie */
	__type(value, __u8);
} watched_netns SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} watched_tgids SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* cgroup v2 id */
	__type(value, __u8);
} watched_cgroups SEC(".maps") __weak;

static __always_inline __u64 pvd_cookie(const struct net *net)
{
	return BPF_CORE_READ(net, net_cookie);
}

static __always_inline bool pvd_watches_netns(__u64 cookie)
{
	return !filter_netns || bpf_map_lookup_elem(&watched_netns, &cookie);
}

/*
 * A decision taken in softirq belongs to no task: it passes unless tasks were
 * asked for by name.
 */
static __always_inline bool pvd_watches_task(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u64 cgroup;

	if (!filter_tgid && !filter_cgroup && !agent_tgid)
		return true;
	if (pvd_in_interrupt())
		return !filter_tgid && !filter_cgroup;
	if (agent_tgid && tgid == agent_tgid)
		return false;
	if (filter_tgid && !bpf_map_lookup_elem(&watched_tgids, &tgid))
		return false;
	if (!filter_cgroup)
		return true;
	cgroup = bpf_get_current_cgroup_id();
	return bpf_map_lookup_elem(&watched_cgroups, &cgroup);
}

static __always_inline bool pvd_watches_decision(__u64 cookie)
{
	return pvd_watches_netns(cookie) && pvd_watches_task();
}

#endif /* PVD_FILTER_BPF_H */
