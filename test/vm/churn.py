#!/usr/bin/env python3
"""Churn: random changes of IPv6 state, and processes that make decisions meanwhile.

    churn.py change SECONDS SEED PER_SECOND   changes everything, in the namespace it is started in
    churn.py talk SECONDS SEED PER_SECOND     sockets of all kinds, and `ip route get`

Devices d0, d1, d2 (dummy), v0, v1 (veth; their peers are p0 and p1 in the namespace `far`) and vrf9
are expected. Most commands fail, for what they change is not there: that is part of it.
"""

import os
import random
import socket
import struct
import subprocess
import sys
import time

DEVICES = ("d0", "d1", "d2", "v0", "v1")
TABLES = ("main", "main", "main", "100", "9")
SO_MARK, SO_BINDTODEVICE, IPV6_ADDR_PREFERENCES = 36, 25, 72
IPV6_FLOWLABEL_MGR, IPV6_FLOWINFO_SEND = 32, 33
ADDR_PREFERENCES = (1, 2, 4, 0x100, 0x400)


class Random(random.Random):
    def prefix(self):
        if self.random() < 0.25:
            return "default"
        block, part = self.randrange(4), self.randrange(4)
        lens = {32: "2001:db8::/32", 48: f"2001:db8:{block:x}::/48",
                64: f"2001:db8:{block:x}:{part:x}::/64",
                128: f"2001:db8:{block:x}:{part:x}::{self.randrange(1, 5)}/128"}
        return lens[self.choice((32, 48, 64, 64, 64, 128))]

    def source(self):
        return f"2001:db8:a{self.randrange(3)}::/{self.choice((48, 64))}"

    def own(self):
        return f"2001:db8:a{self.randrange(3)}::{self.randrange(1, 6)}"

    def router(self):
        return f"fe80::{self.randrange(1, 4)}"

    def far(self):
        kind = self.random()
        if kind < 0.05:
            return f"fe80::{self.randrange(1, 4)}"
        if kind < 0.1:
            return self.choice(("ff02::1", "ff05::2", "::1", "2001:db8:a1::1"))
        block, part = self.randrange(5), self.randrange(5)
        return f"2001:db8:{block:x}:{part:x}::{self.randrange(1, 9)}"

    def metric(self):
        return self.choice((100, 100, 200, 1024))


def hop(r):
    return f"via {r.router()} dev {r.choice(DEVICES)}"


def route(r):
    prefix, metric, table = r.prefix(), r.metric(), r.choice(TABLES)
    source = f" from {r.source()}" if r.random() < 0.15 else ""
    name = f"{prefix}{source} table {table} metric {metric}"
    kind = r.random()
    if kind < 0.28:
        return f"route append {name} {hop(r)}"
    if kind < 0.40:
        return f"route replace {name} {hop(r)}"
    if kind < 0.70:
        return f"route del {name}"
    if kind < 0.74:
        return f"route add {r.choice(('blackhole', 'unreachable', 'prohibit', 'throw'))} {name}"
    if kind < 0.80:
        hops = " ".join(f"nexthop {hop(r)} weight {r.randrange(1, 4)}"
                        for _ in range(r.randrange(2, 4)))
        return f"route {r.choice(('append', 'replace'))} {name} {hops}"
    if kind < 0.84:
        return f"route append {name} {hop(r)} expires {r.randrange(1, 4)}"
    if kind < 0.88:
        return f"route append {name} {hop(r)} src {r.own()}"
    if kind < 0.92:
        return f"route append {name} dev {r.choice(DEVICES)}"
    if kind < 0.98:
        return f"route append {name} nhid {r.choice((1, 2, 3, 4, 10, 11))}"
    return f"route flush table {r.choice(('100', '9'))}"


def nexthop(r):
    number = r.randrange(1, 5)
    kind = r.random()
    if kind < 0.5:
        return f"nexthop replace id {number} {hop(r)}"
    if kind < 0.6:
        return f"nexthop replace id {number} blackhole"
    return f"nexthop del id {r.choice((1, 2, 3, 4, 10, 11))}"


def group(r):
    members = r.sample(range(1, 5), r.randrange(1, 4))
    shares = "/".join(f"{one},{r.randrange(1, 4)}" for one in members)
    return f"nexthop replace id {r.choice((10, 11))} group {shares}"


