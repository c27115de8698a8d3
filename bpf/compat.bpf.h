/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.bpf.h - what differs between kernels, one fact a block.
 *
 * Decided when the object is loaded, by what the kernel's BTF has, never by a
 * version. Differences of a whole hook are alternatives in agent/probe/hooks.ts.
 */
#ifndef PVD_COMPAT_BPF_H
#define PVD_COMPAT_BPF_H

#include "kernel.bpf.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/*
 * preempt_count on x86: a per-CPU variable of its own in 6.1 and 7.2, a member
 * of pcpu_hot in 6.12; on other machines it is in thread_info.
 */
struct pcpu_hot___pvd {
	int preempt_count;
} __attribute__((preserve_access_index));
struct thread_info___pvd {
	__u64 preempt_count;
} __attribute__((preserve_access_index));
struct task_struct___pvd {
	struct thread_info___pvd thread_info;
} __attribute__((preserve_access_index));

extern const int __preempt_count __ksym __weak;
extern const struct pcpu_hot___pvd pcpu_hot __ksym __weak;

#define PVD_SOFTIRQ_OFFSET 0x100    /* SOFTIRQ_OFFSET: set while softirqs are served */
#define PVD_HARDIRQ_MASK   0xff0000 /* HARDIRQ_MASK | NMI_MASK */

static __always_inline bool pvd_in_interrupt(void)
{
	int count = 0;

	if (&__preempt_count) {
		count = *(const int *)bpf_this_cpu_ptr(&__preempt_count);
	} else if (&pcpu_hot) {
		const struct pcpu_hot___pvd *hot = bpf_this_cpu_ptr(&pcpu_hot);

		count = BPF_CORE_READ(hot, preempt_count);
	} else if (bpf_core_field_exists(struct thread_info___pvd, preempt_count)) {
		struct task_struct___pvd *task = (void *)bpf_get_current_task();

		count = BPF_CORE_READ(task, thread_info.preempt_count);
	}
	return count & (PVD_SOFTIRQ_OFFSET | PVD_HARDIRQ_MASK);
}

/*
 * A program that is preempted is not run for others on that CPU until it ends
 * (__bpf_prog_enter_recur), and what they did is missed. Since 6.10 a program can keep
 * that from happening; before, it is rare, and counted by the kernel.
 */
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

/* Whether the kernel has the function; opaque, or clang doubles what lies between two askings. */
static __always_inline bool pvd_has(void (*kfunc)(void))
{
	barrier_var(kfunc);
	return kfunc;
}

/* BPF_PROG, not preempted. */
/* clang-format off */
#define PVD_PROG(name, args...)                                                     \
	name(unsigned long long *ctx);                                              \
	static __always_inline int body_of_##name(unsigned long long *ctx, ##args); \
	int name(unsigned long long *ctx)                                           \
	{                                                                           \
		if (pvd_has(bpf_preempt_disable))                                   \
			bpf_preempt_disable();                                      \
		_Pragma("GCC diagnostic push")                                      \
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")              \
		body_of_##name(___bpf_ctx_cast(args));                              \
		_Pragma("GCC diagnostic pop")                                       \
		if (pvd_has(bpf_preempt_enable))                                    \
			bpf_preempt_enable();                                       \
		return 0;                                                           \
	}                                                                           \
	static __always_inline int body_of_##name(unsigned long long *ctx, ##args)
/* clang-format on */

/* net_device.priv_flags: a 32-bit bit field in 6.12, an integer in 6.1. */
static __always_inline __u64 pvd_priv_flags(struct net_device *dev)
{
	return BPF_CORE_READ_BITFIELD_PROBED(dev, priv_flags);
}

/* net_device.operstate: unsigned int in 6.12, unsigned char in 6.1. */
static __always_inline __u8 pvd_operstate(struct net_device *dev)
{
	return BPF_CORE_READ_BITFIELD_PROBED(dev, operstate);
}

/* ipv6_pinfo.srcprefs: a byte in 6.12, three bits of a bit field in 6.1. */
static __always_inline __u8 pvd_srcprefs(struct ipv6_pinfo *np)
{
	return BPF_CORE_READ_BITFIELD_PROBED(np, srcprefs);
}

/* inet6_ifaddr.ifa_proto: not in older kernels. */
static __always_inline __u8 pvd_ifa_proto(struct inet6_ifaddr *ifp)
{
	if (!bpf_core_field_exists(ifp->ifa_proto))
		return 0;
	return BPF_CORE_READ(ifp, ifa_proto);
}

#endif /* PVD_COMPAT_BPF_H */
