/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decision.bpf.h - decisions under way, from the entry of a function to its exit.
 *
 * Keyed by the flowi6: the same pointer from ip6_dst_lookup_flow() down to
 * fib6_table_lookup(). Not by the task: a softirq's lookup runs within a task's.
 * LRU, because an exit that the kernel does not report must not fill the map.
 * What is left out (sample.bpf.h) is there too, with a begin_ns of 0.
 */
#ifndef PVD_DECISION_BPF_H
#define PVD_DECISION_BPF_H

#include "filter.bpf.h"
#include "netpvd.bpf.h"
#include "sample.bpf.h"

#define PVD_NO_RULE 0xffffffff

PVD_KERNEL_TYPES_BEGIN
struct inet_sock {
	struct ipv6_pinfo *pinet6;
};
PVD_KERNEL_TYPES_END

struct lookup_state {
	struct pvd_lookup record;
	struct pvd_pvds bound; /* right behind the record, as it is written */
	__u32 rule_pref;       /* of the rule matched last */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct lookup_state);
} lookups SEC(".maps") __weak;

struct flow_state {
	struct pvd_flow record;
	struct pvd_pvds bound;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct flow_state);
} flows SEC(".maps") __weak;

/* The flow whose daddr is at `daddr`, if it is one. */
static __always_inline __u64 pvd_flow_of_daddr(const struct in6_addr *daddr)
{
	return (__u64)daddr - bpf_core_field_offset(struct flowi6, daddr);
}

static __always_inline const struct in6_addr *pvd_daddr_of(const struct flowi6 *fl6)
{
	return (const void *)fl6 + bpf_core_field_offset(struct flowi6, daddr);
}

/* A record, and the PvDs behind it where there are any. */
static __always_inline void pvd_output_bound(void *record, __u32 len, const struct pvd_pvds *bound,
					     struct pvd_about about)
{
	if (pvd_has_netpvd() && (bound->count || bound->route))
		pvd_output(record, len + sizeof(*bound), about);
	else
		pvd_output(record, len, about);
}

static __always_inline void pvd_fill_task(struct pvd_task *task)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	task->cgroup_id = bpf_get_current_cgroup_id();
	task->pid = (__u32)pid_tgid;
	task->tgid = pid_tgid >> 32;
	bpf_get_current_comm(task->comm, sizeof(task->comm));
}

/* `sk`: an argument of the program, as bpf_get_socket_cookie() demands. */
static __always_inline void pvd_fill_sock(struct pvd_sock *out, struct sock *sk)
{
	struct ipv6_pinfo *np;

	if (!sk)
		return;
	out->cookie = bpf_get_socket_cookie(sk);
	out->bound_dev_if = BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
	out->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	out->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (out->state == TCP_TIME_WAIT || out->state == TCP_NEW_SYN_RECV)
		return; /* not a full socket */
	out->mark = BPF_CORE_READ(sk, sk_mark);
	out->type = BPF_CORE_READ(sk, sk_type);
	out->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (out->family != AF_INET6)
		return;
	np = BPF_CORE_READ((struct inet_sock *)sk, pinet6);
	if (np)
		out->srcprefs = pvd_srcprefs(np) & 7;
}

static __always_inline void pvd_fill_flow6(struct pvd_flow6 *out, struct flowi6 *fl6)
{
	BPF_CORE_READ_INTO(&out->daddr, fl6, daddr);
	BPF_CORE_READ_INTO(&out->saddr, fl6, saddr);
	out->oif = BPF_CORE_READ(fl6, __fl_common.flowic_oif);
	out->iif = BPF_CORE_READ(fl6, __fl_common.flowic_iif);
	out->l3mdev = BPF_CORE_READ(fl6, __fl_common.flowic_l3mdev);
	out->mark = BPF_CORE_READ(fl6, __fl_common.flowic_mark);
	out->uid = BPF_CORE_READ(fl6, __fl_common.flowic_uid.val);
	out->proto = BPF_CORE_READ(fl6, __fl_common.flowic_proto);
	out->flow_flags = BPF_CORE_READ(fl6, __fl_common.flowic_flags);
	out->flowinfo = bpf_ntohl(BPF_CORE_READ(fl6, flowlabel));
	out->sport = bpf_ntohs(BPF_CORE_READ(fl6, uli.ports.sport));
	out->dport = bpf_ntohs(BPF_CORE_READ(fl6, uli.ports.dport));
}

static __always_inline void pvd_fill_stamps(struct pvd_stamps *out, const struct net *net)
{
	struct rt6_statistics *stats = BPF_CORE_READ(net, ipv6.rt6_stats);

	out->fib6_sernum = BPF_CORE_READ(net, ipv6.fib6_sernum.counter);
	out->addr_genid = BPF_CORE_READ(net, ipv6.dev_addr_genid.counter);
	out->dev_base_seq = BPF_CORE_READ(net, dev_base_seq);
	out->rt_entries = BPF_CORE_READ(stats, fib_rt_entries);
	out->rt_cache = BPF_CORE_READ(stats, fib_rt_cache);
	out->all_forwarding = BPF_CORE_READ(net, ipv6.devconf_all, forwarding);
}

#endif /* PVD_DECISION_BPF_H */