def address(r):
    device, own = r.choice(DEVICES), r.own()
    if r.random() < 0.45:
        return f"addr del {own}/64 dev {device}"
    verb = r.choice(("add", "replace", "change"))
    lifetime = r.choice(("", " valid_lft 3 preferred_lft 1", " preferred_lft 0",
                         " valid_lft 100 preferred_lft 50"))
    flags = r.choice((" nodad", " nodad", " nodad", "", " noprefixroute nodad", " optimistic",
                      " home nodad", " mngtmpaddr nodad"))
    metric = r.choice(("", "", " metric 300"))
    return f"addr {verb} {own}/64 dev {device}{metric}{lifetime}{flags}"


def rule(r):
    pref = r.choice((100, 100, 200, 300, 32000))
    if r.random() < 0.5:
        return f"rule del pref {pref}"
    match = r.choice((f"from {r.source()}", "to 2001:db8:1::/48", "fwmark 1/0xff", "oif d1", "oif x0",
                      "iif lo", "ipproto udp dport 9", "dsfield 0x10", "uidrange 0-0", "from all"))
    act = r.choice(("lookup 100", "lookup 9", "lookup main", "lookup main suppress_prefixlength 0",
                    "lookup main suppress_ifgroup 7", "goto 32766", "unreachable", "l3mdev"))
    return f"rule add pref {pref} {match} {act}"


def link(r):
    device = r.choice(DEVICES)
    return r.choice((f"link set {device} down", f"link set {device} up", f"link set {device} up",
                     f"link set {device} mtu {r.choice((1280, 1400, 1500))}",
                     f"link set {device} group {r.choice((0, 7))}",
                     "link add x0 type dummy", "link set x0 up", "link del x0",
                     "link set d2 master vrf9", "link set d2 nomaster"))


def neighbour(r):
    device, state = r.choice(DEVICES), r.choice(("reachable", "stale", "permanent", "failed"))
    if r.random() < 0.3:
        return f"neigh del {r.router()} dev {device}"
    router = r.choice(("", " router"))
    return f"neigh replace {r.router()} dev {device} lladdr 02:00:00:00:00:09 nud {state}{router}"


def label(r):
    """One prefix a length: with two, `__ip6addrlbl_add()` may not see that one is there already."""
    prefix = r.choice(("2001:db8::/40", "2001:db8:1::/48", "2001:db8:a1::/56", "2001:db8:a2::/64"))
    return f"addrlabel {r.choice(('add', 'del'))} prefix {prefix} label {r.randrange(20, 23)}"


SYSCTLS = {"conf/{}/use_oif_addrs_only": (0, 1), "conf/{}/use_optimistic": (0, 1),
           "conf/{}/use_tempaddr": (0, 2), "conf/{}/forwarding": (0, 0, 1),
           "conf/{}/ignore_routes_with_linkdown": (0, 1), "conf/{}/accept_ra": (1, 2),
           "conf/{}/accept_ra_defrtr": (0, 1, 1), "conf/{}/accept_ra_rtr_pref": (0, 1),
           "conf/{}/router_probe_interval": (1, 60), "conf/{}/disable_ipv6": (0, 0, 0, 1),
           "fib_multipath_hash_policy": (0, 1, 2, 3), "flowlabel_reflect": (0, 1),
           "route/gc_interval": (5, 30)}


def sysctl(r):
    name = r.choice(tuple(SYSCTLS))
    value = r.choice(SYSCTLS[name])
    try:
        with open("/proc/sys/net/ipv6/" + name.format(r.choice(DEVICES)), "w") as file:
            file.write(str(value))
    except OSError:
        pass


class Batch:
    """An ip(8) that is fed line by line."""

    def __init__(self, *options):
        self.options = options
        self.start()

    def start(self):
        errors = None if "CHURN_ERRORS" in os.environ else subprocess.DEVNULL
        self.ip = subprocess.Popen(["ip", *self.options, "-force", "-batch", "-"], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors)

    def say(self, line):
        try:
            self.ip.stdin.write(line + "\n")
            self.ip.stdin.flush()
        except BrokenPipeError:  # What ip(8) cannot parse ends it, -force or not.
            self.ip.wait()
            self.start()

    def end(self):
        self.ip.stdin.close()
        self.ip.wait()


