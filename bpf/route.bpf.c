// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of routes: net/ipv6/ip6_fib.c, and of their nexthops' state:
 * net/ipv6/route.c. Refreshes by Router Advertisements are in ra.bpf.c.
 */
#include "filter.bpf.h"
#include "route.bpf.h"

PVD_KERNEL_TYPES_BEGIN
struct arg_netdev_event {
	const struct net_device *dev;
};
struct arg_dev_net_ip {
	struct in6_addr *addr;
};
PVD_KERNEL_TYPES_END

#define PVD_SIBLINGS_MAX	  64
#define FIB6_IFDOWN_SKIP_SIBLINGS -2

SEC("fentry/fib6_add")
int PVD_PROG(fib6_add_entry, struct fib6_node *root, struct fib6_info *rt, struct nl_info *info)
{
	__u64 cookie = pvd_cookie(BPF_CORE_READ(info, nl_net));

	pvd_hit(PVD_HOOK_FIB6_ADD);
	if (pvd_watches_netns(cookie))
		pvd_begin(PVD_KIND_ROUTE, PVD_HOOK_FIB6_ADD, cookie, rt, pvd_fib6_ifindex(rt));
	return 0;
}

/* The table's lock is held, so a refused `rt`, already released, is still there. */
SEC("fexit/fib6_add")
int PVD_PROG(fib6_add_exit, struct fib6_node *root, struct fib6_info *rt, struct nl_info *info,
	     struct netlink_ext_ack *extack, int ret)
{
	struct pvd_about about = { PVD_KIND_ROUTE, PVD_HOOK_FIB6_ADD, PVD_OP_FAIL, 0, 0 };
	struct nlmsghdr *nlh = BPF_CORE_READ(info, nlh);
	struct pvd_route *route;

	about.netns_cookie = pvd_cookie(BPF_CORE_READ(info, nl_net));
	if (!pvd_watches_netns(about.netns_cookie))
		return 0;
	if (ret == 0)
		about.op = PVD_OP_NEW;
	else if (ret == -EEXIST)
		about.op = PVD_OP_CHANGE;
	route = pvd_reserve(sizeof(*route), about);
	if (!route)
		return 0;
	pvd_fill_fib6(&route->fib6, rt, NULL);
	route->pvd = pvd_of_route(rt);
	if (about.op == PVD_OP_CHANGE)
		route->fib6.id = 0;
	route->error = ret;
	route->portid = BPF_CORE_READ(info, portid);
	if (nlh)
		route->nlmsg_flags = BPF_CORE_READ(nlh, nlmsg_flags);
	bpf_ringbuf_submit(route, 0);
	return 0;
}

SEC("fentry/fib6_del")
int PVD_PROG(fib6_del_entry, struct fib6_info *rt, struct nl_info *info)
{
	__u64 cookie = pvd_cookie(BPF_CORE_READ(info, nl_net));

	pvd_hit(PVD_HOOK_FIB6_DEL);
	if (pvd_watches_netns(cookie))
		pvd_begin(PVD_KIND_ROUTE, PVD_HOOK_FIB6_DEL, cookie, rt, pvd_fib6_ifindex(rt));
	return 0;
}

/* Success was told by fib6_purge_rt(). */
SEC("fexit/fib6_del")
int PVD_PROG(fib6_del_exit, struct fib6_info *rt, struct nl_info *info, int ret)
{
	__u64 cookie = pvd_cookie(BPF_CORE_READ(info, nl_net));

	if (ret && pvd_watches_netns(cookie))
		pvd_emit_route(rt, PVD_ABOUT(ROUTE, FIB6_DEL, FAIL, cookie), ret);
	return 0;
}

/* Every entry that leaves the tree, deleted or replaced, passes here when unlinked. */
SEC("fentry/fib6_purge_rt")
int PVD_PROG(fib6_purge_rt_entry, struct fib6_info *rt, struct fib6_node *fn, struct net *net)
{
	__u64 cookie = pvd_cookie(net);

	pvd_hit(PVD_HOOK_FIB6_PURGE_RT);
	if (pvd_watches_netns(cookie))
		pvd_emit_route(rt, PVD_ABOUT(ROUTE, FIB6_PURGE_RT, DEL, cookie), 0);
	return 0;
}

static __always_inline __u64 dev_cookie(struct net_device *dev)
{
	return pvd_cookie(BPF_CORE_READ(dev, nd_net.net));
}

