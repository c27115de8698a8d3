// SPDX-License-Identifier: GPL-2.0-only
/* Whole decisions of flows: net/ipv6/ip6_output.c. Outermost frame of each. */
#include "decision.bpf.h"

static const struct flow_state no_flow;

static __always_inline void flow_begin(enum pvd_hook hook, const struct net *net, struct sock *sk,
				       struct flowi6 *fl6)
{
	__u64 key = (__u64)fl6;
	struct flow_state *state;
	struct pvd_flow *flow;

	pvd_hit(hook);
	if (!pvd_watches_decision(pvd_cookie(net)))
		return;
	bpf_map_update_elem(&flows, &key, &no_flow, BPF_ANY);
	state = bpf_map_lookup_elem(&flows, &key);
	if (!state || pvd_left_out(PVD_KIND_FLOW, pvd_daddr_of(fl6)))
		return;
	flow = &state->record;
	flow->decision = pvd_new_id();
	flow->begin_ns = bpf_ktime_get_boot_ns();
	pvd_fill_sock(&flow->sock, sk);
	pvd_fill_flow6(&flow->query, fl6);
	pvd_fill_bound(&state->bound, fl6, sk);
}

static __always_inline void flow_end(enum pvd_hook hook, const struct net *net, struct flowi6 *fl6,
				     struct dst_entry *dst, __s32 error)
{
	struct pvd_about about = { PVD_KIND_FLOW, hook, PVD_OP_END, pvd_cookie(net), 0 };
	struct rt6_info *rt = (struct rt6_info *)dst;
	__u64 key = (__u64)fl6;
	struct flow_state *state = bpf_map_lookup_elem(&flows, &key);
	struct pvd_flow *flow;

	if (!state) {
		if (pvd_watches_decision(about.netns_cookie))
			pvd_unpaired();
		return;
	}
	flow = &state->record;
	pvd_fill_task(&flow->task);
	BPF_CORE_READ_INTO(&flow->daddr, fl6, daddr);
	BPF_CORE_READ_INTO(&flow->saddr, fl6, saddr);
	flow->mp_hash = BPF_CORE_READ(fl6, mp_hash);
	flow->error = error;
	if (!error && dst) {
		flow->oif = BPF_CORE_READ(dst, dev, ifindex);
		BPF_CORE_READ_INTO(&flow->gateway, rt, rt6i_gateway);
	}
	if (flow->begin_ns)
		pvd_output_bound(flow, sizeof(*flow), &state->bound, about);
	bpf_map_delete_elem(&flows, &key);
}

SEC("fentry/ip6_dst_lookup_flow")
int PVD_PROG(ip6_dst_lookup_flow_entry, struct net *net, struct sock *sk, struct flowi6 *fl6)
{
	flow_begin(PVD_HOOK_IP6_DST_LOOKUP_FLOW, net, sk, fl6);
	return 0;
}

SEC("fexit/ip6_dst_lookup_flow")
int PVD_PROG(ip6_dst_lookup_flow_exit, struct net *net, struct sock *sk, struct flowi6 *fl6,
	     const struct in6_addr *final_dst, struct dst_entry *dst)
{
	__s32 error = pvd_is_err(dst) ? (__s32)(long)dst : 0;

	flow_end(PVD_HOOK_IP6_DST_LOOKUP_FLOW, net, fl6, dst, error);
	return 0;
}

SEC("fentry/ip6_dst_lookup")
int PVD_PROG(ip6_dst_lookup_entry, struct net *net, struct sock *sk, struct dst_entry **dst,
	     struct flowi6 *fl6)
{
	flow_begin(PVD_HOOK_IP6_DST_LOOKUP, net, sk, fl6);
	return 0;
}

/* The verifier lets a pointer to a pointer be asked for, not named. */
SEC("fexit/ip6_dst_lookup")
int PVD_PROG(ip6_dst_lookup_exit, struct net *net)
{
	__u64 dst = 0, fl6 = 0, ret = 0;
	struct dst_entry *found = NULL;

	bpf_get_func_arg(ctx, 2, &dst);
	bpf_get_func_arg(ctx, 3, &fl6);
	bpf_get_func_ret(ctx, &ret);
	bpf_probe_read_kernel(&found, sizeof(found), (void *)dst);
	flow_end(PVD_HOOK_IP6_DST_LOOKUP, net, (struct flowi6 *)fl6, found, ret);
	return 0;
}
