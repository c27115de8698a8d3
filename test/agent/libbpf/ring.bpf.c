// SPDX-License-Identifier: GPL-2.0-only
/* Producer for the ring reader's tests: run by BPF_PROG_TEST_RUN, loads where tracing does not. */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
enum { BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_PERCPU_ARRAY = 6, BPF_MAP_TYPE_RINGBUF = 27 };
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 discard_every = 5;
const volatile __u64 wide;
const volatile _Bool narrow;
const volatile __u32 list[4];

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[4]);
} counts SEC(".maps");

/* .bss, read through a mapping: attempts, drops, discards, submissions */
__u64 totals[4];
/* What read-only globals the program saw. */
__u64 seen[4];

struct rec {
	__u64 seq;
	__u32 kind;
	__u32 len;
	__u64 check;
};

struct ctx {
	__u64 count;
	__u64 spin;
};

static __always_inline void count(__u32 index)
{
	__u32 zero = 0;
	__u64 *percpu = bpf_map_lookup_elem(&counts, &zero);

	__sync_fetch_and_add(&totals[index], 1);
	if (percpu)
		percpu[index]++;
}

static long spin_once(__u32 i, void *data)
{
	return 0;
}

static __always_inline void emit(__u32 len, __u32 kind, __u64 spin)
{
	__u64 seq = __sync_fetch_and_add(&totals[0], 1);
	struct rec *rec = bpf_ringbuf_reserve(&ring, len, 0);

	if (!rec) {
		count(1);
		return;
	}
	/* Until it is submitted, nothing of it is right. */
	if (spin)
		bpf_loop(spin, spin_once, 0, 0);
	rec->seq = seq;
	rec->kind = kind;
	rec->len = len;
	rec->check = ~seq;
	((__u8 *)rec)[len - 1] = (__u8)(seq * 7);
	if (discard_every && seq % discard_every == 0) {
		count(2);
		bpf_ringbuf_discard(rec, 0);
		return;
	}
	count(3);
	bpf_ringbuf_submit(rec, 0);
}

static long emit_sized(__u32 i, void *data)
{
	switch (i & 7) {
	case 0:
		emit(25, 0, 0);
		break;
	case 1:
		emit(32, 0, 0);
		break;
	case 2:
		emit(41, 0, 0);
		break;
	case 3:
		emit(128, 0, 0);
		break;
	case 4:
		emit(133, 0, 0);
		break;
	case 5:
		emit(511, 0, 0);
		break;
	case 6:
		emit(1000, 0, 0);
		break;
	case 7:
		emit(2047, 0, 0);
		break;
	}
	return 0;
}

static long emit_big(__u32 i, void *data)
{
	emit(65000, 0, 0);
	return 0;
}

/* Records of eight sizes, every fifth discarded. */
SEC("syscall")
int produce(struct ctx *ctx)
{
	seen[0] = wide;
	seen[1] = narrow;
	seen[2] = list[2];
	bpf_loop(ctx->count, emit_sized, 0, 0);
	return 0;
}

/* One record that stays busy for a while. */
SEC("syscall")
int produce_slow(struct ctx *ctx)
{
	emit(64, 1, ctx->spin);
	return 0;
}

/* Large records: positions pass 4 GiB soon. */
SEC("syscall")
int produce_big(struct ctx *ctx)
{
	bpf_loop(ctx->count, emit_big, 0, 0);
	return 0;
}

/* No kernel accepts it: an unbounded pointer. */
SEC("syscall")
int refused(struct ctx *ctx)
{
	return *(volatile int *)ctx->count;
}
