// SPDX-License-Identifier: GPL-2.0-only
/* Source address selections: ipv6_dev_get_saddr() and its kin, net/ipv6/addrconf.c. */
#include "decision.bpf.h"

struct selection {
	struct pvd_saddr record;
	struct pvd_pvds bound; /* right behind the record, as it is written */
};

/* Keyed by where the answer goes: no two selections write to one place. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct selection);
} selections SEC(".maps");

static const struct selection no_selection;

/* What is to be told of it; NULL: nothing. */
static __always_inline struct selection *saddr_begin(const struct net *net,
						     struct net_device *dst_dev,
						     struct in6_addr *daddr, unsigned int prefs,
						     struct in6_addr *saddr)
{
	__u64 key = (__u64)saddr, flow_key = pvd_flow_of_daddr(daddr);
	struct lookup_state *lookup;
	struct selection *selection;
	struct pvd_saddr *record;
	struct pvd_flow *flow;

	if (!pvd_watches_decision(pvd_cookie(net)))
		return NULL;
	bpf_map_update_elem(&selections, &key, &no_selection, BPF_ANY);
	selection = bpf_map_lookup_elem(&selections, &key);
	if (!selection)
		return NULL;
	record = &selection->record;
	flow = bpf_map_lookup_elem(&flows, &flow_key);
	/* A rule with FIB_RULE_FIND_SADDR asks within a lookup. */
	lookup = flow ? NULL : bpf_map_lookup_elem(&lookups, &flow_key);
	if (flow     ? !flow->begin_ns
	    : lookup ? !lookup->record.begin_ns
		     : pvd_left_out(PVD_KIND_SADDR, daddr))
		return NULL;
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
	return selection;
}

static __always_inline void saddr_end(enum pvd_hook hook, const struct net *net,
				      struct in6_addr *saddr, int ret)
{
	struct pvd_about about = { PVD_KIND_SADDR, hook, PVD_OP_END, pvd_cookie(net), 0 };
	__u64 key = (__u64)saddr;
	struct selection *selection = bpf_map_lookup_elem(&selections, &key);
	struct pvd_saddr *record;

	if (!selection) {
		if (pvd_watches_decision(about.netns_cookie))
			pvd_unpaired();
		return;
	}
	record = &selection->record;
	pvd_fill_task(&record->task);
	pvd_fill_stamps(&record->end, net);
	record->error = ret;
	if (!ret)
		pvd_copy_addr(record->saddr, saddr);
	if (record->begin_ns)
		pvd_output_bound(record, sizeof(*record), &selection->bound, about);
	bpf_map_delete_elem(&selections, &key);
}

SEC("fentry/ipv6_dev_get_saddr")
int PVD_PROG(ipv6_dev_get_saddr_entry, struct net *net, struct net_device *dst_dev,
	     struct in6_addr *daddr, unsigned int prefs, struct in6_addr *saddr)
{
	pvd_hit(PVD_HOOK_IPV6_DEV_GET_SADDR);
	saddr_begin(net, dst_dev, daddr, prefs, saddr);
	return 0;
}

SEC("fexit/ipv6_dev_get_saddr")
int PVD_PROG(ipv6_dev_get_saddr_exit, struct net *net, struct net_device *dst_dev,
	     struct in6_addr *daddr, unsigned int prefs, struct in6_addr *saddr, int ret)
{
	saddr_end(PVD_HOOK_IPV6_DEV_GET_SADDR, net, saddr, ret);
	return 0;
}

/* Of a kernel with PvDs: for a bound flow, or a route that belongs to a domain. */
SEC("fentry/ipv6_pvd_get_saddr")
int PVD_PROG(ipv6_pvd_get_saddr_entry, struct net *net, struct net_device *dst_dev,
	     struct in6_addr *daddr, unsigned int prefs, struct pvd_set *bound, struct net_pvd *pvd,
	     struct in6_addr *saddr)
{
	struct selection *selection;

	pvd_hit(PVD_HOOK_IPV6_PVD_GET_SADDR);
	selection = saddr_begin(net, dst_dev, daddr, prefs, saddr);
	if (!selection)
		return 0;
	pvd_fill_pvds(&selection->bound, bound);
	if (pvd)
		selection->bound.route = BPF_CORE_READ(pvd, id);
	return 0;
}

SEC("fexit/ipv6_pvd_get_saddr")
int PVD_PROG(ipv6_pvd_get_saddr_exit, struct net *net, struct net_device *dst_dev,
	     struct in6_addr *daddr, unsigned int prefs, struct pvd_set *bound, struct net_pvd *pvd,
	     struct in6_addr *saddr, int ret)
{
	saddr_end(PVD_HOOK_IPV6_PVD_GET_SADDR, net, saddr, ret);
	return 0;
}
