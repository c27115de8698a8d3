/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ra.bpf.h - the Router Advertisement under way. ndisc_rcv() runs in softirq
 * on one CPU from its entry to its exit, so that is kept per CPU.
 */
#ifndef PVD_RA_BPF_H
#define PVD_RA_BPF_H

#include "filter.bpf.h"
#include "route.bpf.h"

struct ra_state {
	__u64 skb; /* of the RA under way, 0: none */
	__u64 ra_id;
	__u64 cookie;
	__u64 router;  /* fib6_info of its default route */
	__u64 option;  /* fib6_info touched by the option under way */
	__u32 reached; /* PVD_RA_* */
	__u32 drop_reason;
	__s32 hop_limit; /* of the device, which an RA may set */
	__s32 mtu6;
	bool in_option;
	bool told; /* the RA record is written */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ra_state);
} ra_states SEC(".maps") __weak;

/* The RA under way on this CPU, which `skb` must be when given. */
static __always_inline struct ra_state *ra_under_way(struct sk_buff *skb)
{
	__u32 zero = 0;
	struct ra_state *ra = bpf_map_lookup_elem(&ra_states, &zero);

	if (!ra || !ra->skb || (skb && ra->skb != (__u64)skb))
		return NULL;
	return ra;
}

/*
 * The entry an RA touched, once its new preference and expiry are set: those
 * are told to nobody. RCU keeps it readable; without a node it left the tree.
 */
static __always_inline void ra_touched(struct ra_state *ra, __u64 entry, enum pvd_hook hook)
{
	struct pvd_about about = { PVD_KIND_ROUTE, hook, PVD_OP_CHANGE, ra->cookie, 0 };
	struct fib6_info *rt = (struct fib6_info *)entry;

	if (rt && BPF_CORE_READ(rt, fib6_node))
		pvd_emit_route(rt, about, 0);
}

#endif /* PVD_RA_BPF_H */
