// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address labels of source selection: net/ipv6/addrlabel.c. Its helpers are
 * inlined differently in every release, so the request is read instead.
 */
#include "filter.bpf.h"

#define RTM_NEWADDRLABEL 72
#define NLMSG_HDRLEN	 16
#define IFAL_ADDRESS	 1
#define IFAL_LABEL	 2
#define ATTRS_MAX	 8

struct nlattr {
	__u16 nla_len;
	__u16 nla_type;
};
struct ifaddrlblmsg {
	__u8 ifal_family;
	__u8 reserved;
	__u8 ifal_prefixlen;
	__u8 ifal_flags;
	__u32 ifal_index;
	__u32 ifal_seq;
};

SEC("fentry/ip6addrlbl_newdel")
int PVD_PROG(ip6addrlbl_newdel_entry, struct sk_buff *skb)
{
	__u64 cookie = pvd_cookie(BPF_CORE_READ(skb, sk, __sk_common.skc_net.net));

	pvd_hit(PVD_HOOK_IP6ADDRLBL_NEWDEL);
	if (pvd_watches_netns(cookie))
		pvd_begin(PVD_KIND_LABEL, PVD_HOOK_IP6ADDRLBL_NEWDEL, cookie, NULL, 0);
	return 0;
}

static __always_inline void fill_label(struct pvd_label *out, void *nlh, __u32 len)
{
	__u32 at = NLMSG_HDRLEN + sizeof(struct ifaddrlblmsg);
	struct ifaddrlblmsg msg = {};
	struct nlattr attr = {};

	bpf_probe_read_kernel(&msg, sizeof(msg), nlh + NLMSG_HDRLEN);
	out->ifindex = msg.ifal_index;
	out->prefix_len = msg.ifal_prefixlen;
	for (int i = 0; i < ATTRS_MAX && at + sizeof(attr) <= len; i++) {
		if (bpf_probe_read_kernel(&attr, sizeof(attr), nlh + at))
			return;
		if (attr.nla_len < sizeof(attr) || at + attr.nla_len > len)
			return;
		if (attr.nla_type == IFAL_ADDRESS && attr.nla_len == sizeof(attr) + 16)
			bpf_probe_read_kernel(out->prefix, 16, nlh + at + sizeof(attr));
		if (attr.nla_type == IFAL_LABEL && attr.nla_len == sizeof(attr) + 4)
			bpf_probe_read_kernel(&out->label, 4, nlh + at + sizeof(attr));
		at += (attr.nla_len + 3) & ~3;
	}
}

SEC("fexit/ip6addrlbl_newdel")
int PVD_PROG(ip6addrlbl_newdel_exit, struct sk_buff *skb, struct nlmsghdr *nlh,
	     struct netlink_ext_ack *extack, int ret)
{
	struct pvd_about about = PVD_ABOUT(LABEL, IP6ADDRLBL_NEWDEL, DEL, 0);
	struct pvd_label *label;

	about.netns_cookie = pvd_cookie(BPF_CORE_READ(skb, sk, __sk_common.skc_net.net));
	if (!pvd_watches_netns(about.netns_cookie))
		return 0;
	if (ret)
		about.op = PVD_OP_FAIL;
	else if (BPF_CORE_READ(nlh, nlmsg_type) == RTM_NEWADDRLABEL)
		about.op = PVD_OP_NEW;
	label = pvd_reserve(sizeof(*label), about);
	if (!label)
		return 0;
	fill_label(label, nlh, BPF_CORE_READ(nlh, nlmsg_len));
	bpf_ringbuf_submit(label, 0);
	return 0;
}
