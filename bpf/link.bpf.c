// SPDX-License-Identifier: GPL-2.0-only
/* Devices and network namespaces: net/core/dev.c, net_namespace.c, addrconf_notify(). */
#include "device.bpf.h"

PVD_KERNEL_TYPES_BEGIN
struct netdev_adjacent {
	struct net_device *dev;
	bool master;
	struct list_head list;
};
PVD_KERNEL_TYPES_END

/* Bits of net_device.state, enum netdev_state_t. */
#define LINK_STATE_START     (1 << 0)
#define LINK_STATE_NOCARRIER (1 << 2)
#define LINK_STATE_DORMANT   (1 << 4)

#define IFF_RUNNING	0x40
#define IFF_PROMISC	0x100
#define IFF_ALLMULTI	0x200
#define IFF_LOWER_UP	0x10000
#define IFF_DORMANT	0x20000
#define IF_OPER_UNKNOWN 0
#define IF_OPER_UP	6

enum netdev_priv_flags {
	IFF_L3MDEV_MASTER = 1 << 18,
};

/* As user space sees them: dev_get_flags(). */
static __always_inline __u32 link_flags(struct net_device *dev, unsigned long state, __u8 operstate)
{
	__u32 computed = IFF_RUNNING | IFF_LOWER_UP | IFF_DORMANT;
	__u32 asked = IFF_PROMISC | IFF_ALLMULTI;
	__u32 flags = BPF_CORE_READ(dev, flags) & ~(computed | asked);

	flags |= BPF_CORE_READ(dev, gflags) & asked;
	if (!(state & LINK_STATE_START))
		return flags;
	if (operstate == IF_OPER_UP || operstate == IF_OPER_UNKNOWN)
		flags |= IFF_RUNNING;
	if (!(state & LINK_STATE_NOCARRIER))
		flags |= IFF_LOWER_UP;
	if (state & LINK_STATE_DORMANT)
		flags |= IFF_DORMANT;
	return flags;
}

/* netdev_master_upper_dev_get(): a master is always first in the list. */
static __always_inline __s32 master_of(struct net_device *dev)
{
	struct list_head *head = __builtin_preserve_access_index(&dev->adj_list.upper);
	struct list_head *first = BPF_CORE_READ(dev, adj_list.upper.next);
	unsigned long offset = bpf_core_field_offset(struct netdev_adjacent, list);
	struct netdev_adjacent *upper = (void *)first - offset;

	if (!first || first == head || !BPF_CORE_READ(upper, master))
		return 0;
	return BPF_CORE_READ(upper, dev, ifindex);
}

static __always_inline void fill_link(struct pvd_link *out, struct net_device *dev)
{
	struct inet6_dev *idev = BPF_CORE_READ(dev, ip6_ptr);
	const unsigned char *lladdr = BPF_CORE_READ(dev, dev_addr);
	unsigned long state = BPF_CORE_READ(dev, state);
	__u64 l3_master = bpf_core_enum_value(enum netdev_priv_flags, IFF_L3MDEV_MASTER);

	out->id = (__u64)dev;
	BPF_CORE_READ_STR_INTO(&out->name, dev, name);
	out->ifindex = BPF_CORE_READ(dev, ifindex);
	out->master = master_of(dev);
	out->mtu = BPF_CORE_READ(dev, mtu);
	out->mtu6 = idev ? BPF_CORE_READ(idev, cnf.mtu6) : 0;
	out->type = BPF_CORE_READ(dev, type);
	out->group = BPF_CORE_READ(dev, group);
	out->operstate = pvd_operstate(dev);
	out->flags = link_flags(dev, state, out->operstate);
	out->carrier = !(state & LINK_STATE_NOCARRIER);
	out->is_l3_master = (pvd_priv_flags(dev) & l3_master) != 0;
	out->lladdr_len = BPF_CORE_READ(dev, addr_len);
	if (out->lladdr_len > sizeof(out->lladdr))
		out->lladdr_len = sizeof(out->lladdr);
	bpf_probe_read_kernel(out->lladdr, out->lladdr_len, lladdr);
}

static __always_inline void emit_link(struct net_device *dev, enum pvd_hook hook, enum pvd_op op,
				      __u32 event)
{
	struct pvd_about about = { PVD_KIND_LINK, hook, op, 0, 0 };
	struct pvd_link *link;

	about.netns_cookie = pvd_cookie(BPF_CORE_READ(dev, nd_net.net));
	if (!pvd_watches_netns(about.netns_cookie))
		return;
	link = pvd_reserve(sizeof(*link), about);
	if (!link)
		return;
	fill_link(link, dev);
	link->event = event;
	bpf_ringbuf_submit(link, 0);
}

