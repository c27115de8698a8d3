#!/bin/sh
# A wrapper for kselftest and NIPA: put it beside a test as its TEST_PROGS entry, e.g.
#   TEST_PROGS += pvdscope.sh
# It runs CMD (a test of tools/testing/selftests/net) while pvdscope watches, and judges what the kernel decided by
# EXPECT. TAP goes to stdout, exit codes are those of kselftest: 0 pass, 1 fail, 2 xfail, 3 xpass, 4 skip.
#
#   PVDSCOPE  the program, `pvdscope` unless given
#   EXPECT    file of expectations, `pvdscope.yaml` beside this script unless given
#   RESULTS   directory for trace and JUnit report, none unless given
set -eu

dir=$(dirname "$0")
pvdscope=${PVDSCOPE:-pvdscope}
expect=${EXPECT:-$dir/pvdscope.yaml}

if ! command -v "$pvdscope" >/dev/null; then
	echo "TAP version 13"
	echo "1..0 # SKIP $pvdscope is not installed"
	exit 4
fi
if [ $# -eq 0 ]; then
	echo "usage: $0 CMD [ARG]..." >&2
	exit 1
fi
if [ -n "${RESULTS:-}" ]; then
	mkdir -p "$RESULTS"
	set -- --output "$RESULTS/trace.pcapng" --report "junit=$RESULTS/junit.xml" -- "$@"
else
	set -- -- "$@"
fi

exec "$pvdscope" check "$expect" --live --ksft "$@"
