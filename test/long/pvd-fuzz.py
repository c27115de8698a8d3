#!/usr/bin/env python3
"""Hostile router advertisements and calls against a kernel with provisioning domains.

  pvd-fuzz.py FILE SECONDS SEED    FILE: messages, each after its length in 16 bits

Two network namespaces and a veth pair; the last line says what was done.
"""

import ctypes
import errno
import os
import random
import socket
import struct
import subprocess
import sys
import time

HOST, ROUTER = "fuzz-h", "fuzz-r"
ROUTERS = 6
BATCH = 2000
IPV6_PVD, PR_SET, PR_GET = 90, 0x50764401, 0x50764402
LIBC = ctypes.CDLL(None, use_errno=True)


def run(command):
    subprocess.run(command.split(), check=True)


def enter(name):
    with open(f"/run/netns/{name}", "rb") as file:
        if LIBC.setns(file.fileno(), 0x40000000):
            raise OSError(ctypes.get_errno(), "setns")


def messages(path):
    with open(path, "rb") as file:
        data = file.read()
    found, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at:at + 2], "big")
        found.append(data[at + 2:at + 2 + length])
        at += 2 + length
    return found


def link_up():
    run(f"ip -n {HOST} link add veth-h type veth peer name veth-r netns {ROUTER}")
    for key, value in (("accept_dad", 0), ("router_solicitations", 0),
                       ("accept_ra_rt_info_max_plen", 128), ("use_tempaddr", 2)):
        run(f"ip netns exec {HOST} sysctl -qw net.ipv6.conf.veth-h.{key}={value}")
    run(f"ip -n {ROUTER} link set veth-r addrgenmode none")
    run(f"ip -n {ROUTER} link set veth-r up")
    for last in range(1, ROUTERS + 1):
        run(f"ip -n {ROUTER} addr add fe80::{last}/64 dev veth-r nodad")
    run(f"ip -n {HOST} link set veth-h up")


def senders():
    found = []
    index = socket.if_nametoindex("veth-r")
    for last in range(1, ROUTERS + 1):
        raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        raw.bind((f"fe80::{last}", 0, 0, index))
        found.append(raw)
    return found, ("ff02::1", 0, 0, index)


def advertise(path, seconds, seed):
    """Says how many were sent."""
    enter(ROUTER)
    rng, end, sent, longest = random.Random(seed), time.monotonic() + seconds, 0, 0.0
    all_messages = messages(path)
    while time.monotonic() < end:
        link_up()
        raws, everyone = senders()
        for _ in range(BATCH):
            start = time.monotonic()
            try:
                rng.choice(raws).sendto(rng.choice(all_messages), everyone)
                sent += 1
            except OSError:
                pass
            longest = max(longest, time.monotonic() - start)
        for raw in raws:
            raw.close()
        run(f"ip -n {ROUTER} link del veth-r")
    return f"{sent} messages, the longest took {longest * 1000:.0f} ms"


# Calls

def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


NAMES = [b"a.example", b"b.example", b"A.Example.", b"%", b"", b".", b"x" * 255, b"x" * 256,
         b"\xff\xfe", b"fe80::1%2", b"fe80::1%3", b"n.example"]


def name(rng):
    return rng.choice(NAMES) if rng.random() < 0.7 else rng.randbytes(rng.randrange(300))


def binding(rng):
    count = rng.choice((0, 0, 1, 1, 2, 8, 9, rng.getrandbits(32)))
    data = struct.pack("=II", rng.choice((0, 1, 2, 2, 2, 3, rng.getrandbits(32))), count)
    data += b"".join(name(rng)[:256].ljust(256, b"\0") for _ in range(min(count, 9)))
    return data if rng.random() < 0.8 else data[:rng.randrange(len(data) + 1)]


def call_prctl(rng):
    data = binding(rng)
    room = ctypes.create_string_buffer(data, 8192)
    option = rng.choice((PR_SET, PR_SET, PR_GET))
    at = room if rng.random() < 0.9 else ctypes.c_ulong(rng.getrandbits(64))
    length = rng.choice((len(data), len(data), rng.randrange(4096), rng.getrandbits(64)))
    LIBC.prctl(option, ctypes.c_ulong(rng.choice((0, 1, 1, 2, rng.getrandbits(64)))), at,
               ctypes.c_ulong(min(length, 8192) if option == PR_GET else length),
               ctypes.c_ulong(rng.choice((0, 0, 0, 1))))


def call_socket(rng, socks):
    if len(socks) < 16 or rng.random() < 0.1:
        kind = rng.choice((socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_RAW))
        proto = socket.IPPROTO_UDP if kind == socket.SOCK_RAW else 0
        sock = socket.socket(rng.choice((socket.AF_INET6,) * 5 + (socket.AF_INET,)), kind, proto)
        sock.setblocking(False)
        socks.append(sock)
        if len(socks) > 32:
            socks.pop(rng.randrange(len(socks))).close()
    sock = rng.choice(socks)
    what = rng.randrange(6)
    if what < 2:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_PVD, binding(rng))
    elif what == 2:
        sock.getsockopt(socket.IPPROTO_IPV6, IPV6_PVD, rng.choice((0, 7, 8, 264, 1024, 2056, 4096)))
    elif what == 3:
        sock.bind((rng.choice(("::", "::1")), rng.choice((0, 4000, 4001))))
        if sock.type == socket.SOCK_STREAM:
            sock.listen(1)
    elif what == 4:
        sock.connect((rng.choice(("::1", "2001:db8::1", "fe80::1", "ff02::1", "2001:db8:1::9")),
                      rng.choice((9, 4000, 4001))))
    else:
        sock.sendto(b"x", ("2001:db8::2", 9))


