// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes that a Router Advertisement refreshes: expiry and preference of an
 * entry that is there already change without a word to anybody
 * (ndisc_router_discovery(), rt6_route_rcv(), addrconf_prefix_rcv()), so the
 * entries they look up are remembered and told at their exits.
 */
#include "ra.bpf.h"

static __always_inline void ra_remember(__u64 entry, __u32 reached)
{
	struct ra_state *ra = ra_under_way(NULL);

	if (!ra || pvd_is_err((void *)entry))
		return;
	if (ra->in_option) {
		if (entry)
			ra->option = entry;
		return;
	}
	ra->reached |= reached;
	if (entry)
		ra->router = entry;
}

SEC("fexit/rt6_get_dflt_router")
int PVD_PROG(rt6_get_dflt_router_exit)
{
	__u64 rt = 0;

	pvd_hit(PVD_HOOK_RT6_GET_DFLT_ROUTER);
	bpf_get_func_ret(ctx, &rt);
	ra_remember(rt, PVD_RA_DEFRTR);
	return 0;
}

/* It has one argument more in 6.12 than in 6.1: the result is asked for, not named. */
SEC("fexit/rt6_add_dflt_router")
int PVD_PROG(rt6_add_dflt_router_exit)
{
	__u64 rt = 0;

	pvd_hit(PVD_HOOK_RT6_ADD_DFLT_ROUTER);
	bpf_get_func_ret(ctx, &rt);
	ra_remember(rt, PVD_RA_DEFRTR);
	return 0;
}

SEC("fexit/rt6_get_route_info")
int PVD_PROG(rt6_get_route_info_exit)
{
	__u64 rt = 0;

	pvd_hit(PVD_HOOK_RT6_GET_ROUTE_INFO);
	bpf_get_func_ret(ctx, &rt);
	ra_remember(rt, 0);
	return 0;
}

SEC("fexit/rt6_add_route_info")
int PVD_PROG(rt6_add_route_info_exit)
{
	__u64 rt = 0;

	pvd_hit(PVD_HOOK_RT6_ADD_ROUTE_INFO);
	bpf_get_func_ret(ctx, &rt);
	ra_remember(rt, 0);
	return 0;
}

SEC("fexit/addrconf_get_prefix_route")
int PVD_PROG(addrconf_get_prefix_route_exit)
{
	__u64 rt = 0;

	pvd_hit(PVD_HOOK_ADDRCONF_GET_PREFIX_ROUTE);
	bpf_get_func_ret(ctx, &rt);
	ra_remember(rt, 0);
	return 0;
}

static __always_inline void option_begin(__u32 reached)
{
	struct ra_state *ra = ra_under_way(NULL);

	if (!ra)
		return;
	ra->reached |= reached;
	ra->in_option = true;
	ra->option = 0;
}

static __always_inline void option_end(enum pvd_hook hook)
{
	struct ra_state *ra = ra_under_way(NULL);

	if (!ra)
		return;
	ra_touched(ra, ra->option, hook);
	ra->in_option = false;
}

SEC("fentry/rt6_route_rcv")
int PVD_PROG(rt6_route_rcv_entry)
{
	pvd_hit(PVD_HOOK_RT6_ROUTE_RCV);
	option_begin(PVD_RA_RINFO);
	return 0;
}

SEC("fexit/rt6_route_rcv")
int PVD_PROG(rt6_route_rcv_exit)
{
	option_end(PVD_HOOK_RT6_ROUTE_RCV);
	return 0;
}

SEC("fentry/addrconf_prefix_rcv")
int PVD_PROG(addrconf_prefix_rcv_entry)
{
	pvd_hit(PVD_HOOK_ADDRCONF_PREFIX_RCV);
	option_begin(PVD_RA_PINFO);
	return 0;
}

SEC("fexit/addrconf_prefix_rcv")
int PVD_PROG(addrconf_prefix_rcv_exit)
{
	option_end(PVD_HOOK_ADDRCONF_PREFIX_RCV);
	return 0;
}
