// SPDX-License-Identifier: GPL-2.0-only
/*
 * The object: all programs in one unit. bpftool's linker takes an extern function from one
 * object only (libbpf before 1.6), and every program calls bpf_preempt_disable().
 */
#include "addrconf.bpf.c"
#include "config.bpf.c"
#include "fib6.bpf.c"
#include "flow.bpf.c"
#include "iter.bpf.c"
#include "label.bpf.c"
#include "link.bpf.c"
#include "neigh.bpf.c"
#include "netpvd.bpf.c"
#include "nexthop.bpf.c"
#include "ra.bpf.c"
#include "ra_route.bpf.c"
#include "route.bpf.c"
#include "rule.bpf.c"
#include "saddr.bpf.c"
#include "sysctl.bpf.c"
#include "wire.bpf.c"