def call_netlink(rng, netlink):
    pad = rng.randbytes(3) if rng.random() < 0.1 else b"\0\0\0"
    body = struct.pack("=B3si", rng.choice((10, 10, 10, 0, 2)), pad, rng.choice((0, 0, 2)))
    if rng.random() < 0.9:
        body += attribute(1, name(rng)[:256] + rng.choice((b"\0", b"\0", b"")))
    for kind, size in ((3, 4), (4, 2), (5, 1), (rng.randrange(64), rng.randrange(20))):
        if rng.random() < 0.3:
            body += attribute(kind, rng.choice((b"\1", b"\0", b"\xff")) + bytes(max(size, 1) - 1))
    if rng.random() < 0.1:
        body = rng.randbytes(rng.randrange(64))
    kind = rng.choice((124, 124, 125, 126))
    if rng.random() < 0.3:
        kind, body = object_message(rng)
    flags = rng.choice((5, 5, 0x605, 0x405, 0x305 if kind == 126 else 0x505))
    netlink.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body)
    try:
        while netlink.recv(1 << 16):
            pass
    except BlockingIOError:
        pass


def object_message(rng):
    """RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE with a domain"""
    text = f"2001:db8:{rng.randrange(4)}::{rng.randrange(1, 6)}"
    address = socket.inet_pton(socket.AF_INET6, text)
    index = socket.if_nametoindex("dummy0")
    of = name(rng)[:256] + b"\0"
    out = attribute(4, struct.pack("=i", index))
    if rng.random() < 0.5:
        body = struct.pack("=BBBBi", 10, 64, 0, 0, index) + attribute(1, address)
        return rng.choice((20, 20, 21)), body + attribute(20, of)
    body = struct.pack("=BBBBBBBBI", 10, 64, 0, 0, 254, 4, 0, 1, 0) + attribute(1, address)
    return rng.choice((24, 24, 25)), body + out + attribute(40, of)


def calls(seconds, seed):
    """Says how many were made; forks, so that bindings are inherited and freed."""
    enter(HOST)
    rng, end, made, worked = random.Random(seed), time.monotonic() + seconds, 0, 0
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    netlink.setblocking(False)
    socks = []
    while time.monotonic() < end:
        try:
            what = rng.random()
            if what < 0.3:
                call_prctl(rng)
            elif what < 0.7:
                call_socket(rng, socks)
            elif what < 0.999:
                call_netlink(rng, netlink)
            elif os.fork() == 0:
                os._exit(0)
            else:
                os.wait()
            worked += 1
        except (OSError, OverflowError) as error:
            if getattr(error, "errno", 0) == errno.EMFILE:
                raise
        made += 1
    return f"{made} calls, {worked} of them without an error"


def leaks():
    path = "/sys/kernel/debug/kmemleak"
    if not os.path.exists(path):
        subprocess.run(["mount", "-t", "debugfs", "none", "/sys/kernel/debug"], check=False)
    if not os.path.exists(path):
        return "leaks not looked for"
    for _ in range(2):
        time.sleep(6)
        with open(path, "w", encoding="ascii") as file:
            file.write("scan")
    with open(path, encoding="utf8", errors="replace") as file:
        text = file.read()
    print(text[:20000])
    return f"{text.count('unreferenced object')} leaks"


def memory_kb():
    with open("/proc/meminfo", encoding="ascii") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("SUnreclaim"))


def main():
    path, seconds, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    before = memory_kb()
    for each in (HOST, ROUTER):
        run(f"ip netns add {each}")
    run(f"ip -n {HOST} link set lo up")
    run(f"ip -n {HOST} link add dummy0 type dummy")
    run(f"ip -n {HOST} link set dummy0 up")
    jobs = [(advertise, (path, seconds, seed)), (calls, (seconds, seed)), (calls, (seconds, ~seed))]
    children = []
    for body, args in jobs:
        out, into = os.pipe()
        pid = os.fork()
        if not pid:
            os.write(into, body(*args).encode())
            os._exit(0)
        os.close(into)
        children.append((pid, out))
    said = []
    for pid, out in children:
        with os.fdopen(out) as file:
            said.append(file.read())
        if os.waitpid(pid, 0)[1]:
            said.append("FAILED")
    for each in (HOST, ROUTER):
        run(f"ip netns del {each}")
    said.append(leaks())
    said.append(f"unreclaimable memory {before} to {memory_kb()} kB")
    print("done: " + "; ".join(said))
    return "FAILED" in said


if __name__ == "__main__":
    sys.exit(main())
