/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit.bpf.h - one ring buffer for everything, so that its order is the order
 * of changes and decisions on all CPUs, and the count of what did not fit.
 */
#ifndef PVD_EMIT_BPF_H
#define PVD_EMIT_BPF_H

#include "compat.bpf.h"
#include "event.h"
#include <bpf/bpf_endian.h>

char LICENSE[] SEC("license") = "GPL";

/* Jiffies per second; set before the load. */
extern const volatile __u32 hz;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 20);
} events SEC(".maps") __weak;

/* By CPU; the agent makes it as large as there are possible CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct pvd_counters);
} counters SEC(".maps") __weak;

/* On a CPU beyond the map the counters of CPU 0 are shared. */
static __always_inline struct pvd_counters *pvd_counters(void)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct pvd_counters *c = bpf_map_lookup_elem(&counters, &cpu);

	if (c)
		return c;
	cpu = 0;
	return bpf_map_lookup_elem(&counters, &cpu);
}

static __always_inline void pvd_hit(enum pvd_hook hook)
{
	struct pvd_counters *c = pvd_counters();

	if (c)
		__sync_fetch_and_add(&c->hits_by_hook[hook], 1);
}

static __always_inline void pvd_unpaired(void)
{
	struct pvd_counters *c = pvd_counters();

	if (c)
		__sync_fetch_and_add(&c->unpaired, 1);
}

/* Name of a decision or RA: unique on this machine, never 0. */
static __always_inline __u64 pvd_new_id(void)
{
	struct pvd_counters *c = pvd_counters();

	if (!c)
		return 0;
	return (__u64)bpf_get_smp_processor_id() << 48 | (__sync_fetch_and_add(&c->ids, 1) + 1);
}

/* What a program says about the record it is about to write. */
struct pvd_about {
	enum pvd_kind kind;
	enum pvd_hook hook;
	enum pvd_op op;
	__u64 netns_cookie;
	__u32 flags; /* PVD_F_*, besides PVD_F_SOFTIRQ */
};

#define PVD_ABOUT(k, h, o, cookie)                                                                 \
	((struct pvd_about){ PVD_KIND_##k, PVD_HOOK_##h, PVD_OP_##o, (cookie), 0 })

static __always_inline void pvd_fill_hdr(struct pvd_hdr *hdr, const struct pvd_about *about,
					 __u32 len, struct pvd_counters *c)
{
	hdr->ts_ns = bpf_ktime_get_boot_ns();
	hdr->netns_cookie = about->netns_cookie;
	hdr->seq = __sync_fetch_and_add(&c->seq, 1);
	hdr->lost = c->lost;
	hdr->len = len;
	hdr->flags = about->flags | (pvd_in_interrupt() ? PVD_F_SOFTIRQ : 0);
	hdr->kind = about->kind;
	hdr->hook = about->hook;
	hdr->cpu = bpf_get_smp_processor_id();
	hdr->version = PVD_WIRE_VERSION;
	hdr->op = about->op;
}

static __always_inline void pvd_lost(struct pvd_counters *c, enum pvd_kind kind)
{
	__sync_fetch_and_add(&c->lost, 1);
	__sync_fetch_and_add(&c->lost_by_kind[kind], 1);
}

/* A zeroed record with its header, to be submitted; NULL: lost and counted. */
static __always_inline void *pvd_reserve(__u32 len, struct pvd_about about)
{
	struct pvd_counters *c = pvd_counters();
	struct pvd_hdr *hdr;

	if (!c)
		return NULL;
	hdr = bpf_ringbuf_reserve(&events, len, 0);
	if (!hdr) {
		__sync_fetch_and_add(&c->seq, 1);
		pvd_lost(c, about.kind);
		return NULL;
	}
	__builtin_memset(hdr, 0, len);
	pvd_fill_hdr(hdr, &about, len, c);
	return hdr;
}

/* The same for a record built elsewhere: its header is filled and it is copied. */
static __always_inline void pvd_output(void *record, __u32 len, struct pvd_about about)
{
	struct pvd_counters *c = pvd_counters();

	if (!c)
		return;
	pvd_fill_hdr(record, &about, len, c);
	if (bpf_ringbuf_output(&events, record, len, 0))
		pvd_lost(c, about.kind);
}

/* The effects of a mutator may become visible from now on. */
static __always_inline void pvd_begin(enum pvd_kind kind, enum pvd_hook hook, __u64 cookie,
				      const void *id, __s32 ifindex)
{
	struct pvd_about about = { PVD_KIND_BEGIN, hook, PVD_OP_BEGIN, cookie, 0 };
	struct pvd_begin *begin = pvd_reserve(sizeof(*begin), about);

	if (!begin)
		return;
	begin->id = (__u64)id;
	begin->kind = kind;
	begin->ifindex = ifindex;
	bpf_ringbuf_submit(begin, 0);
}

/*
 * By how much CLOCK_MONOTONIC leads jiffies. A tick that comes late (its
 * interrupt waits, a hypervisor lets nobody run) makes jiffies stand still for
 * a while and then catch up (tick_do_update_jiffies64()), so of what is seen
 * the least is true, and it is what timers will follow. Without high resolution
 * a lost tick is lost for good (tick_periodic()): only the last minutes count.
 * Neither clock runs in suspend. Writers race; either of them is right enough.
 */
#define PVD_LEAD_WINDOW_NS 60000000000ULL

struct pvd_jiffies_lead {
	__u64 since_ns;	 /* start of the window */
	__s64 least_ns;	 /* seen in it */
	__s64 before_ns; /* and in the one before */
};

extern struct pvd_jiffies_lead jiffies_lead;

/* Jiffies are read first: the clock being late raises what is seen and cannot lower it. */
static __always_inline __s64 pvd_jiffies_lead_ns(__u64 tick_ns)
{
	__u64 jiffies_ns = bpf_jiffies64() * tick_ns;
	__u64 now_ns = bpf_ktime_get_ns();
	__s64 lead_ns = (__s64)(now_ns - jiffies_ns);
	__u64 age_ns = now_ns - jiffies_lead.since_ns;

	if (age_ns > PVD_LEAD_WINDOW_NS) {
		jiffies_lead.before_ns =
			age_ns > 2 * PVD_LEAD_WINDOW_NS ? lead_ns : jiffies_lead.least_ns;
		jiffies_lead.least_ns = lead_ns;
		jiffies_lead.since_ns = now_ns;
	} else if (lead_ns < jiffies_lead.least_ns) {
		jiffies_lead.least_ns = lead_ns;
	}
	lead_ns = jiffies_lead.least_ns;
	return lead_ns < jiffies_lead.before_ns ? lead_ns : jiffies_lead.before_ns;
}

/* When jiffies are or were `jiffies`: that is when a timer set to it goes off. */
static __always_inline __u64 pvd_jiffies_to_boot_ns(unsigned long jiffies)
{
	__u32 per_sec = hz;
	__u64 tick_ns, boot_ns;

	if (!per_sec)
		return 0;
	tick_ns = (1000000000 + per_sec / 2) / per_sec; /* TICK_NSEC */
	boot_ns = jiffies * tick_ns + pvd_jiffies_lead_ns(tick_ns);
	return boot_ns + (bpf_ktime_get_boot_ns() - bpf_ktime_get_ns());
}

static __always_inline bool pvd_is_err(const void *ptr)
{
	return (unsigned long)ptr >= (unsigned long)-MAX_ERRNO;
}

static __always_inline void pvd_copy_addr(void *to, const void *from)
{
	bpf_probe_read_kernel(to, 16, from);
}

#endif /* PVD_EMIT_BPF_H */
