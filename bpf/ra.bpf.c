// SPDX-License-Identifier: GPL-2.0-only
/* Router Advertisements: as received, and what net/ipv6/ndisc.c made of them. */
#include "device.bpf.h"
#include "ra.bpf.h"

#define NDISC_ROUTER_ADVERTISEMENT 134
#define IPV6_HDR_BYTES		   40

struct ra_scratch {
	__u8 bytes[sizeof(struct pvd_ra) + PVD_RA_BYTES_MAX + 8]; /* 8: the verifier rounds up */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ra_scratch);
} ra_scratches SEC(".maps");

/* Everything from the ICMPv6 type on that is in the linear part of `skb`. */
static __always_inline void ra_tell(struct ra_state *ra, struct sk_buff *skb, enum pvd_hook hook)
{
	struct pvd_about about = { PVD_KIND_RA, hook, PVD_OP_BEGIN, ra->cookie, 0 };
	unsigned char *head = BPF_CORE_READ(skb, head);
	unsigned char *icmp = head + BPF_CORE_READ(skb, transport_header);
	__u32 pulled = BPF_CORE_READ(skb, data) - icmp;
	__u32 msg_len = BPF_CORE_READ(skb, len) + pulled;
	__u32 cap_len = msg_len - BPF_CORE_READ(skb, data_len);
	__u32 zero = 0;
	struct ra_scratch *scratch = bpf_map_lookup_elem(&ra_scratches, &zero);
	struct net_device *dev = BPF_CORE_READ(skb, dev);
	struct pvd_ra *record;
	__u8 *data;

	if (!scratch)
		return;
	record = (struct pvd_ra *)scratch->bytes;
	data = scratch->bytes + sizeof(*record);
	__builtin_memset(record, 0, sizeof(*record));
	if (cap_len > PVD_RA_BYTES_MAX)
		cap_len = PVD_RA_BYTES_MAX;
	if (cap_len < msg_len)
		about.flags = PVD_F_TRUNCATED;
	record->ra_id = ra->ra_id;
	record->ifindex = BPF_CORE_READ(dev, ifindex);
	record->msg_len = msg_len;
	record->cap_len = cap_len;
	BPF_CORE_READ_STR_INTO(&record->ifname, dev, name);
	bpf_probe_read_kernel(record->ip6, IPV6_HDR_BYTES,
			      head + BPF_CORE_READ(skb, network_header));
	if (cap_len & 7) /* zero what pads it to a multiple of 8 */
		*(__u64 *)&data[cap_len & (PVD_RA_BYTES_MAX - 8)] = 0;
	bpf_probe_read_kernel(data, cap_len, icmp);
	pvd_output(record, (sizeof(*record) + cap_len + 7) & ~7, about);
	ra->told = true;
}

/* Bad hop limits and codes are rejected later: such RAs are told too. */
SEC("fentry/ndisc_rcv")
int PVD_PROG(ndisc_rcv_entry, struct sk_buff *skb)
{
	unsigned char *icmp = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header);
	__u32 zero = 0;
	struct ra_state *ra = bpf_map_lookup_elem(&ra_states, &zero);
	__u64 cookie = pvd_cookie(BPF_CORE_READ(skb, dev, nd_net.net));
	__u8 type = 0;

	bpf_probe_read_kernel(&type, 1, icmp);
	if (type != NDISC_ROUTER_ADVERTISEMENT || !ra)
		return 0;
	pvd_hit(PVD_HOOK_NDISC_RCV);
	__builtin_memset(ra, 0, sizeof(*ra));
	if (!pvd_watches_netns(cookie))
		return 0;
	ra->skb = (__u64)skb;
	ra->ra_id = pvd_new_id();
	ra->cookie = cookie;
	/* ndisc_rcv() makes it linear first: until then parts may be out of reach. */
	if (!BPF_CORE_READ(skb, data_len))
		ra_tell(ra, skb, PVD_HOOK_NDISC_RCV);
	return 0;
}

