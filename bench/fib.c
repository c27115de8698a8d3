// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks the kernel what the model is asked, in the netns it runs in: by bpf_fib_lookup() with
 * and without a source, and by RTM_GETROUTE.
 *
 *   fib OBJECT TARGETS      TARGETS: addresses, 16 octets each
 *
 * Prints one JSON line: answers a second of CPU time, and how many of the answers were routes.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TARGETS_MAX (1 << 17)
#define SECONDS	    1.0
#define REPEAT	    64
/* uapi of 6.12: OUTPUT | SKIP_NEIGH, and SRC */
#define FIB_ROUTE   (2 | 4)
#define FIB_FLOW    (2 | 4 | 16)

static unsigned char targets[TARGETS_MAX][16];

/* .bss of fib.bpf.c */
struct bss {
	__u32 flags, count, next, pad;
	__u64 done, found;
};

static double cpu_sec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void fib(struct bpf_object *obj, struct bss *bss, __u32 flags, const char *name)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = REPEAT);
	int prog = bpf_program__fd(bpf_object__find_program_by_name(obj, "fib_lookup"));
	double start;

	bss->flags = flags;
	if (bpf_prog_test_run_opts(prog, &opts))
		die("BPF_PROG_TEST_RUN");
	bss->done = bss->found = 0;
	start = cpu_sec();
	while (cpu_sec() - start < SECONDS)
		bpf_prog_test_run_opts(prog, &opts);
	printf("\"%s\":%.0f,\"%sFound\":%.4f,", name, bss->done / (cpu_sec() - start), name,
	       (double)bss->found / bss->done);
}

static void getroute(__u32 count)
{
	struct {
		struct nlmsghdr nh;
		struct rtmsg rtm;
		struct rtattr dst;
		unsigned char addr[16];
	} req = {
		.nh = { sizeof(req), RTM_GETROUTE, NLM_F_REQUEST },
		.rtm = { .rtm_family = AF_INET6, .rtm_dst_len = 128 },
		.dst = { RTA_LENGTH(16), RTA_DST },
	};
	char reply[4096];
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	__u64 done = 0, found = 0;
	double start = cpu_sec();

	if (fd < 0)
		die("socket");
	for (; done % 1024 || cpu_sec() - start < SECONDS; done++) {
		memcpy(req.addr, targets[done % count], 16);
		if (send(fd, &req, sizeof(req), 0) < 0 || recv(fd, reply, sizeof(reply), 0) < 0)
			die("RTM_GETROUTE");
		found += ((struct nlmsghdr *)reply)->nlmsg_type == RTM_NEWROUTE;
	}
	printf("\"getroute\":%.0f,\"getrouteFound\":%.4f}\n", done / (cpu_sec() - start),
	       (double)found / done);
	close(fd);
}

int main(int argc, char **argv)
{
	FILE *file = argc == 3 ? fopen(argv[2], "r") : NULL;
	struct bpf_object *obj;
	struct bss *bss;
	__u32 count;
	int map;

	if (!file)
		die("usage: fib OBJECT TARGETS");
	count = fread(targets, 16, TARGETS_MAX, file);
	obj = bpf_object__open_file(argv[1], NULL);
	if (!obj || bpf_object__load(obj))
		die("load");
	map = bpf_object__find_map_fd_by_name(obj, ".bss");
	bss = mmap(NULL, sizeof(*bss), PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (bss == MAP_FAILED)
		die(".bss");
	map = bpf_object__find_map_fd_by_name(obj, "targets");
	for (__u32 i = 0; i < count; i++)
		if (bpf_map_update_elem(map, &i, targets[i], 0))
			die("targets");
	bss->count = count;
	printf("{");
	fib(obj, bss, FIB_ROUTE, "fib");
	fib(obj, bss, FIB_FLOW, "fibSrc");
	getroute(count);
	return 0;
}
