// SPDX-License-Identifier: GPL-2.0-only
/* Nexthop objects: net/ipv4/nexthop.c. */
#include "filter.bpf.h"

PVD_KERNEL_TYPES_BEGIN
struct nh_info {
	bool reject_nh;
	bool fdb_nh;
	union {
		struct fib_nh_common fib_nhc;
	};
};
struct nh_grp_entry {
	struct nexthop *nh;
	__u16 weight;
};
struct nh_group {
	__u16 num_nh;
	bool resilient;
	bool fdb_nh;
	struct nh_grp_entry nh_entries[0];
};
struct nexthop___full {
	struct net *net;
	__u32 id;
	__u8 protocol;
	__u8 nh_flags;
	bool is_group;
	union {
		struct nh_info *nh_info;
		struct nh_group *nh_grp;
	};
};
PVD_KERNEL_TYPES_END

#define RTM_DELNEXTHOP 105

static __always_inline void fill_group(struct pvd_nexthop *out, struct nh_group *group)
{
	unsigned long offset = bpf_core_field_offset(struct nh_group, nh_entries);
	unsigned long stride = bpf_core_type_size(struct nh_grp_entry);

	out->is_group = true;
	out->is_resilient = BPF_CORE_READ(group, resilient);
	out->is_fdb = BPF_CORE_READ(group, fdb_nh);
	out->members_count = BPF_CORE_READ(group, num_nh);
	for (__u32 i = 0; i < PVD_NH_MEMBERS_MAX; i++) {
		struct nh_grp_entry *entry = (void *)group + offset + i * stride;

		if (i >= out->members_count)
			break;
		out->members[i].id = BPF_CORE_READ(entry, nh, id);
		out->members[i].weight = BPF_CORE_READ(entry, weight);
	}
}

static __always_inline void fill_single(struct pvd_nexthop *out, struct nh_info *info)
{
	struct net_device *dev = BPF_CORE_READ(info, fib_nhc.nhc_dev);

	out->is_blackhole = BPF_CORE_READ(info, reject_nh);
	out->is_fdb = BPF_CORE_READ(info, fdb_nh);
	out->oif = dev ? BPF_CORE_READ(dev, ifindex) : 0;
	out->nh_flags = BPF_CORE_READ(info, fib_nhc.nhc_flags);
	out->gateway_family = BPF_CORE_READ(info, fib_nhc.nhc_gw_family);
	if (out->gateway_family == AF_INET6)
		BPF_CORE_READ_INTO(&out->gateway, info, fib_nhc.nhc_gw.ipv6);
}

static __always_inline void emit_nexthop(struct nexthop *nexthop, enum pvd_hook hook,
					 enum pvd_op op)
{
	struct nexthop___full *nh = (struct nexthop___full *)nexthop;
	struct pvd_about about = { PVD_KIND_NEXTHOP, hook, op, 0, 0 };
	struct pvd_nexthop *record;

	about.netns_cookie = pvd_cookie(BPF_CORE_READ(nh, net));
	if (!pvd_watches_netns(about.netns_cookie))
		return;
	if (BPF_CORE_READ(nh, is_group) && BPF_CORE_READ(nh, nh_grp, num_nh) > PVD_NH_MEMBERS_MAX)
		about.flags = PVD_F_TRUNCATED;
	record = pvd_reserve(sizeof(*record), about);
	if (!record)
		return;
	record->id = BPF_CORE_READ(nh, id);
	record->protocol = BPF_CORE_READ(nh, protocol);
	if (BPF_CORE_READ(nh, is_group))
		fill_group(record, BPF_CORE_READ(nh, nh_grp));
	else
		fill_single(record, BPF_CORE_READ(nh, nh_info));
	bpf_ringbuf_submit(record, 0);
}

/* A request: the object may be in use before nexthop_notify() tells of it. */
SEC("fentry/rtm_new_nexthop")
int PVD_PROG(rtm_new_nexthop_entry, struct sk_buff *skb)
{
	__u64 cookie = pvd_cookie(BPF_CORE_READ(skb, sk, __sk_common.skc_net.net));

	pvd_hit(PVD_HOOK_RTM_NEW_NEXTHOP);
	if (pvd_watches_netns(cookie))
		pvd_begin(PVD_KIND_NEXTHOP, PVD_HOOK_RTM_NEW_NEXTHOP, cookie, NULL, 0);
	return 0;
}

SEC("fexit/rtm_new_nexthop")
int PVD_PROG(rtm_new_nexthop_exit, struct sk_buff *skb, struct nlmsghdr *nlh,
	     struct netlink_ext_ack *extack, int ret)
{
	struct pvd_about about = PVD_ABOUT(NEXTHOP, RTM_NEW_NEXTHOP, FAIL, 0);
	struct pvd_nexthop *record;

	about.netns_cookie = pvd_cookie(BPF_CORE_READ(skb, sk, __sk_common.skc_net.net));
	if (!ret || !pvd_watches_netns(about.netns_cookie))
		return 0;
	record = pvd_reserve(sizeof(*record), about);
	if (record)
		bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("fentry/nexthop_notify")
int PVD_PROG(nexthop_notify_entry, int event, struct nexthop *nh)
{
	pvd_hit(PVD_HOOK_NEXTHOP_NOTIFY);
	emit_nexthop(nh, PVD_HOOK_NEXTHOP_NOTIFY,
		     event == RTM_DELNEXTHOP ? PVD_OP_DEL : PVD_OP_NEW);
	return 0;
}

/* Also when the device goes, which may be told to nobody. */
SEC("fentry/remove_nexthop")
int PVD_PROG(remove_nexthop_entry, struct net *net, struct nexthop *nh)
{
	pvd_hit(PVD_HOOK_REMOVE_NEXTHOP);
	emit_nexthop(nh, PVD_HOOK_REMOVE_NEXTHOP, PVD_OP_DEL);
	return 0;
}