SEC("fentry/ndisc_router_discovery")
int PVD_PROG(ndisc_router_discovery_entry, struct sk_buff *skb)
{
	struct ra_state *ra = ra_under_way(skb);

	pvd_hit(PVD_HOOK_NDISC_ROUTER_DISCOVERY);
	if (!ra)
		return 0;
	ra->reached |= PVD_RA_REACHED;
	ra->hop_limit = BPF_CORE_READ(skb, dev, ip6_ptr, cnf.hop_limit);
	ra->mtu6 = BPF_CORE_READ(skb, dev, ip6_ptr, cnf.mtu6);
	if (!ra->told)
		ra_tell(ra, skb, PVD_HOOK_NDISC_ROUTER_DISCOVERY);
	return 0;
}

SEC("fexit/ndisc_router_discovery")
int PVD_PROG(ndisc_router_discovery_exit, struct sk_buff *skb)
{
	struct ra_state *ra = ra_under_way(skb);

	if (ra)
		ra_touched(ra, ra->router, PVD_HOOK_NDISC_ROUTER_DISCOVERY);
	return 0;
}

/* Where the function returns a reason; the verifier refuses it where it is void. */
SEC("fexit/ndisc_router_discovery")
int PVD_PROG(ndisc_router_discovery_exit_reason, struct sk_buff *skb, int reason)
{
	struct ra_state *ra = ra_under_way(skb);

	if (!ra)
		return 0;
	ra->reached |= PVD_RA_HAS_REASON;
	ra->drop_reason = reason;
	ra_touched(ra, ra->router, PVD_HOOK_NDISC_ROUTER_DISCOVERY);
	return 0;
}

static __always_inline void ra_done(struct ra_state *ra, struct sk_buff *skb)
{
	struct net_device *dev = BPF_CORE_READ(skb, dev);
	struct inet6_dev *idev = BPF_CORE_READ(dev, ip6_ptr);
	struct pvd_ra_done *done;

	done = pvd_reserve(sizeof(*done), PVD_ABOUT(RA_DONE, NDISC_RCV, END, ra->cookie));
	if (!done)
		return;
	done->ra_id = ra->ra_id;
	done->ifindex = BPF_CORE_READ(dev, ifindex);
	done->reached = ra->reached;
	done->drop_reason = ra->drop_reason;
	if (idev) {
		done->accept_ra = BPF_CORE_READ(idev, cnf.accept_ra);
		done->forwarding = BPF_CORE_READ(idev, cnf.forwarding);
	}
	bpf_ringbuf_submit(done, 0);
}

/* An RA sets the device's hop limit and MTU. */
static __always_inline void ra_devconf(struct ra_state *ra, struct sk_buff *skb)
{
	struct net_device *dev = BPF_CORE_READ(skb, dev);
	struct inet6_dev *idev = BPF_CORE_READ(dev, ip6_ptr);

	if (!idev || (ra->hop_limit == BPF_CORE_READ(idev, cnf.hop_limit) &&
		      ra->mtu6 == BPF_CORE_READ(idev, cnf.mtu6)))
		return;
	pvd_emit_devconf(__builtin_preserve_access_index(&idev->cnf), BPF_CORE_READ(dev, ifindex),
			 ra->cookie, PVD_HOOK_NDISC_RCV);
}

/* The caller of ndisc_rcv() frees the packet, so it is still whole. */
SEC("fexit/ndisc_rcv")
int PVD_PROG(ndisc_rcv_exit, struct sk_buff *skb)
{
	struct ra_state *ra = ra_under_way(skb);

	if (!ra)
		return 0;
	if (!ra->told)
		ra_tell(ra, skb, PVD_HOOK_NDISC_RCV);
	if (ra->reached)
		ra_devconf(ra, skb);
	ra_done(ra, skb);
	ra->skb = 0;
	return 0;
}
