// SPDX-License-Identifier: GPL-2.0-only
/*
 * consumer OBJECT RING_BYTES poll|coalesce STALL_MS
 *
 * The C libbpf consumer the JavaScript one is compared with. Prints the ids the
 * producer needs, waits for a line on stdin, reads until the record that ends the
 * run, prints one JSON line.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <linux/types.h>
#include "../bpf/event.h"

static unsigned long events, gaps, next_seq, first_ns, last_ns, checksum;
static double first_cpu;
static int done;

static unsigned long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ul + ts.tv_nsec;
}

static double cpu_sec(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_utime.tv_sec + ru.ru_stime.tv_sec +
	       (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
}

static int on_record(void *ctx, void *data, size_t size)
{
	const struct pvd_link *link = data;

	if (link->hdr.kind == PVD_KIND_LINK && link->ifindex == -1) {
		gaps += link->hdr.seq - next_seq;
		last_ns = now_ns();
		done = 1;
		return 0;
	}
	if (!events++) {
		first_ns = now_ns();
		first_cpu = cpu_sec();
		next_seq = link->hdr.seq;
	}
	gaps += link->hdr.seq - next_seq;
	next_seq = link->hdr.seq + 1;
	checksum +=
		link->hdr.kind + link->hdr.len + link->hdr.cpu + link->ifindex + link->lladdr[5];
	return 0;
}

static int on_print(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, format, args);
}

static unsigned prog_id(struct bpf_object *obj)
{
	struct bpf_prog_info info = {};
	unsigned len = sizeof(info);

	bpf_obj_get_info_by_fd(bpf_program__fd(bpf_object__find_program_by_name(obj, "produce")),
			       &info, &len);
	return info.id;
}

static unsigned map_id(struct bpf_object *obj, const char *name)
{
	struct bpf_map_info info = {};
	unsigned len = sizeof(info);

	bpf_obj_get_info_by_fd(bpf_object__find_map_fd_by_name(obj, name), &info, &len);
	return info.id;
}

static long rss_kib(void)
{
	char line[256];
	long kib = 0;
	FILE *file = fopen("/proc/self/status", "r");

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "VmRSS: %ld", &kib);
	if (file)
		fclose(file);
	return kib;
}

int main(int argc, char **argv)
{
	struct timespec ms = { 0, 1000000 };
	struct ring_buffer *ring;
	struct bpf_object *obj;
	char line[64];
	int coalesce, stall_ms;

	if (argc != 5)
		return 2;
	libbpf_set_print(on_print);
	coalesce = !strcmp(argv[3], "coalesce");
	stall_ms = atoi(argv[4]);
	obj = bpf_object__open_file(argv[1], 0);
	if (!obj)
		return 1;
	bpf_map__set_max_entries(bpf_object__find_map_by_name(obj, "ring"), atol(argv[2]));
	if (bpf_object__load(obj))
		return 1;
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(obj, "ring"), on_record, 0, 0);
	if (!ring)
		return 1;
	printf("{\"prog\":%u,\"bss\":%u}\n", prog_id(obj), map_id(obj, ".bss"));
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	if (stall_ms) {
		struct timespec stall = { stall_ms / 1000, stall_ms % 1000 * 1000000 };

		nanosleep(&stall, 0);
	}
	while (!done) {
		if (coalesce)
			nanosleep(&ms, 0);
		ring_buffer__poll(ring, 1000);
	}
	printf("{\"events\":%lu,\"gaps\":%lu,\"sec\":%.6f,\"cpuSec\":%.4f,\"rssKib\":%ld,"
	       "\"checksum\":%lu}\n",
	       events, gaps, (last_ns - first_ns) / 1e9, cpu_sec() - first_cpu, rss_kib(),
	       checksum);
	return 0;
}