def short_life(r):
    """A namespace that comes, gets a device and goes."""
    name = f"brief{r.randrange(1000)}"
    script = (f"ip netns add {name}; ip link add m0 type dummy; ip link set m0 netns {name};"
              f"ip -n {name} link set lo up; ip -n {name} link set m0 up;"
              f"ip -n {name} -6 addr add 2001:db8:a0::9/64 dev m0 nodad;"
              f"ip -n {name} -6 route get 2001:db8:a0::1; ip netns del {name}; ip link del m0")
    subprocess.Popen(["sh", "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def change(seconds, seed, per_second):
    r = Random(seed)
    six, any_family, far = Batch("-6"), Batch(), Batch("-n", "far")
    lines = ((route, 0.50), (address, 0.14), (rule, 0.06), (nexthop, 0.06), (neighbour, 0.06),
             (label, 0.03), (link, 0.035))
    kinds, weights = [one for one, _ in lines], [weight for _, weight in lines]
    done, brief_at = 0, time.monotonic() + 2
    for _ in paced(seconds, per_second):
        which = r.random()
        if which < 0.04:
            sysctl(r)
        elif which < 0.06:
            any_family.say(group(r))
        elif which < 0.065:
            far.say(f"link set p1 {r.choice(('down', 'up', 'up'))}")
        else:
            six.say(r.choices(kinds, weights)[0](r))
        if time.monotonic() > brief_at:
            brief_at += 5
            short_life(r)
        done += 1
    for batch in (six, any_family, far):
        batch.end()
    print(f"changes {done}", flush=True)


def paced(seconds, per_second):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        if per_second > 0:
            time.sleep(1 / per_second)


def prepare(r, s):
    """What a program may set before it sends."""
    if r.random() < 0.15:
        s.bind((r.own(), 0))
    if r.random() < 0.1:
        s.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, r.choice(DEVICES).encode() + b"\0")
    if r.random() < 0.1:
        s.setsockopt(socket.SOL_SOCKET, SO_MARK, r.randrange(3))
    if r.random() < 0.1:
        s.setsockopt(socket.IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, r.choice(ADDR_PREFERENCES))
    if r.random() < 0.1:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, r.choice((0x10, 0x40)))


def with_label(r, s, to):
    """A flow label that the kernel was asked for, now and then."""
    if r.random() < 0.9:
        return 0
    s.setsockopt(socket.IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1)
    label = r.randrange(1, 1 << 20)
    ask = struct.pack("!16sI", socket.inet_pton(socket.AF_INET6, to), label) + struct.pack(
        "=BBHHHI", 0, 255, 1, 6, 6, 0)
    s.setsockopt(socket.IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, ask)
    return label


def talk(seconds, seed, per_second):
    r = Random(seed)
    get = Batch("-6")
    kept, done = [], 0
    for _ in paced(seconds, per_second):
        done += 1
        kind = r.random()
        if kind < 0.1:
            way = r.choice(("", f" oif {r.choice(DEVICES)}", f" from {r.own()}", " mark 1"))
            get.say(f"route get {r.far()}{way}")
        elif kind < 0.25 and kept:
            try:
                r.choice(kept).send(b"again")
            except OSError:
                pass
        else:
            start_flow(r, kept)
    get.end()
    print(f"talked {done}", flush=True)


def start_flow(r, kept):
    what = r.random()
    kind = (socket.SOCK_STREAM if what < 0.15 else socket.SOCK_RAW if what < 0.25
            else socket.SOCK_DGRAM)
    s = socket.socket(socket.AF_INET6, kind, 253 if kind == socket.SOCK_RAW else 0)
    s.setblocking(False)
    try:
        prepare(r, s)
        to = r.far()
        scope = socket.if_nametoindex(r.choice(DEVICES)) if to.startswith("f") else 0
        name = (to, 0 if kind == socket.SOCK_RAW else r.randrange(9, 12), with_label(r, s, to), scope)
        if kind == socket.SOCK_DGRAM and r.random() < 0.2:
            s.sendto(b"x", name)
        else:
            s.connect(name)
            if r.random() < 0.2:
                s.send(b"x")
    except OSError:
        pass
    if kind != socket.SOCK_STREAM and r.random() < 0.05:
        kept.append(s)
        if len(kept) > 20:
            kept.pop(0).close()
    else:
        s.close()


if __name__ == "__main__":
    verb, *numbers = sys.argv[1:]
    {"change": change, "talk": talk}[verb](float(numbers[0]), int(numbers[1]), float(numbers[2]))
