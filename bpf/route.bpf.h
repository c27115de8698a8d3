/* SPDX-License-Identifier: GPL-2.0-only */
/* route.bpf.h - struct fib6_info as a record holds it. */
#ifndef PVD_ROUTE_BPF_H
#define PVD_ROUTE_BPF_H

#include "netpvd.bpf.h"

#define RTF_EXPIRES 0x00400000

static __always_inline bool pvd_has_nh_object(struct fib6_info *rt)
{
	return BPF_CORE_READ(rt, nh) != NULL;
}

/* Device of the entry's own nexthop; NULL when it uses a nexthop object. */
static __always_inline struct net_device *pvd_fib6_dev(struct fib6_info *rt)
{
	if (pvd_has_nh_object(rt))
		return NULL;
	return BPF_CORE_READ(rt, fib6_nh[0].nh_common.nhc_dev);
}

static __always_inline __s32 pvd_fib6_ifindex(struct fib6_info *rt)
{
	struct net_device *dev = pvd_fib6_dev(rt);

	return dev ? BPF_CORE_READ(dev, ifindex) : 0;
}

static __always_inline void pvd_fill_nh(struct pvd_fib6 *out, struct fib_nh_common *nhc)
{
	struct net_device *dev = BPF_CORE_READ(nhc, nhc_dev);

	out->oif = dev ? BPF_CORE_READ(dev, ifindex) : 0;
	out->gateway_family = BPF_CORE_READ(nhc, nhc_gw_family);
	if (out->gateway_family == AF_INET6)
		BPF_CORE_READ_INTO(&out->gateway, nhc, nhc_gw.ipv6);
	out->nh_flags = BPF_CORE_READ(nhc, nhc_flags);
	out->weight = BPF_CORE_READ(nhc, nhc_weight);
	out->upper_bound = BPF_CORE_READ(nhc, nhc_upper_bound.counter);
}

/* `nh`: the nexthop in use; NULL: the entry's own, none with a nexthop object. */
static __always_inline void pvd_fill_fib6(struct pvd_fib6 *out, struct fib6_info *rt,
					  struct fib6_nh *nh)
{
	struct nexthop *object = BPF_CORE_READ(rt, nh);
	struct fib6_table *table = BPF_CORE_READ(rt, fib6_table);

	out->id = (__u64)rt;
	out->flags = BPF_CORE_READ(rt, fib6_flags);
	if (out->flags & RTF_EXPIRES)
		out->expires_ns = pvd_jiffies_to_boot_ns(BPF_CORE_READ(rt, expires));
	BPF_CORE_READ_INTO(&out->dst, rt, fib6_dst.addr);
	BPF_CORE_READ_INTO(&out->src, rt, fib6_src.addr);
	out->dst_len = BPF_CORE_READ(rt, fib6_dst.plen);
	out->src_len = BPF_CORE_READ(rt, fib6_src.plen);
	if (BPF_CORE_READ(rt, fib6_prefsrc.plen))
		BPF_CORE_READ_INTO(&out->prefsrc, rt, fib6_prefsrc.addr);
	out->table = table ? BPF_CORE_READ(table, tb6_id) : 0;
	out->metric = BPF_CORE_READ(rt, fib6_metric);
	out->siblings = BPF_CORE_READ(rt, fib6_nsiblings);
	out->type = BPF_CORE_READ(rt, fib6_type);
	out->protocol = BPF_CORE_READ(rt, fib6_protocol);
	out->nh_id = object ? BPF_CORE_READ(object, id) : 0;
	if (nh)
		pvd_fill_nh(out, __builtin_preserve_access_index(&nh->nh_common));
	else if (!object)
		pvd_fill_nh(out, __builtin_preserve_access_index(&rt->fib6_nh[0].nh_common));
}

static __always_inline void pvd_emit_route(struct fib6_info *rt, struct pvd_about about,
					   __s32 error)
{
	struct pvd_route *route = pvd_reserve(sizeof(*route), about);

	if (!route)
		return;
	pvd_fill_fib6(&route->fib6, rt, NULL);
	route->pvd = pvd_of_route(rt);
	route->error = error;
	bpf_ringbuf_submit(route, 0);
}

#endif /* PVD_ROUTE_BPF_H */
