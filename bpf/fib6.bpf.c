// SPDX-License-Identifier: GPL-2.0-only
/*
 * Route lookups for output: ip6_route_output_flags() from its entry to its exit,
 * with the rules and tables tried in between (net/ipv6/route.c, fib6_rules.c).
 */
#include "decision.bpf.h"
#include "route.bpf.h"
#include "rule.bpf.h"

PVD_KERNEL_TYPES_BEGIN
struct fib6_result {
	struct fib6_nh *nh;
	struct fib6_info *f6i;
};
PVD_KERNEL_TYPES_END

static const struct lookup_state no_lookup;

SEC("fentry/ip6_route_output_flags")
int PVD_PROG(ip6_route_output_flags_entry, struct net *net, struct sock *sk, struct flowi6 *fl6,
	     int flags)
{
	__u64 key = (__u64)fl6;
	struct pvd_lookup *record;
	struct lookup_state *state;
	struct pvd_flow *flow;

	pvd_hit(PVD_HOOK_IP6_ROUTE_OUTPUT_FLAGS);
	if (!pvd_watches_decision(pvd_cookie(net)))
		return 0;
	bpf_map_update_elem(&lookups, &key, &no_lookup, BPF_ANY);
	state = bpf_map_lookup_elem(&lookups, &key);
	if (!state)
		return 0;
	state->rule_pref = PVD_NO_RULE;
	record = &state->record;
	flow = bpf_map_lookup_elem(&flows, &key);
	if (flow ? !flow->begin_ns : pvd_left_out(PVD_KIND_LOOKUP, pvd_daddr_of(fl6)))
		return 0;
	if (flow) {
		flow->lookups++;
		record->decision = flow->decision;
		record->what = PVD_LOOKUP_IN_FLOW;
	} else {
		record->decision = pvd_new_id();
	}
	record->begin_ns = bpf_ktime_get_boot_ns();
	record->lookup_flags = flags;
	pvd_fill_sock(&record->sock, sk);
	pvd_fill_flow6(&record->query, fl6);
	pvd_fill_bound(&state->bound, fl6, sk);
	pvd_fill_stamps(&record->begin, net);
	return 0;
}

/* Only called while the netns has rules of its own; a flowi is its flowi6. */
SEC("fentry/fib6_rule_action")
int PVD_PROG(fib6_rule_action_entry, struct fib_rule *rule, struct flowi *flp)
{
	__u64 key = (__u64)flp;
	struct lookup_state *state = bpf_map_lookup_elem(&lookups, &key);

	pvd_hit(PVD_HOOK_FIB6_RULE_ACTION);
	if (state)
		state->rule_pref = BPF_CORE_READ(rule, pref);
	return 0;
}

/* One table was tried; its result is not yet spread over the nexthops. */
SEC("tp_btf/fib6_table_lookup")
int PVD_PROG(fib6_table_lookup_tp, const struct net *net, struct fib6_result *res,
	     struct fib6_table *table, struct flowi6 *flp)
{
	__u64 key = (__u64)flp;
	struct lookup_state *state = bpf_map_lookup_elem(&lookups, &key);
	struct fib6_info *rt;
	__u32 n;

	pvd_hit(PVD_HOOK_FIB6_TABLE_LOOKUP);
	if (!state)
		return 0;
	/* What the table before this one gave was refused. */
	if (state->record.what & PVD_LOOKUP_HAS_ENTRY)
		__builtin_memset(&state->record.entry, 0, sizeof(state->record.entry));
	state->record.what &= PVD_LOOKUP_IN_FLOW;
	n = state->record.tries_count++;
	if (n >= PVD_TRIES_MAX)
		return 0;
	rt = BPF_CORE_READ(res, f6i);
	if (rt != BPF_CORE_READ(net, ipv6.fib6_null_entry))
		state->record.tries[n].id = (__u64)rt;
	state->record.tries[n].table = BPF_CORE_READ(table, tb6_id);
	state->record.tries[n].rule_pref = state->rule_pref;
	return 0;
}

/* Right after fib6_select_path(): the entry and nexthop that will be used. */
SEC("fentry/rt6_find_cached_rt")
int PVD_PROG(rt6_find_cached_rt_entry, struct fib6_result *res, struct in6_addr *daddr)
{
	__u64 key = pvd_flow_of_daddr(daddr);
	struct lookup_state *state = bpf_map_lookup_elem(&lookups, &key);

	pvd_hit(PVD_HOOK_RT6_FIND_CACHED_RT);
	if (!state)
		return 0;
	pvd_fill_fib6(&state->record.entry, BPF_CORE_READ(res, f6i), BPF_CORE_READ(res, nh));
	state->record.what |= PVD_LOOKUP_HAS_ENTRY;
	return 0;
}

SEC("fexit/rt6_find_cached_rt")
int PVD_PROG(rt6_find_cached_rt_exit, struct fib6_result *res, struct in6_addr *daddr,
	     struct in6_addr *saddr, struct rt6_info *exception)
{
	__u64 key = pvd_flow_of_daddr(daddr);
	struct lookup_state *state;

	if (!exception)
		return 0;
	state = bpf_map_lookup_elem(&lookups, &key);
	if (state)
		state->record.what |= PVD_LOOKUP_EXCEPTION;
	return 0;
}

SEC("fexit/ip6_route_output_flags")
int PVD_PROG(ip6_route_output_flags_exit, struct net *net, struct sock *sk, struct flowi6 *fl6,
	     int flags, struct dst_entry *dst)
{
	struct pvd_about about = PVD_ABOUT(LOOKUP, IP6_ROUTE_OUTPUT_FLAGS, END, pvd_cookie(net));
	struct rt6_info *rt = (struct rt6_info *)dst;
	__u64 key = (__u64)fl6;
	struct lookup_state *state = bpf_map_lookup_elem(&lookups, &key);
	struct pvd_lookup *record;

	if (!state) {
		if (pvd_watches_decision(about.netns_cookie))
			pvd_unpaired();
		return 0;
	}
	record = &state->record;
	pvd_fill_task(&record->task);
	pvd_fill_stamps(&record->end, net);
	record->mp_hash = BPF_CORE_READ(fl6, mp_hash);
	if (dst) {
		record->error = BPF_CORE_READ(dst, error);
		record->oif = BPF_CORE_READ(dst, dev, ifindex);
		record->rt_flags = BPF_CORE_READ(rt, rt6i_flags);
		BPF_CORE_READ_INTO(&record->gateway, rt, rt6i_gateway);
	}
	if (record->tries_count > PVD_TRIES_MAX)
		about.flags = PVD_F_TRUNCATED;
	if (record->begin_ns)
		pvd_output_bound(record, sizeof(*record), &state->bound, about);
	bpf_map_delete_elem(&lookups, &key);
	return 0;
}
