// SPDX-License-Identifier: GPL-2.0-only
/* Changes of addresses: net/ipv6/addrconf.c. */
#include "device.bpf.h"
#include "route.bpf.h"

#define RTM_DELADDR 21
#define NETDEV_DOWN 2
#define ADDRS_MAX   1024 /* of one device, told when it goes down */

/* Addresses between the entry and the exit of ipv6_del_addr(), which frees them. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* inet6_ifaddr */
	__type(value, struct pvd_addr);
} leaving SEC(".maps");

/* Prefix route a task is about to change, by task. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);   /* task_struct */
	__type(value, __u64); /* fib6_info */
} prefix_routes SEC(".maps");

static const struct pvd_addr no_addr;

struct addr_in_pvds {
	struct pvd_addr addr;
	struct pvd_pvds pvds;
};

static __always_inline __u64 cookie_of(struct inet6_dev *idev)
{
	return pvd_cookie(BPF_CORE_READ(idev, dev, nd_net.net));
}

static __always_inline void fill_addr(struct pvd_addr *out, struct inet6_ifaddr *ifp)
{
	out->id = (__u64)ifp;
	out->cstamp_ns = pvd_jiffies_to_boot_ns(BPF_CORE_READ(ifp, cstamp));
	out->tstamp_ns = pvd_jiffies_to_boot_ns(BPF_CORE_READ(ifp, tstamp));
	out->rt_id = (__u64)BPF_CORE_READ(ifp, rt);
	BPF_CORE_READ_INTO(&out->addr, ifp, addr);
	BPF_CORE_READ_INTO(&out->peer, ifp, peer_addr);
	out->ifindex = BPF_CORE_READ(ifp, idev, dev, ifindex);
	out->flags = BPF_CORE_READ(ifp, flags);
	out->valid_lft_sec = BPF_CORE_READ(ifp, valid_lft);
	out->preferred_lft_sec = BPF_CORE_READ(ifp, prefered_lft);
	out->rt_priority = BPF_CORE_READ(ifp, rt_priority);
	out->scope = BPF_CORE_READ(ifp, scope);
	out->prefix_len = BPF_CORE_READ(ifp, prefix_len);
	out->proto = pvd_ifa_proto(ifp);
	out->state = BPF_CORE_READ(ifp, state);
}

static __always_inline void emit_addr(struct inet6_ifaddr *ifp, enum pvd_hook hook, enum pvd_op op,
				      __u32 event)
{
	struct pvd_about about = { PVD_KIND_ADDR, hook, op, 0, 0 };
	struct pvd_addr *addr;

	about.netns_cookie = cookie_of(BPF_CORE_READ(ifp, idev));
	if (!pvd_watches_netns(about.netns_cookie))
		return;
	if (pvd_has_netpvd()) {
		struct addr_in_pvds *with = pvd_reserve(sizeof(*with), about);

		if (!with)
			return;
		pvd_fill_pvds(&with->pvds, BPF_CORE_READ((struct inet6_ifaddr___pvd *)ifp, pvds));
		addr = &with->addr;
	} else {
		addr = pvd_reserve(sizeof(*addr), about);
		if (!addr)
			return;
	}
	fill_addr(addr, ifp);
	addr->event = event;
	bpf_ringbuf_submit(addr, 0);
}

SEC("fentry/ipv6_add_addr")
int PVD_PROG(ipv6_add_addr_entry, struct inet6_dev *idev)
{
	__u64 cookie = cookie_of(idev);

	pvd_hit(PVD_HOOK_IPV6_ADD_ADDR);
	if (pvd_watches_netns(cookie))
		pvd_begin(PVD_KIND_ADDR, PVD_HOOK_IPV6_ADD_ADDR, cookie, NULL,
			  BPF_CORE_READ(idev, dev, ifindex));
	return 0;
}

/* Its place in the device's list is now fixed, before DAD. */
SEC("fexit/ipv6_add_addr")
int PVD_PROG(ipv6_add_addr_exit, struct inet6_dev *idev, struct ifa6_config *cfg, bool can_block,
	     struct netlink_ext_ack *extack, struct inet6_ifaddr *ifp)
{
	struct pvd_about about = PVD_ABOUT(ADDR, IPV6_ADD_ADDR, FAIL, cookie_of(idev));
	struct in6_addr *pfx;
	struct pvd_addr *addr;

