// SPDX-License-Identifier: GPL-2.0-only
/* Source address selections: ipv6_dev_get_saddr(), net/ipv6/addrconf.c. */
#include "decision.bpf.h"

/* Keyed by where the answer goes: no two selections write to one place. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct pvd_saddr);
} selections SEC(".maps");

static const struct pvd_saddr no_selection;

SEC("fentry/ipv6_dev_get_saddr")
int PVD_PROG(ipv6_dev_get_saddr_entry, struct net *net, struct net_device *dst_dev,
	     struct in6_addr *daddr, unsigned int prefs, struct in6_addr *saddr)
{
	__u64 key = (__u64)saddr, flow_key = pvd_flow_of_daddr(daddr);
	struct lookup_state *lookup;
	struct pvd_saddr *record;
	struct pvd_flow *flow;

	pvd_hit(PVD_HOOK_IPV6_DEV_GET_SADDR);
	if (!pvd_watches_decision(pvd_cookie(net)))
		return 0;
	bpf_map_update_elem(&selections, &key, &no_selection, BPF_ANY);
	record = bpf_map_lookup_elem(&selections, &key);
	if (!record)
		return 0;
	flow = bpf_map_lookup_elem(&flows, &flow_key);
	/* A rule with FIB_RULE_FIND_SADDR asks within a lookup. */
	lookup = flow ? NULL : bpf_map_lookup_elem(&lookups, &flow_key);
	if (flow     ? !flow->begin_ns
	    : lookup ? !lookup->record.begin_ns
		     : pvd_left_out(PVD_KIND_SADDR, daddr))
		return 0;
	if (flow) {
		flow->saddrs++;
		record->decision = flow->decision;
		record->sock = flow->sock;
	} else if (lookup) {
		record->decision = lookup->record.decision;
	}
	record->begin_ns = bpf_ktime_get_boot_ns();
	pvd_fill_stamps(&record->begin, net);
	pvd_copy_addr(record->daddr, daddr);
	record->oif = dst_dev ? BPF_CORE_READ(dst_dev, ifindex) : 0;
	record->prefs = prefs;
	return 0;
}

SEC("fexit/ipv6_dev_get_saddr")
int PVD_PROG(ipv6_dev_get_saddr_exit, struct net *net, struct net_device *dst_dev,
	     struct in6_addr *daddr, unsigned int prefs, struct in6_addr *saddr, int ret)
{
	struct pvd_about about = PVD_ABOUT(SADDR, IPV6_DEV_GET_SADDR, END, pvd_cookie(net));
	__u64 key = (__u64)saddr;
	struct pvd_saddr *record = bpf_map_lookup_elem(&selections, &key);

	if (!record) {
		if (pvd_watches_decision(about.netns_cookie))
			pvd_unpaired();
		return 0;
	}
	pvd_fill_task(&record->task);
	pvd_fill_stamps(&record->end, net);
	record->error = ret;
	if (!ret)
		pvd_copy_addr(record->saddr, saddr);
	if (record->begin_ns)
		pvd_output(record, sizeof(*record), about);
	bpf_map_delete_elem(&selections, &key);
	return 0;
}
