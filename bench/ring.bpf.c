// SPDX-License-Identifier: GPL-2.0-only
/* Producer of the ring benchmarks: real records, made by BPF_PROG_TEST_RUN. */
#include "../bpf/kernel.bpf.h"
#include <bpf/bpf_helpers.h>
#include "../bpf/event.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

/* .bss, read through its map: attempts, records lost */
__u64 attempts;
__u64 drops;

struct bench_ctx {
	__u64 count;
	__u64 last;  /* the record that ends a run: ifindex -1 */
	__u64 shape; /* 0: pvd_link, 128 bytes; 1: pvd_lookup, 456 bytes */
};

static __always_inline void fill_hdr(struct pvd_hdr *hdr, __u64 seq, __u16 kind, __u32 len)
{
	hdr->ts_ns = bpf_ktime_get_boot_ns();
	hdr->netns_cookie = 1 + (seq & 3);
	hdr->seq = seq;
	hdr->len = len;
	hdr->kind = kind;
	hdr->hook =
		kind == PVD_KIND_LINK ? PVD_HOOK_ADDRCONF_NOTIFY : PVD_HOOK_IP6_ROUTE_OUTPUT_FLAGS;
	hdr->cpu = bpf_get_smp_processor_id();
	hdr->version = PVD_WIRE_VERSION;
	hdr->op = PVD_OP_CHANGE;
}

static __always_inline int emit_link(__u64 last)
{
	__u64 seq = attempts++;
	struct pvd_link *link = bpf_ringbuf_reserve(&ring, sizeof(*link), 0);

	if (!link) {
		drops++;
		return 1;
	}
	__builtin_memset(link, 0, sizeof(*link));
	fill_hdr(&link->hdr, seq, PVD_KIND_LINK, sizeof(*link));
	link->id = seq;
	link->ifindex = last ? -1 : 1 + (seq & 7);
	link->name[0] = 'e';
	link->name[1] = '0' + (seq & 7);
	link->mtu = 1500;
	link->lladdr_len = 6;
	link->lladdr[5] = seq;
	bpf_ringbuf_submit(link, 0);
	return 0;
}

static __always_inline int emit_lookup(void)
{
	__u64 seq = attempts++;
	struct pvd_lookup *lookup = bpf_ringbuf_reserve(&ring, sizeof(*lookup), 0);

	if (!lookup) {
		drops++;
		return 1;
	}
	__builtin_memset(lookup, 0, sizeof(*lookup));
	fill_hdr(&lookup->hdr, seq, PVD_KIND_LOOKUP, sizeof(*lookup));
	lookup->decision = seq;
	lookup->begin_ns = lookup->hdr.ts_ns - 1000;
	lookup->query.daddr[0] = 0x20;
	lookup->query.daddr[1] = 0x01;
	lookup->query.daddr[15] = seq;
	lookup->query.oif = 1 + (seq & 7);
	lookup->entry.id = seq;
	lookup->entry.table = 254;
	lookup->what = PVD_LOOKUP_HAS_ENTRY;
	lookup->tries_count = 2;
	lookup->tries[0].table = 255;
	lookup->tries[1].table = 254;
	lookup->tries[1].id = seq;
	bpf_ringbuf_submit(lookup, 0);
	return 0;
}

static long link_once(__u32 i, void *data)
{
	emit_link(0);
	return 0;
}

static long lookup_once(__u32 i, void *data)
{
	emit_lookup();
	return 0;
}

SEC("syscall")
int produce(struct bench_ctx *ctx)
{
	if (ctx->last)
		return emit_link(1);
	if (ctx->shape)
		bpf_loop(ctx->count, lookup_once, 0, 0);
	else
		bpf_loop(ctx->count, link_once, 0, 0);
	return 0;
}