/* Cookie of the netns the event is in when it touches the entry's device, else 0. */
static __always_inline __u64 touched_in(struct fib6_info *rt, void *arg)
{
	struct net_device *dev = (void *)BPF_CORE_READ((struct arg_netdev_event *)arg, dev);

	if (!dev || pvd_fib6_dev(rt) != dev || !BPF_CORE_READ(rt, fib6_table))
		return 0; /* null entries have no table */
	return dev_cookie(dev);
}

SEC("fentry/fib6_ifup")
int PVD_PROG(fib6_ifup_entry, struct fib6_info *rt, void *arg)
{
	__u64 cookie = touched_in(rt, arg);

	pvd_hit(PVD_HOOK_FIB6_IFUP);
	if (cookie && pvd_watches_netns(cookie))
		pvd_begin(PVD_KIND_ROUTE, PVD_HOOK_FIB6_IFUP, cookie, rt, pvd_fib6_ifindex(rt));
	return 0;
}

SEC("fexit/fib6_ifup")
int PVD_PROG(fib6_ifup_exit, struct fib6_info *rt, void *arg)
{
	__u64 cookie = touched_in(rt, arg);

	if (cookie && pvd_watches_netns(cookie))
		pvd_emit_route(rt, PVD_ABOUT(ROUTE, FIB6_IFUP, CHANGE, cookie), 0);
	return 0;
}

SEC("fentry/fib6_ifdown")
int PVD_PROG(fib6_ifdown_entry, struct fib6_info *rt, void *arg)
{
	__u64 cookie = touched_in(rt, arg);

	pvd_hit(PVD_HOOK_FIB6_IFDOWN);
	if (cookie && pvd_watches_netns(cookie))
		pvd_begin(PVD_KIND_ROUTE, PVD_HOOK_FIB6_IFDOWN, cookie, rt, pvd_fib6_ifindex(rt));
	return 0;
}

/* A walk over an entry and its siblings. */
struct siblings {
	struct fib6_info *first;
	struct fib6_info *next;
	struct net_device *dev;
	__u64 cookie;
};

static long tell_sibling(__u32 index, struct siblings *walk)
{
	unsigned long offset = bpf_core_field_offset(struct fib6_info, fib6_siblings);
	struct net_device *dev = walk->dev;
	struct fib6_info *rt = walk->next;

	if (pvd_fib6_dev(rt) == dev)
		pvd_emit_route(rt, PVD_ABOUT(ROUTE, FIB6_IFDOWN, CHANGE, walk->cookie), 0);
	walk->next = (void *)BPF_CORE_READ(rt, fib6_siblings.next) - offset;
	return walk->next == walk->first;
}

/*
 * The first of a set of siblings sets the flags of all of them on the device
 * and the walk then skips the others (rt6_multipath_nh_flags_set()).
 */
SEC("fexit/fib6_ifdown")
int PVD_PROG(fib6_ifdown_exit, struct fib6_info *rt, void *arg, int ret)
{
	struct siblings walk = { rt, rt, NULL, 0 };
	__u32 count = 1;

	walk.dev = (void *)BPF_CORE_READ((struct arg_netdev_event *)arg, dev);
	if (ret == FIB6_IFDOWN_SKIP_SIBLINGS)
		count = PVD_SIBLINGS_MAX;
	else if (!touched_in(rt, arg))
		return 0;
	walk.cookie = dev_cookie(walk.dev);
	if (pvd_watches_netns(walk.cookie))
		bpf_loop(count, tell_sibling, &walk, 0);
	return 0;
}

/* rt6_remove_prefsrc(): an address went, routes that prefer it forget it. */
SEC("fexit/fib6_remove_prefsrc")
int PVD_PROG(fib6_remove_prefsrc_exit, struct fib6_info *rt, void *arg)
{
	struct in6_addr *addr = BPF_CORE_READ((struct arg_dev_net_ip *)arg, addr);
	struct net_device *dev = pvd_fib6_dev(rt);
	__u64 gone[2] = {}, had[2] = {};
	__u64 cookie;

	pvd_hit(PVD_HOOK_FIB6_REMOVE_PREFSRC);
	pvd_copy_addr(gone, addr);
	BPF_CORE_READ_INTO(&had, rt, fib6_prefsrc.addr);
	if (!dev || BPF_CORE_READ(rt, fib6_prefsrc.plen) || gone[0] != had[0] || gone[1] != had[1])
		return 0;
	cookie = dev_cookie(dev);
	if (pvd_watches_netns(cookie))
		pvd_emit_route(rt, PVD_ABOUT(ROUTE, FIB6_REMOVE_PREFSRC, CHANGE, cookie), 0);
	return 0;
}
