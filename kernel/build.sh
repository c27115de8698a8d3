#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Build Linux 6.12 (Debian's linux-source-6.12) with the PvD series of this folder; print the image.
#
#   kernel/build.sh [--base] [--off] [--debug] [--patch FILE]... [--jobs N]
#
#   --base   without the series, but with the same configuration
#   --off    with the series and CONFIG_NET_PVD off
#   --debug  with lockdep, KFENCE and checks for sleeping while atomic
#   --patch  with this patch on top; in the tree of the kernel without it, where few files change
#
# What nothing has changed for is not built again: the name of the image says what it was made of.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
series=6.12
jobs=$(nproc)
patches=("$here"/[0-9]*.patch)
extra=CONFIG_NET_PVD=y
fragments=("$here/config")
kind=pvd
own=()
while [ $# -gt 0 ]; do
	case $1 in
	--base) patches=() extra='' kind=base ;;
	--off) extra='' kind=off ;;
	--debug) fragments+=("$here/debug.config") kind=$kind-debug ;;
	--patch) own+=("$(realpath -e "$2")"); shift ;;
	--jobs) jobs=$2; shift ;;
	*) sed -n '3,13s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
	shift
done
patches+=(${own[@]+"${own[@]}"})
say() { echo "kernel/build.sh: $*" >&2; }

cache=${PVDSCOPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pvdscope}/pvd-kernel
mkdir -p "$cache"
# Named by what it is made of: the package by its version, ours by their bytes.
key() {
	{ cat "$cache/version"; echo "$extra"; cat "${fragments[@]}" ${patches[@]+"${patches[@]}"}; } |
		sha256sum | cut -c1-16
}
found() {
	[ -e "$cache/version" ] || return 0
	image=$cache/$kind-$(key)
	if [ -e "$image" ]; then echo "$image"; exit 0; fi
}
found
exec 9>"$cache/lock"
flock -n 9 || { say 'waiting for another build'; flock 9; found; }
for tool in gcc make flex bison bc pahole patch xz openssl dpkg-deb apt-get sha256sum; do
	command -v $tool >/dev/null || {
		say "$tool is missing: apt-get install build-essential flex bison bc dwarves patch xz-utils libelf-dev libssl-dev"
		exit 3
	}
done

# An apt of its own, so that the machine's sources and state are left alone.  apt checks the
# signature of the lists and the checksum of the package against them.
fetch() {
	local apt=$cache/apt mirror
	mirror=$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\?\(http[^ ]*\) .*/\2/p' \
		/etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		grep -v security | head -1 || true)
	mkdir -p "$apt/lists/partial" "$apt/archives/partial"
	: >"$apt/status"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} trixie main" \
		>"$apt/sources.list"
	cat >"$apt/apt.conf" <<-CONF
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::State::lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
	CONF
	export APT_CONFIG=$apt/apt.conf
	say "fetching linux-source-$series"
	apt-get -q update >&2
	(cd "$cache" && apt-get -q download "linux-source-$series" >&2)
	unset APT_CONFIG
}
deb=$(find "$cache" -maxdepth 1 -name "linux-source-${series}_*.deb" | sort -V | tail -1)
if [ -z "$deb" ]; then
	fetch
	deb=$(find "$cache" -maxdepth 1 -name "linux-source-${series}_*.deb" | sort -V | tail -1)
fi
dpkg-deb -f "$deb" Version >"$cache/version"
image=$cache/$kind-$(key)

# One tree per kind: an image for changed patches is built from what has changed only.
tree=$cache/tree-$kind
out=$cache/build-$kind
if [ ! -e "$tree/.unpacked" ]; then
	say 'unpacking'
	rm -rf "$tree"
	mkdir -p "$tree"
	dpkg-deb --fsys-tarfile "$deb" | tar -xO "./usr/src/linux-source-$series.tar.xz" |
		tar -xJ -C "$tree" --strip-components=1
	: >"$tree/.unpacked"
	: >"$tree/.applied"
fi
# The files of the package that patches touch are kept, to start from again.  What comes out as it
# was keeps its time: a header like sched.h, once patched, must not rebuild all.  What does not is
# new, even if it is the package's old one, or make would take the objects of the patch for its.
touched() { sed -n 's#^+++ b/\([^[:space:]]*\).*#\1#p' "$1" | sort -u; }
base=$tree/.base
was=$tree/.was
rm -rf "$was"
mkdir -p "$base" "$was"
touched "$tree/.applied" >"$tree/.files"
while read -r file; do
	(cd "$tree" && cp -p --parents "$file" "$was" && rm "$file")
	if [ -e "$base/$file" ]; then cp -p "$base/$file" "$tree/$file"; fi
done <"$tree/.files"
: >"$tree/.applied"
if [ ${#patches[@]} -gt 0 ]; then
	cat "${patches[@]}" >"$tree/.next"
	touched "$tree/.next" | while read -r file; do
		if [ -e "$tree/$file" ]; then (cd "$tree" && cp -p --parents "$file" "$base"); fi
	done
	touched "$tree/.next" >>"$tree/.files"
	cp "$tree/.next" "$tree/.applied"
	patch -sp1 -d "$tree" <"$tree/.next"
fi
while read -r file; do
	if cmp -s "$was/$file" "$tree/$file"; then touch -r "$was/$file" "$tree/$file"
	elif [ -e "$tree/$file" ]; then touch "$tree/$file"; fi
done <"$tree/.files"

mkdir -p "$out"
{ cat "${fragments[@]}"; echo "$extra"; } >"$out/all.config"
say "configuring in $out"
make -s -C "$tree" O="$out" KCONFIG_ALLCONFIG="$out/all.config" allnoconfig >"$out/config.log"
for line in $extra; do grep -qx "$line" "$out/.config" || { say "$line did not take"; exit 1; }; done
say "building (log: $out/build.log)"
start=$SECONDS
nice -n 5 make -s -C "$out" -j"$jobs" vmlinux >"$out/build.log" 2>&1 || {
	tail -20 "$out/build.log" >&2
	exit 1
}
strip --strip-debug -o "$image.new" "$out/vmlinux"
mv "$image.new" "$image"
say "built in $((SECONDS - start)) s"
echo "$image"
