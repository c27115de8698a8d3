// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dump of the routes of the netns of whoever opened the iterator, as ROUTE
 * records in the order of the leaves (net/ipv6/route.c, ipv6_route_seq_show()).
 */
#include "route.bpf.h"

PVD_KERNEL_TYPES_BEGIN
struct seq_net_private {
	struct net *net;
};
struct seq_file {
	void *private;
};
struct bpf_iter_meta {
	struct seq_file *seq;
};
struct bpf_iter__ipv6_route {
	struct bpf_iter_meta *meta;
	struct fib6_info *rt;
};
PVD_KERNEL_TYPES_END

SEC("iter/ipv6_route")
int ipv6_route_iter(struct bpf_iter__ipv6_route *ctx)
{
	struct pvd_route route = {};
	struct seq_file *seq = ctx->meta->seq;
	struct fib6_info *rt = ctx->rt;
	struct seq_net_private *private;

	if (!rt || !rt->fib6_table) /* each table has a null entry, which belongs to none */
		return 0;
	private = BPF_CORE_READ(seq, private);
	route.hdr.netns_cookie = BPF_CORE_READ(private, net, net_cookie);
	pvd_fill_fib6(&route.fib6, rt, NULL);
	route.pvd = pvd_of_route(rt);
	route.hdr.ts_ns = bpf_ktime_get_boot_ns();
	route.hdr.len = sizeof(route);
	route.hdr.kind = PVD_KIND_ROUTE;
	route.hdr.hook = PVD_HOOK_ITER_IPV6_ROUTE;
	route.hdr.op = PVD_OP_DUMP;
	route.hdr.version = PVD_WIRE_VERSION;
	bpf_seq_write(seq, &route, sizeof(route));
	return 0;
}
