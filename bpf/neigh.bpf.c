// SPDX-License-Identifier: GPL-2.0-only
/* States of IPv6 neighbours: net/core/neighbour.c. */
#include "filter.bpf.h"

PVD_KERNEL_TYPES_BEGIN
struct neigh_table {
	int family;
};
struct neighbour {
	struct neigh_table *tbl;
	__u8 nud_state;
	__u8 type;
	__u32 flags;
	unsigned char ha[32];
	struct net_device *dev;
	__u8 primary_key[0];
};
PVD_KERNEL_TYPES_END

static __always_inline void emit_neigh(const struct neighbour *n, enum pvd_hook hook,
				       enum pvd_op op)
{
	struct pvd_about about = { PVD_KIND_NEIGH, hook, op, 0, 0 };
	struct pvd_neigh *neigh;

	if (BPF_CORE_READ(n, tbl, family) != AF_INET6)
		return;
	pvd_hit(hook);
	about.netns_cookie = pvd_cookie(BPF_CORE_READ(n, dev, nd_net.net));
	if (!pvd_watches_netns(about.netns_cookie))
		return;
	neigh = pvd_reserve(sizeof(*neigh), about);
	if (!neigh)
		return;
	neigh->id = (__u64)n;
	bpf_core_read(neigh->addr, sizeof(neigh->addr), &n->primary_key);
	BPF_CORE_READ_INTO(&neigh->lladdr, n, ha);
	neigh->lladdr_len = BPF_CORE_READ(n, dev, addr_len);
	if (neigh->lladdr_len > sizeof(neigh->lladdr))
		neigh->lladdr_len = sizeof(neigh->lladdr);
	neigh->ifindex = BPF_CORE_READ(n, dev, ifindex);
	neigh->ntf_flags = BPF_CORE_READ(n, flags);
	neigh->nud_state = BPF_CORE_READ(n, nud_state);
	neigh->type = BPF_CORE_READ(n, type);
	bpf_ringbuf_submit(neigh, 0);
}

/* Neighbour Discovery and netlink. */
SEC("tp_btf/neigh_update_done")
int PVD_PROG(neigh_update_done_tp, struct neighbour *n, int err)
{
	emit_neigh(n, PVD_HOOK_NEIGH_UPDATE, PVD_OP_CHANGE);
	return 0;
}

SEC("tp_btf/neigh_timer_handler")
int PVD_PROG(neigh_timer_handler_tp, struct neighbour *n, int err)
{
	emit_neigh(n, PVD_HOOK_NEIGH_TIMER_HANDLER, PVD_OP_CHANGE);
	return 0;
}

SEC("tp_btf/neigh_event_send_done")
int PVD_PROG(neigh_event_send_done_tp, struct neighbour *n, int err)
{
	emit_neigh(n, PVD_HOOK_NEIGH_EVENT_SEND_DONE, PVD_OP_CHANGE);
	return 0;
}

/* The trace point neigh_create comes before the address and device are filled in. */
SEC("fexit/__neigh_create")
int PVD_PROG(__neigh_create_exit, struct neigh_table *tbl, const void *pkey, struct net_device *dev,
	     bool want_ref, struct neighbour *n)
{
	if (!pvd_is_err(n))
		emit_neigh(n, PVD_HOOK_NEIGH_CREATE, PVD_OP_NEW);
	return 0;
}

SEC("tp_btf/neigh_cleanup_and_release")
int PVD_PROG(neigh_cleanup_and_release_tp, struct neighbour *n, int err)
{
	emit_neigh(n, PVD_HOOK_NEIGH_CLEANUP_AND_RELEASE, PVD_OP_DEL);
	return 0;
}

/* FAILED to INCOMPLETE when a router is probed: no trace point tells of it. */
SEC("fexit/__neigh_set_probe_once")
int PVD_PROG(__neigh_set_probe_once_exit, struct neighbour *n)
{
	emit_neigh(n, PVD_HOOK_NEIGH_SET_PROBE_ONCE, PVD_OP_CHANGE);
	return 0;
}