	if (!pvd_is_err(ifp)) {
		emit_addr(ifp, PVD_HOOK_IPV6_ADD_ADDR, PVD_OP_NEW, 0);
		return 0;
	}
	if (!pvd_watches_netns(about.netns_cookie))
		return 0;
	addr = pvd_reserve(sizeof(*addr), about);
	if (!addr)
		return 0;
	pfx = (void *)BPF_CORE_READ(cfg, pfx);
	pvd_copy_addr(addr->addr, pfx);
	addr->ifindex = BPF_CORE_READ(idev, dev, ifindex);
	addr->prefix_len = BPF_CORE_READ(cfg, plen);
	addr->flags = BPF_CORE_READ(cfg, ifa_flags);
	bpf_ringbuf_submit(addr, 0);
	return 0;
}

SEC("fentry/ipv6_del_addr")
int PVD_PROG(ipv6_del_addr_entry, struct inet6_ifaddr *ifp)
{
	__u64 key = (__u64)ifp, cookie = cookie_of(BPF_CORE_READ(ifp, idev));
	struct pvd_addr *addr;

	pvd_hit(PVD_HOOK_IPV6_DEL_ADDR);
	if (!pvd_watches_netns(cookie))
		return 0;
	pvd_begin(PVD_KIND_ADDR, PVD_HOOK_IPV6_DEL_ADDR, cookie, ifp,
		  BPF_CORE_READ(ifp, idev, dev, ifindex));
	bpf_map_update_elem(&leaving, &key, &no_addr, BPF_ANY);
	addr = bpf_map_lookup_elem(&leaving, &key);
	if (!addr)
		return 0;
	fill_addr(addr, ifp);
	addr->hdr.netns_cookie = cookie;
	return 0;
}

/* event 0: flags or lifetimes changed. RTM_DELADDR is always a removal, by addrconf_ifdown() too.
 */
SEC("fentry/__ipv6_ifa_notify")
int PVD_PROG(__ipv6_ifa_notify_entry, int event, struct inet6_ifaddr *ifp)
{
	pvd_hit(PVD_HOOK_IPV6_IFA_NOTIFY);
	emit_addr(ifp, PVD_HOOK_IPV6_IFA_NOTIFY, event == RTM_DELADDR ? PVD_OP_DEL : PVD_OP_CHANGE,
		  event);
	return 0;
}

/* Usable from now on: its flags are cleared already. */
SEC("fentry/addrconf_dad_completed")
int PVD_PROG(addrconf_dad_completed_entry, struct inet6_ifaddr *ifp)
{
	pvd_hit(PVD_HOOK_ADDRCONF_DAD_COMPLETED);
	emit_addr(ifp, PVD_HOOK_ADDRCONF_DAD_COMPLETED, PVD_OP_CHANGE, 0);
	return 0;
}

/* A walk over the addresses of a device. */
struct addrs {
	struct list_head *head;
	struct list_head *next;
};

static long tell_addr(__u32 index, struct addrs *walk)
{
	struct list_head *entry = walk->next;
	unsigned long offset = bpf_core_field_offset(struct inet6_ifaddr, if_list);

	if (!entry || entry == walk->head)
		return 1;
	emit_addr((void *)entry - offset, PVD_HOOK_ADDRCONF_NOTIFY, PVD_OP_CHANGE, 0);
	walk->next = BPF_CORE_READ(entry, next);
	return 0;
}

/* keep_addr_on_down: what stays becomes tentative and loses its route in silence. */
SEC("fexit/addrconf_notify")
int PVD_PROG(addrconf_notify_exit_addrs, struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = BPF_CORE_READ((struct netdev_notifier_info *)ptr, dev);
	struct inet6_dev *idev = BPF_CORE_READ(dev, ip6_ptr);
	struct addrs walk = {};

	if (event != NETDEV_DOWN || !idev || !pvd_watches_netns(cookie_of(idev)))
		return 0;
	walk.head = __builtin_preserve_access_index(&idev->addr_list);
	walk.next = BPF_CORE_READ(idev, addr_list.next);
	bpf_loop(ADDRS_MAX, tell_addr, &walk, 0);
	return 0;
}

