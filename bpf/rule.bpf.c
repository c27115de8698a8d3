// SPDX-License-Identifier: GPL-2.0-only
/* Policy rules (net/core/fib_rules.c) and address labels (net/ipv6/addrlabel.c). */
#include "rule.bpf.h"

#define RTM_NEWRULE 32

/* Rule that fib6_rule_configure() is filling: its netns is set already. */
SEC("fentry/fib6_rule_configure")
int PVD_PROG(fib6_rule_configure_entry, struct fib_rule *rule)
{
	__u64 cookie = pvd_cookie(BPF_CORE_READ(rule, fr_net));

	pvd_hit(PVD_HOOK_FIB6_RULE_CONFIGURE);
	if (pvd_watches_netns(cookie))
		pvd_begin(PVD_KIND_RULE, PVD_HOOK_FIB6_RULE_CONFIGURE, cookie, rule, 0);
	return 0;
}

SEC("fentry/fib6_rule_delete")
int PVD_PROG(fib6_rule_delete_entry, struct fib_rule *rule)
{
	__u64 cookie = pvd_cookie(BPF_CORE_READ(rule, fr_net));

	pvd_hit(PVD_HOOK_FIB6_RULE_DELETE);
	if (pvd_watches_netns(cookie))
		pvd_begin(PVD_KIND_RULE, PVD_HOOK_FIB6_RULE_DELETE, cookie, rule, 0);
	return 0;
}

/* A mutator that was begun and did not come to notify_rule_change(). */
static __always_inline void rule_failed(struct fib_rule *rule, enum pvd_hook hook)
{
	struct pvd_about about = { PVD_KIND_RULE, hook, PVD_OP_FAIL, 0, 0 };
	struct pvd_rule *record;

	about.netns_cookie = pvd_cookie(BPF_CORE_READ(rule, fr_net));
	if (!pvd_watches_netns(about.netns_cookie))
		return;
	record = pvd_reserve(sizeof(*record), about);
	if (!record)
		return;
	record->id = (__u64)rule;
	bpf_ringbuf_submit(record, 0);
}

SEC("fexit/fib6_rule_configure")
int PVD_PROG(fib6_rule_configure_exit, struct fib_rule *rule)
{
	__u64 ret = 0;

	bpf_get_func_ret(ctx, &ret);
	if ((__s32)ret < 0)
		rule_failed(rule, PVD_HOOK_FIB6_RULE_CONFIGURE);
	return 0;
}

SEC("fexit/fib6_rule_delete")
int PVD_PROG(fib6_rule_delete_exit, struct fib_rule *rule, int ret)
{
	if (ret)
		rule_failed(rule, PVD_HOOK_FIB6_RULE_DELETE);
	return 0;
}

static __always_inline void fill_rule(struct pvd_rule *out, struct fib_rule *rule)
{
	struct fib6_rule *rule6 = (struct fib6_rule *)rule;

	out->id = (__u64)rule;
	BPF_CORE_READ_INTO(&out->src, rule6, src.addr);
	BPF_CORE_READ_INTO(&out->dst, rule6, dst.addr);
	out->src_len = BPF_CORE_READ(rule6, src.plen);
	out->dst_len = BPF_CORE_READ(rule6, dst.plen);
	out->dscp = BPF_CORE_READ(rule6, dscp);
	BPF_CORE_READ_STR_INTO(&out->iifname, rule, iifname);
	BPF_CORE_READ_STR_INTO(&out->oifname, rule, oifname);
	out->iif = BPF_CORE_READ(rule, iifindex);
	out->oif = BPF_CORE_READ(rule, oifindex);
	out->pref = BPF_CORE_READ(rule, pref);
	out->table = BPF_CORE_READ(rule, table);
	out->mark = BPF_CORE_READ(rule, mark);
	out->mark_mask = BPF_CORE_READ(rule, mark_mask);
	out->goto_target = BPF_CORE_READ(rule, target);
	out->fr_flags = BPF_CORE_READ(rule, flags);
	out->suppress_prefixlen = BPF_CORE_READ(rule, suppress_prefixlen);
	out->suppress_ifgroup = BPF_CORE_READ(rule, suppress_ifgroup);
	out->uid_start = BPF_CORE_READ(rule, uid_range.start.val);
	out->uid_end = BPF_CORE_READ(rule, uid_range.end.val);
	out->has_uid_range = out->uid_start != 0 || out->uid_end != ~0U;
	out->sport_start = BPF_CORE_READ(rule, sport_range.start);
	out->sport_end = BPF_CORE_READ(rule, sport_range.end);
	out->dport_start = BPF_CORE_READ(rule, dport_range.start);
	out->dport_end = BPF_CORE_READ(rule, dport_range.end);
	out->action = BPF_CORE_READ(rule, action);
	out->ip_proto = BPF_CORE_READ(rule, ip_proto);
	out->l3mdev = BPF_CORE_READ(rule, l3mdev);
	out->protocol = BPF_CORE_READ(rule, proto);
}

/* After the change, by netlink or by a VRF device; the rule is still there. */
SEC("fentry/notify_rule_change")
int PVD_PROG(notify_rule_change_entry, int event, struct fib_rule *rule, struct fib_rules_ops *ops)
{
	struct pvd_about about = PVD_ABOUT(RULE, NOTIFY_RULE_CHANGE, DEL, 0);
	struct pvd_rule *record;

	if (BPF_CORE_READ(ops, family) != AF_INET6)
		return 0;
	pvd_hit(PVD_HOOK_NOTIFY_RULE_CHANGE);
	about.netns_cookie = pvd_cookie(BPF_CORE_READ(rule, fr_net));
	if (!pvd_watches_netns(about.netns_cookie))
		return 0;
	if (event == RTM_NEWRULE)
		about.op = PVD_OP_NEW;
	record = pvd_reserve(sizeof(*record), about);
	if (!record)
		return 0;
	fill_rule(record, rule);
	bpf_ringbuf_submit(record, 0);
	return 0;
}
