/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netpvd.bpf.h - provisioning domains of a kernel with CONFIG_NET_PVD (kernel/): what is
 * bound to them and what belongs to them. Elsewhere none of it is reached.
 */
#ifndef PVD_NETPVD_BPF_H
#define PVD_NETPVD_BPF_H

#include "emit.bpf.h"

PVD_KERNEL_TYPES_BEGIN
struct net_pvd {
	__u32 id;
	int ifindex;
	struct in6_addr router;
	__u32 flags;
	__u16 seq;
	__u8 delay;
	char name[];
};
struct pvd_set {
	unsigned int num;
	struct net_pvd *pvd[];
};
struct flowi6___pvd {
	struct pvd_set *flowi6_pvd;
};
struct sock___pvd {
	struct pvd_set *sk_pvd;
};
struct inet_timewait_sock___pvd {
	struct pvd_set *tw_pvd;
};
struct fib6_info___pvd {
	struct net_pvd *fib6_pvd;
};
struct inet6_ifaddr___pvd {
	struct pvd_set *pvds;
};
PVD_KERNEL_TYPES_END

/* Whether this kernel has PvDs: a constant when the object is loaded. */
#define pvd_has_netpvd() bpf_core_field_exists(struct inet6_ifaddr___pvd, pvds)

static __always_inline void pvd_fill_pvds(struct pvd_pvds *out, struct pvd_set *set)
{
	const void *slots = (void *)set + bpf_core_field_offset(struct pvd_set, pvd);
	struct net_pvd *pvd;

	if (!set)
		return;
	out->count = BPF_CORE_READ(set, num);
	for (__u32 i = 0; i < PVD_PVDS_MAX; i++) {
		if (i >= out->count)
			break;
		if (!bpf_probe_read_kernel(&pvd, sizeof(pvd), slots + i * sizeof(pvd)))
			out->ids[i] = BPF_CORE_READ(pvd, id);
	}
}

/* A field of ours, NULL where this kernel's series has not got that far. */
#define pvd_read_field(type, ptr, field)                                                           \
	(bpf_core_field_exists(type, field) ? BPF_CORE_READ((type *)(ptr), field) : NULL)

/* What a flow is bound to: as pvd_flow_bound() finds it, but for the kind of destination. */
static __always_inline void pvd_fill_bound(struct pvd_pvds *out, struct flowi6 *fl6,
					   struct sock *sk)
{
	struct pvd_set *set;
	__u8 state;

	if (!pvd_has_netpvd())
		return;
	set = pvd_read_field(struct flowi6___pvd, fl6, flowi6_pvd);
	if (!set && sk) {
		state = BPF_CORE_READ(sk, __sk_common.skc_state);
		if (state == TCP_TIME_WAIT)
			set = pvd_read_field(struct inet_timewait_sock___pvd, sk, tw_pvd);
		else if (state != TCP_NEW_SYN_RECV)
			set = pvd_read_field(struct sock___pvd, sk, sk_pvd);
	}
	pvd_fill_pvds(out, set);
}

/* The domain a route belongs to, 0: none. */
static __always_inline __u32 pvd_of_route(struct fib6_info *rt)
{
	struct net_pvd *pvd;

	if (!pvd_has_netpvd())
		return 0;
	pvd = pvd_read_field(struct fib6_info___pvd, rt, fib6_pvd);
	return pvd ? BPF_CORE_READ(pvd, id) : 0;
}

#endif /* PVD_NETPVD_BPF_H */
