/* SPDX-License-Identifier: GPL-2.0-only */
/* rule.bpf.h - policy rules as the kernel holds them (include/net/fib_rules.h). */
#ifndef PVD_RULE_BPF_H
#define PVD_RULE_BPF_H

#include "filter.bpf.h"

PVD_KERNEL_TYPES_BEGIN
struct fib_kuid_range {
	kuid_t start;
	kuid_t end;
};
struct fib_rule_port_range {
	__u16 start;
	__u16 end;
};
struct fib_rule {
	int iifindex;
	int oifindex;
	__u32 mark;
	__u32 mark_mask;
	__u32 flags;
	__u32 table;
	__u8 action;
	__u8 l3mdev;
	__u8 proto;
	__u8 ip_proto;
	__u32 target;
	struct net *fr_net;
	__u32 pref;
	int suppress_ifgroup;
	int suppress_prefixlen;
	char iifname[16];
	char oifname[16];
	struct fib_kuid_range uid_range;
	struct fib_rule_port_range sport_range;
	struct fib_rule_port_range dport_range;
};
struct fib6_rule {
	struct fib_rule common;
	struct rt6key src;
	struct rt6key dst;
	__u8 dscp;
};
struct fib_rules_ops {
	int family;
};
PVD_KERNEL_TYPES_END

#endif /* PVD_RULE_BPF_H */
