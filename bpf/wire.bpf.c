// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names every type of the wire format once, so that the object's BTF describes
 * all of them whichever programs are compiled in. Nothing reads the pointer.
 */
#include "kernel.bpf.h"
#include "event.h"

union pvd_wire {
	enum pvd_limit limit;
	enum pvd_kind kind;
	enum pvd_op op;
	enum pvd_flag flag;
	enum pvd_hook hook;
	enum pvd_ra_flag ra_flag;
	enum pvd_lookup_flag lookup_flag;
	struct pvd_begin begin;
	struct pvd_netns netns;
	struct pvd_link link;
	struct pvd_devconf devconf;
	struct pvd_addr addr;
	struct pvd_route route;
	struct pvd_rule rule;
	struct pvd_label label;
	struct pvd_neigh neigh;
	struct pvd_nexthop nexthop;
	struct pvd_sysctl sysctl;
	struct pvd_netpvd netpvd;
	struct pvd_ra ra;
	struct pvd_ra_done ra_done;
	struct pvd_lookup lookup;
	struct pvd_saddr saddr;
	struct pvd_flow flow;
	struct pvd_pvds pvds;
	struct pvd_counters counters;
};

const union pvd_wire *const volatile pvd_wire = 0;
