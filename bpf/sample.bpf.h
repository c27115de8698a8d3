/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample.bpf.h - what is left out when the reader falls behind: decisions, never changes.
 *
 * Up to `sample_above` bytes in the ring every decision is told. Beyond, each
 * `sample_step` leaves out one more eighth of the destinations, chosen by a salted
 * hash, so that the decisions of one flow are told or left out together; after
 * eight steps none is told, and the rest of the ring is kept for changes. What is
 * left out is decided at the entry of its outermost function, and counted there.
 */
#ifndef PVD_SAMPLE_BPF_H
#define PVD_SAMPLE_BPF_H

#include "emit.bpf.h"

/* Set before the load. */
extern const volatile __u32 sample_above; /* bytes; 0: decisions are never left out */
extern const volatile __u32 sample_step;  /* bytes */
extern const volatile __u32 sample_salt;

#define PVD_SAMPLE_SLOTS 8

/* Slot of a destination: its share of the order in which they are left out. */
static __always_inline __u32 pvd_sample_slot(const struct in6_addr *daddr)
{
	__u32 words[4] = {};
	__u32 hash = sample_salt;

	pvd_copy_addr(words, daddr);
	for (int i = 0; i < 4; i++) {
		hash = (hash ^ words[i]) * 0x9e3779b1; /* odd, from the golden ratio */
		hash ^= hash >> 15;
	}
	return hash % PVD_SAMPLE_SLOTS;
}

/* Whether a decision of this kind is left out; counts it if so. */
static __always_inline bool pvd_left_out(enum pvd_kind kind, const struct in6_addr *daddr)
{
	struct pvd_counters *c;
	__u64 fill;

	if (!sample_above)
		return false;
	fill = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);
	if (fill <= sample_above)
		return false;
	if (pvd_sample_slot(daddr) > (fill - sample_above) / (sample_step ?: 1))
		return false;
	c = pvd_counters();
	if (c)
		__sync_fetch_and_add(&c->left_out_by_kind[kind], 1);
	return true;
}

#endif /* PVD_SAMPLE_BPF_H */