/*
 * Outside of RA processing too, a user's change or the end of an address sets
 * the expiry of its prefix route in silence (modify_prefix_route(),
 * cleanup_prefix_route()). Both look it up first, in one task.
 */
SEC("fexit/addrconf_get_prefix_route")
int PVD_PROG(addrconf_get_prefix_route_exit_task)
{
	__u64 task = bpf_get_current_task(), rt = 0;

	if (pvd_in_interrupt())
		return 0;
	bpf_get_func_ret(ctx, &rt);
	if (rt)
		bpf_map_update_elem(&prefix_routes, &task, &rt, BPF_ANY);
	return 0;
}

static __always_inline void tell_prefix_route(enum pvd_hook hook)
{
	struct pvd_about about = { PVD_KIND_ROUTE, hook, PVD_OP_CHANGE, 0, 0 };
	__u64 task = bpf_get_current_task();
	__u64 *entry = bpf_map_lookup_elem(&prefix_routes, &task);
	struct net_device *dev;
	struct fib6_info *rt;

	if (!entry)
		return;
	rt = (struct fib6_info *)*entry;
	bpf_map_delete_elem(&prefix_routes, &task);
	dev = pvd_fib6_dev(rt);
	if (!dev || !BPF_CORE_READ(rt, fib6_node))
		return;
	about.netns_cookie = pvd_cookie(BPF_CORE_READ(dev, nd_net.net));
	if (about.netns_cookie && pvd_watches_netns(about.netns_cookie))
		pvd_emit_route(rt, about, 0);
}

SEC("fexit/modify_prefix_route")
int PVD_PROG(modify_prefix_route_exit)
{
	pvd_hit(PVD_HOOK_MODIFY_PREFIX_ROUTE);
	tell_prefix_route(PVD_HOOK_MODIFY_PREFIX_ROUTE);
	return 0;
}

SEC("fexit/ipv6_del_addr")
int PVD_PROG(ipv6_del_addr_exit, struct inet6_ifaddr *ifp)
{
	__u64 key = (__u64)ifp;
	struct pvd_addr *addr = bpf_map_lookup_elem(&leaving, &key);

	tell_prefix_route(PVD_HOOK_IPV6_DEL_ADDR);
	if (!addr)
		return 0;
	pvd_output(addr, sizeof(*addr),
		   PVD_ABOUT(ADDR, IPV6_DEL_ADDR, DEL, addr->hdr.netns_cookie));
	bpf_map_delete_elem(&leaving, &key);
	return 0;
}

/*
 * Of a kernel with PvDs: an address that belongs elsewhere now. One that is not in the
 * tables yet is told when it is (ipv6_add_addr()).
 */
static __always_inline void moved(struct inet6_ifaddr *ifp, enum pvd_hook hook)
{
	pvd_hit(hook);
	if (BPF_CORE_READ(ifp, addr_lst.pprev))
		emit_addr(ifp, hook, PVD_OP_CHANGE, 0);
}

SEC("fexit/pvd_ifa_add")
int PVD_PROG(pvd_ifa_add_exit, struct inet6_ifaddr *ifp, struct net_pvd *pvd, int ret)
{
	if (ret > 0)
		moved(ifp, PVD_HOOK_PVD_IFA_ADD);
	return 0;
}

SEC("fexit/pvd_ifa_set")
int PVD_PROG(pvd_ifa_set_exit, struct inet6_ifaddr *ifp, struct net_pvd *pvd, int ret)
{
	moved(ifp, PVD_HOOK_PVD_IFA_SET);
	return 0;
}

SEC("fexit/pvd_ifa_copy")
int PVD_PROG(pvd_ifa_copy_exit, struct inet6_ifaddr *to)
{
	moved(to, PVD_HOOK_PVD_IFA_COPY);
	return 0;
}
