// SPDX-License-Identifier: GPL-2.0-only
/*
 * producer PROG_ID BSS_ID flood COUNT CHUNK SHAPE
 * producer PROG_ID BSS_ID paced PER_SECOND SECONDS SHAPE
 *
 * Runs the producing BPF program of a consumer process, then sends the record that
 * ends the run. Prints one JSON line.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static int prog_fd;
static unsigned long shape;

static unsigned long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ul + ts.tv_nsec;
}

static void sleep_ns(long ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	nanosleep(&ts, 0);
}

static unsigned run(unsigned long count, unsigned long last)
{
	unsigned long ctx[3] = { count, last, shape };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = sizeof(ctx));

	if (bpf_prog_test_run_opts(prog_fd, &opts)) {
		perror("test_run");
		exit(1);
	}
	return opts.retval;
}

static void paced(double per_second, double seconds)
{
	unsigned long total = per_second * seconds, sent = 0, start = now_ns();

	while (sent < total) {
		unsigned long due = (now_ns() - start) * per_second / 1e9;

		if (due > total)
			due = total;
		if (due > sent)
			run(due - sent, 0);
		sent = due > sent ? due : sent;
		sleep_ns(50000);
	}
}

int main(int argc, char **argv)
{
	unsigned long before[2], after[2], start, end;
	int bss_fd, zero = 0;

	if (argc != 7)
		return 2;
	prog_fd = bpf_prog_get_fd_by_id(atoi(argv[1]));
	bss_fd = bpf_map_get_fd_by_id(atoi(argv[2]));
	shape = atol(argv[6]);
	if (prog_fd < 0 || bss_fd < 0) {
		perror("open by id");
		return 1;
	}
	prctl(PR_SET_TIMERSLACK, 1);
	bpf_map_lookup_elem(bss_fd, &zero, before);
	start = now_ns();
	if (!strcmp(argv[3], "flood")) {
		unsigned long count = atol(argv[4]), chunk = atol(argv[5]), sent;

		for (sent = 0; sent < count; sent += chunk)
			run(count - sent < chunk ? count - sent : chunk, 0);
	} else {
		paced(atof(argv[4]), atof(argv[5]));
	}
	end = now_ns();
	bpf_map_lookup_elem(bss_fd, &zero, after);
	printf("{\"produced\":%lu,\"drops\":%lu,\"sec\":%.4f}\n", after[0] - before[0],
	       after[1] - before[1], (end - start) / 1e9);
	fflush(stdout);
	/* A reader that drains a full ring later than this must find room for the last one. */
	while (run(1, 1))
		sleep_ns(1000000);
	return 0;
}