/* The order of these two is the order of devices, which decides source selections. */
SEC("fentry/list_netdevice")
int PVD_PROG(list_netdevice_entry, struct net_device *dev)
{
	pvd_hit(PVD_HOOK_LIST_NETDEVICE);
	emit_link(dev, PVD_HOOK_LIST_NETDEVICE, PVD_OP_NEW, 0);
	return 0;
}

SEC("fentry/unlist_netdevice")
int PVD_PROG(unlist_netdevice_entry, struct net_device *dev)
{
	pvd_hit(PVD_HOOK_UNLIST_NETDEVICE);
	emit_link(dev, PVD_HOOK_UNLIST_NETDEVICE, PVD_OP_DEL, 0);
	return 0;
}

SEC("fentry/addrconf_notify")
int PVD_PROG(addrconf_notify_entry, struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = BPF_CORE_READ((struct netdev_notifier_info *)ptr, dev);
	__u64 cookie = pvd_cookie(BPF_CORE_READ(dev, nd_net.net));

	pvd_hit(PVD_HOOK_ADDRCONF_NOTIFY);
	if (pvd_watches_netns(cookie))
		pvd_begin(PVD_KIND_LINK, PVD_HOOK_ADDRCONF_NOTIFY, cookie, dev,
			  BPF_CORE_READ(dev, ifindex));
	return 0;
}

SEC("fexit/addrconf_notify")
int PVD_PROG(addrconf_notify_exit, struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = BPF_CORE_READ((struct netdev_notifier_info *)ptr, dev);
	struct inet6_dev *idev = BPF_CORE_READ(dev, ip6_ptr);
	__u64 cookie = pvd_cookie(BPF_CORE_READ(dev, nd_net.net));

	if (!pvd_watches_netns(cookie))
		return 0;
	emit_link(dev, PVD_HOOK_ADDRCONF_NOTIFY, PVD_OP_CHANGE, event);
	if (idev)
		pvd_emit_devconf(__builtin_preserve_access_index(&idev->cnf),
				 BPF_CORE_READ(dev, ifindex), cookie, PVD_HOOK_ADDRCONF_NOTIFY);
	return 0;
}

static __always_inline void emit_netns(struct net *net, enum pvd_hook hook, enum pvd_op op)
{
	struct pvd_about about = { PVD_KIND_NETNS, hook, op, pvd_cookie(net), 0 };
	struct pvd_netns *netns;

	if (!pvd_watches_netns(about.netns_cookie))
		return;
	netns = pvd_reserve(sizeof(*netns), about);
	if (!netns)
		return;
	netns->inum = BPF_CORE_READ(net, ns.inum);
	bpf_ringbuf_submit(netns, 0);
}

/* It has one argument more in 6.1 than in 6.12: the result is asked for, not named. */
SEC("fexit/setup_net")
int PVD_PROG(setup_net_exit, struct net *net)
{
	__u64 cookie = pvd_cookie(net), ret = 0;

	pvd_hit(PVD_HOOK_SETUP_NET);
	bpf_get_func_ret(ctx, &ret);
	if ((__s32)ret || !pvd_watches_netns(cookie))
		return 0;
	emit_netns(net, PVD_HOOK_SETUP_NET, PVD_OP_NEW);
	pvd_emit_devconf(BPF_CORE_READ(net, ipv6.devconf_all), PVD_IFINDEX_ALL, cookie,
			 PVD_HOOK_SETUP_NET);
	pvd_emit_devconf(BPF_CORE_READ(net, ipv6.devconf_dflt), PVD_IFINDEX_DEFAULT, cookie,
			 PVD_HOOK_SETUP_NET);
	return 0;
}

/*
 * First of IPv6's pernet operations to be set up, so the last to go; cleanup_net()
 * itself has a list of namespaces.
 */
SEC("fexit/inet6_net_exit")
int PVD_PROG(inet6_net_exit_exit, struct net *net)
{
	pvd_hit(PVD_HOOK_INET6_NET_EXIT);
	emit_netns(net, PVD_HOOK_INET6_NET_EXIT, PVD_OP_DEL);
	return 0;
}
