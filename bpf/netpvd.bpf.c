// SPDX-License-Identifier: GPL-2.0-only
/* Provisioning domains that come and go: net/ipv6/pvd.c of the series in kernel/. */
#include "filter.bpf.h"
#include "netpvd.bpf.h"

static __always_inline void tell_netpvd(enum pvd_hook hook, enum pvd_op op, const struct net *net,
					struct net_pvd *pvd)
{
	struct pvd_about about = { PVD_KIND_NETPVD, hook, op, pvd_cookie(net), 0 };
	struct pvd_netpvd *record;

	pvd_hit(hook);
	if (!pvd_watches_netns(about.netns_cookie))
		return;
	record = pvd_reserve(sizeof(*record), about);
	if (!record)
		return;
	BPF_CORE_READ_INTO(&record->router, pvd, router);
	record->id = BPF_CORE_READ(pvd, id);
	record->ifindex = BPF_CORE_READ(pvd, ifindex);
	record->flags = BPF_CORE_READ(pvd, flags);
	record->sequence = BPF_CORE_READ(pvd, seq);
	record->delay = BPF_CORE_READ(pvd, delay);
	bpf_probe_read_kernel_str(record->name, sizeof(record->name),
				  (void *)pvd + bpf_core_field_offset(struct net_pvd, name));
	bpf_ringbuf_submit(record, 0);
}

SEC("tp_btf/pvd_register")
int PVD_PROG(pvd_register_tp, const struct net *net, struct net_pvd *pvd)
{
	tell_netpvd(PVD_HOOK_PVD_REGISTER, PVD_OP_NEW, net, pvd);
	return 0;
}

SEC("tp_btf/pvd_unregister")
int PVD_PROG(pvd_unregister_tp, const struct net *net, struct net_pvd *pvd)
{
	tell_netpvd(PVD_HOOK_PVD_UNREGISTER, PVD_OP_DEL, net, pvd);
	return 0;
}
