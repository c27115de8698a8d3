/* SPDX-License-Identifier: GPL-2.0-only */
/* device.bpf.h - struct net_device and struct ipv6_devconf as records hold them. */
#ifndef PVD_DEVICE_BPF_H
#define PVD_DEVICE_BPF_H

#include "filter.bpf.h"

PVD_KERNEL_TYPES_BEGIN
struct notifier_block;
struct netdev_notifier_info {
	struct net_device *dev;
};
PVD_KERNEL_TYPES_END

#define PVD_IFINDEX_ALL	    0
#define PVD_IFINDEX_DEFAULT -1

static __always_inline void pvd_fill_devconf(struct pvd_devconf *out, struct ipv6_devconf *cnf)
{
#define COPY(field) out->field = BPF_CORE_READ(cnf, field)
	COPY(forwarding);
	COPY(accept_ra);
	COPY(accept_ra_defrtr);
	COPY(ra_defrtr_metric);
	COPY(accept_ra_min_hop_limit);
	COPY(accept_ra_min_lft);
	COPY(accept_ra_pinfo);
	COPY(accept_ra_from_local);
	COPY(accept_ra_rtr_pref);
	COPY(accept_ra_rt_info_min_plen);
	COPY(accept_ra_rt_info_max_plen);
	COPY(accept_ra_mtu);
	COPY(autoconf);
	COPY(addr_gen_mode);
	COPY(max_addresses);
	COPY(use_tempaddr);
	COPY(temp_valid_lft);
	COPY(temp_prefered_lft);
	COPY(dad_transmits);
	COPY(accept_dad);
	COPY(optimistic_dad);
	COPY(use_optimistic);
	COPY(use_oif_addrs_only);
	COPY(ignore_routes_with_linkdown);
	COPY(keep_addr_on_down);
	COPY(disable_ipv6);
	COPY(hop_limit);
	COPY(mtu6);
#undef COPY
	if (hz)
		out->rtr_probe_interval_ms =
			(__u64)BPF_CORE_READ(cnf, rtr_probe_interval) * 1000 / hz;
}

static __always_inline void pvd_emit_devconf(struct ipv6_devconf *cnf, __s32 ifindex, __u64 cookie,
					     enum pvd_hook hook)
{
	struct pvd_about about = { PVD_KIND_DEVCONF, hook, PVD_OP_CHANGE, cookie, 0 };
	struct pvd_devconf *devconf = pvd_reserve(sizeof(*devconf), about);

	if (!devconf)
		return;
	devconf->ifindex = ifindex;
	pvd_fill_devconf(devconf, cnf);
	bpf_ringbuf_submit(devconf, 0);
}

#endif /* PVD_DEVICE_BPF_H */
