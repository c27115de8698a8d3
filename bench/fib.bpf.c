// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own answers to the queries of the model benchmark, driven by BPF_PROG_TEST_RUN. */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define AF_INET6	 10
#define LOOPBACK_IFINDEX 1
#define QUERIES		 128 /* a run */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << 17);
	__type(key, __u32);
	__type(value, __u32[4]);
} targets SEC(".maps");

/* .bss, read through its map */
struct {
	__u32 flags; /* BPF_FIB_LOOKUP_* */
	__u32 count; /* of targets */
	__u32 next;
	__u32 pad;
	__u64 done;
	__u64 found; /* a route, of those done */
} run;

SEC("tc")
int fib_lookup(struct __sk_buff *skb)
{
	for (int i = 0; i < QUERIES; i++) {
		struct bpf_fib_lookup query = { .family = AF_INET6, .ifindex = LOOPBACK_IFINDEX };
		__u32 key = run.next;
		__u32 *daddr = bpf_map_lookup_elem(&targets, &key);

		run.next = key + 1 < run.count ? key + 1 : 0;
		if (!daddr)
			break;
		__builtin_memcpy(query.ipv6_dst, daddr, sizeof(query.ipv6_dst));
		run.done++;
		if (bpf_fib_lookup(skb, &query, sizeof(query), run.flags) == 0)
			run.found++;
	}
	return 0;
}
