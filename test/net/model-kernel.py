#!/usr/bin/env python3
"""Asks the running kernel the questions of a case table.

stdin: a JSON array of {"id", "lines", "asks"}. Every case gets a network namespace of its
own, set up by its lines (see test/case/ip-state.ts). stdout: one JSON object a case,
{"id", "answers"} or {"id", "skip"}. Needs root and iproute2. An argument says how many at once.
"""

import base64
import concurrent.futures
import ctypes
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

CLONE_NEWNET = 0x40000000
RTM_GETROUTE, RTM_NEWRULE, NLMSG_ERROR = 26, 32, 2
IPV6_ADDR_PREFERENCES = 72
# Refusals that ip-state.ts foresees.
EXPECTED = ("File exists", "Carrier for nexthop device is down", "Nexthop id does not exist",
            "Invalid nexthop id")
# Lines that are carried out one by one, after the commands before them.
EVENTS = ("dev", "vrf", "sysctl", "carrier", "down", "wait", "ask", "token", "ra", "ptb", "redirect",
          "sh")
LIBC = ctypes.CDLL(None, use_errno=True)


def ip_batch(lines):
    """Runs of lines go to one ip(8); nexthop groups belong to no family, all else is IPv6."""
    start = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or is_group(lines[at]) != is_group(lines[start]):
            ip_run([] if is_group(lines[start]) else ["-6"], lines[start:at])
            start = at


def is_group(line):
    return line.startswith("nexthop") and " group " in line


def ip_run(family, lines):
    done = subprocess.run(["ip", *family, "-force", "-batch", "-"], input="\n".join(lines) + "\n",
                          text=True, capture_output=True)
    errors = [e for e in done.stderr.splitlines()
              if e and "Command failed" not in e and not any(x in e for x in EXPECTED)]
    if errors:
        raise RuntimeError("; ".join(errors[:3]))


def sysctl(key, value):
    with open("/proc/sys/" + key.replace(".", "/"), "w") as file:
        file.write(value)


def read(path):
    with open(path) as file:
        return file.read()


def came_up(names):
    """Those of the devices that addrconf has seen the carrier of, in the order of their ff00::/8."""
    routes = [line.split() for line in read("/proc/net/ipv6_route").splitlines()]
    return [r[-1] for r in routes if r[0].startswith("ff00") and r[1] == "08" and r[-1] in names]


def wait_up(names):
    for _ in range(500):
        missing = set(names) - set(came_up(names))
        if not missing:
            return
        time.sleep(0.01)
    raise RuntimeError(f"{' '.join(missing)} does not come up")


def take_up(names):
    """Brings devices up so that the routes of each stand behind those of the one before."""
    ip_batch([f"link set {side}{name} up" for name in names for side in ("p", "")])
    wait_up(names)
    if came_up(names) == names:
        return
    # On a busy machine linkwatch may report their carriers in another order.
    for name in names:
        ip_batch([f"link set {name} down", f"link set {name} up"])
        wait_up([name])


def add_veths(words, master=None):
    """Veths `NAME` or `NAME=INDEX`, their peers without IPv6, with one link-local address each."""
    names = [word.partition("=")[0] for word in words]
    commands = []
    for word in words:
        name, _, index = word.partition("=")
        at = f" index {index}" if index else ""
        commands.append(f"link add {name}{at} type veth peer name p{name}")
        if master:
            commands.append(f"link set {name} master {master}")
    ip_batch(commands)
    for name in names:
        sysctl(f"net.ipv6.conf.p{name}.disable_ipv6", "1")
        # A neighbour entry stays in the state it is put in, however slow the machine.
        sysctl(f"net.ipv6.neigh.{name}.delay_first_probe_time", "3600")
        sysctl(f"net.ipv6.neigh.{name}.ucast_solicit", "10000")
    take_up(names)
    ip_batch([f"addr add fe80::{ord(name.lower()[0]):x}/64 dev {name} nodad" for name in names])


class Netlink:
    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.sock.bind((0, 0))
        self.seq = 0

    def call(self, kind, flags, body):
        self.seq += 1
        self.sock.send(struct.pack("=IHHII", 16 + len(body), kind, flags, self.seq, 0) + body)
        data = self.sock.recv(65536)
        if struct.unpack_from("=IH", data)[1] == NLMSG_ERROR:
            return -struct.unpack_from("=i", data, 16)[0], b""
        return 0, data[16:struct.unpack_from("=I", data)[0]]


def attr(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def addr(text):
    return socket.inet_pton(socket.AF_INET6, text)


def find_saddr_rule(netlink, words):
    """FIB_RULE_FIND_SADDR, which ip(8) cannot set."""
    said = dict(zip(words[::2], words[1::2]))
    src, plen = said["from"].split("/")
    body = struct.pack("=BBBBBBBBI", socket.AF_INET6, 0, int(plen), 0, 0, 0, 0, 1, 0x10000)
    body += attr(2, addr(src)) + attr(6, struct.pack("=I", int(said["pref"])))
    body += attr(15, struct.pack("=I", int(said["lookup"])))
    error, _ = netlink.call(RTM_NEWRULE, 0x5 | 0x400, body)
    if error:
        raise RuntimeError(f"rule: errno {error}")


def add_addr(line):
    dad = "tentative" in line or "optimistic" in line
    line = line.replace(" tentative", "")
    return line if dad else line + " nodad"


def packet(dev, dst_mac, src, dst, payload, hop_limit):
    """Puts an ICMPv6 message on the wire behind `dev`."""
    head = socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
    pseudo = head + struct.pack("!II", len(payload), 58)
    total = sum(struct.unpack(f"!{(len(pseudo) + len(payload) + 1) // 2}H",
                              pseudo + payload + b"\0" * (len(payload) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    payload = payload[:2] + struct.pack("!H", ~total & 0xffff) + payload[4:]
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind((f"p{dev}", 0x86dd))
    sock.send(dst_mac + mac_of(f"p{dev}") + b"\x86\xdd" +
              struct.pack("!IHBB", 6 << 28, len(payload), 58, hop_limit) + head + payload)
    sock.close()
    time.sleep(0.1)


def mac_of(dev):
    out = subprocess.run(["ip", "-j", "link", "show", dev], capture_output=True, text=True).stdout
    return bytes.fromhex(json.loads(out)[0]["address"].replace(":", ""))


def seconds(text):
    return 0xffffffff if text == "forever" else int(text)


def send_ra(words):
    """See ip-event.ts."""
    prefs = {"low": 3, "medium": 0, "high": 1, "invalid": 2}
    lifetime, pref, options = 0, 0, b""
    at = 4
    while at < len(words):
        if words[at] == "lifetime":
            lifetime, at = int(words[at + 1]), at + 2
        elif words[at] == "pref":
            pref, at = prefs[words[at + 1]], at + 2
        elif words[at] == "pio":
            prefix, plen = words[at + 1].split("/")
            flags = (0x80 if "L" in words[at + 4] else 0) | (0x40 if "A" in words[at + 4] else 0)
            options += struct.pack("!BBBBIII", 3, 4, int(plen), flags, seconds(words[at + 2]),
                                   seconds(words[at + 3]), 0) + addr(prefix)
            at += 5
        else:
            prefix, plen = words[at + 1].split("/")
            options += struct.pack("!BBBBI", 24, 3, int(plen), prefs[words[at + 2]] << 3,
                                   seconds(words[at + 3])) + addr(prefix)
            at += 4
    body = struct.pack("!BBHBBHII", 134, 0, 0, 64, pref << 3, lifetime, 0, 0) + options
    packet(words[3], bytes.fromhex("333300000001"), words[1], "ff02::1", body, 255)


def send_error(words):
    """Packet Too Big, or Redirect, about an echo request of ours; see ip-event.ts."""
    dst, said = words[1], dict(zip(words[2::2], words[3::2]))
    inner = struct.pack("!IHBB", 6 << 28, 8, 58, 64) + addr(said["from"]) + addr(dst)
    inner += struct.pack("!BBHHH", 128, 0, 0, 1, 1)
    if words[0] == "ptb":
        body = struct.pack("!BBHI", 2, 0, 0, int(said["mtu"])) + inner
        packet(said["dev"], mac_of(said["dev"]), "2001:db8:ffff::1", said["from"], body, 64)
    else:
        option = struct.pack("!BBHI", 4, (8 + len(inner)) // 8, 0, 0) + inner
        body = struct.pack("!BBHI", 137, 0, 0, 0) + addr(said["to"]) + addr(dst) + option
        packet(said["dev"], mac_of(said["dev"]), said["via"], said["from"], body, 255)


def event(netlink, line, words):
    """A line that is no command of ip(8)."""
    if words[0] == "dev":
        add_veths(words[1:])
    elif words[0] == "vrf":
        ip_batch([f"link add {words[1]} type vrf table {words[2]}", f"link set {words[1]} up"])
        add_veths(words[3:], words[1])
    elif words[0] == "sysctl":
        key, value = words[1].split("=")
        if not key.endswith("hash_seed") or os.path.exists("/proc/sys/" + key.replace(".", "/")):
            sysctl(key, value)
    elif words[0] == "down":
        ip_batch([f"link set {words[1]} down"])
    elif words[0] == "carrier":
        ip_batch([f"link set p{words[1]} {'up' if words[2] == 'on' else 'down'}"])
        for _ in range(300):
            if carrier(words[1]) == (words[2] == "on"):
                break
            time.sleep(0.01)
        time.sleep(0.05)
    elif words[0] == "wait":
        time.sleep(float(words[1]))
    elif words[0] == "ask":
        ask_get(netlink, {"daddr": words[2]})
    elif words[0] == "token":
        # The kernel takes a token only where it would solicit routers.
        sysctl(f"net.ipv6.conf.{words[1]}.router_solicitations", "1")
        ip_batch([f"token set {words[2]} dev {words[1]}"])
    elif words[0] == "ra":
        send_ra(words)
    elif words[0] == "sh":
        script = base64.b64decode(words[1]).decode()
        done = subprocess.run(["sh"], input=script, text=True, capture_output=True)
        if done.returncode:
            raise RuntimeError(f"script ends with {done.returncode}: {done.stderr}")
    elif words[0] in ("ptb", "redirect"):
        send_error(words)
    else:
        find_saddr_rule(netlink, [w for w in words[2:] if w != "find_saddr"])


def set_up(netlink, lines):
    for scope in ("all", "default"):
        sysctl(f"net.ipv6.conf.{scope}.accept_dad", "0")
        sysctl(f"net.ipv6.conf.{scope}.addr_gen_mode", "1")
        sysctl(f"net.ipv6.conf.{scope}.router_solicitations", "0")
    ip_batch(["link set lo up"])
    pending = []
    for line in lines:
        words = line.split()
        if words[0] in EVENTS or "find_saddr" in words:
            if pending:
                ip_batch(pending)
            pending = []
            event(netlink, line, words)
        elif words[:2] == ["addr", "add"]:
            pending.append(add_addr(line))
        elif words[:2] == ["neigh", "add"]:
            pending.append(line.replace("neigh add", "neigh replace"))
        elif words[:2] == ["route", "add"]:
            # In IPv6 "append" adds like "add", but beside routes of the same metric.
            pending.append(line.replace("route add", "route append"))
        else:
            pending.append(line)
    if pending:
        ip_batch(pending)
    wait_addresses(lines)


def wait_addresses(lines):
    """addrconf_dad_work() puts the local routes in, a moment after the address came."""
    wanted = set()
    for line in lines:
        words = line.split()
        if words[:2] == ["addr", "add"] and "tentative" not in words:
            wanted.add(addr(words[2].split("/")[0]).hex())
        elif words[:2] == ["addr", "del"]:
            wanted.discard(addr(words[2].split("/")[0]).hex())
        elif words[0] == "down":
            return
    for _ in range(300):
        have = {l.split()[0] for l in read("/proc/net/ipv6_route").splitlines() if l.split()[1] == "80"}
        if wanted <= have:
            return
        time.sleep(0.01)
    raise RuntimeError("addresses do not come up")


def carrier(name):
    out = subprocess.run(["ip", "-j", "link", "show", name], capture_output=True, text=True).stdout
    return "NO-CARRIER" not in json.loads(out)[0]["flags"]


def name_of(index):
    try:
        return socket.if_indextoname(index)
    except OSError:
        return str(index)


def ask_get(netlink, ask):
    tos = ask.get("tos", 0)
    body = struct.pack("=BBBBBBBBI", socket.AF_INET6, 128, 128 if ask.get("saddr") else 0, tos, 0, 0, 0, 0, 0)
    body += attr(1, addr(ask["daddr"]))
    if ask.get("saddr"):
        body += attr(2, addr(ask["saddr"]))
    for key, kind in (("iif", 3), ("oif", 4)):
        if ask.get(key):
            body += attr(kind, struct.pack("=I", socket.if_nametoindex(ask[key])))
    for key, kind, form in (("mark", 16, "=I"), ("uid", 25, "=I"), ("proto", 27, "=B"),
                            ("sport", 28, "!H"), ("dport", 29, "!H")):
        if ask.get(key):
            body += attr(kind, struct.pack(form, ask[key]))
    error, data = netlink.call(RTM_GETROUTE, 1, body)
    if error:
        return {"error": error}
    out = {"error": 0, "type": data[7], "table": data[4], "gateway": "::", "src": "::"}
    at = 12
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        value = data[at + 4:at + size]
        if kind == 4:
            out["oif"] = name_of(struct.unpack("=I", value)[0])
        elif kind == 5:
            out["gateway"] = socket.inet_ntop(socket.AF_INET6, value)
        elif kind == 6:
            out["metric"] = struct.unpack("=I", value)[0]
        elif kind == 7:
            out["src"] = socket.inet_ntop(socket.AF_INET6, value)
        elif kind == 15:
            out["table"] = struct.unpack("=I", value)[0]
        at += (size + 3) & ~3
    return out


def ask_dump(ask):
    """Devices of a prefix's routes in all tables, in the kernel's order."""
    out = subprocess.run(["ip", "-6", "-j", "route", "show", "table", "all", "exact", ask["daddr"]],
                         capture_output=True, text=True).stdout
    devs = [f"{r['dev']}{' expires' if 'expires' in r else ''}" for r in json.loads(out or "[]")
            if r.get("type") != "multicast"]
    return {"error": 0, "devs": " ".join(devs) or "none"}


def ask_socket(ask):
    kind = socket.SOCK_STREAM if ask["kind"] == "tcp" else socket.SOCK_DGRAM
    sock = socket.socket(socket.AF_INET6, kind)
    sock.setblocking(False)
    try:
        scope = 0
        if ask.get("oif"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, ask["oif"].encode() + b"\0")
            scope = socket.if_nametoindex(ask["oif"])
        if ask.get("mark"):
            sock.setsockopt(socket.SOL_SOCKET, 36, struct.pack("=I", ask["mark"]))
        if ask.get("prefs"):
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, ask["prefs"])
        if ask.get("ucast"):
            index = socket.htonl(socket.if_nametoindex(ask["ucast"]))
            sock.setsockopt(socket.IPPROTO_IPV6, 76, struct.pack("=I", index))  # IPV6_UNICAST_IF
        if ask.get("saddr"):
            sock.setsockopt(socket.IPPROTO_IPV6, 78, 1)  # IPV6_FREEBIND
            sock.bind((ask["saddr"], ask.get("sport", 0), 0, scope))
        label = ask.get("flowlabel", 0)
        if label:
            # IPV6_FLOWLABEL_MGR: a label must be one's own before it can be sent.
            lease = addr(ask["daddr"]) + struct.pack("!I", label) + struct.pack("=BBHHHI", 0, 255, 1, 60, 6, 0)
            sock.setsockopt(socket.IPPROTO_IPV6, 32, lease)
            sock.setsockopt(socket.IPPROTO_IPV6, 33, 1)  # IPV6_FLOWINFO_SEND
        link_scope = ask["daddr"].startswith(("fe8", "ff01", "ff02"))
        try:
            scope = scope if link_scope else 0
            sock.connect((ask["daddr"], ask.get("dport", 53), label, scope))
        except BlockingIOError:
            pass  # a SYN is on its way
        return {"error": 0, "src": sock.getsockname()[0].split("%")[0]}
    except OSError as error:
        return {"error": error.errno}
    finally:
        sock.close()


def run_case(case):
    if LIBC.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    netlink = Netlink()
    set_up(netlink, case["lines"])
    time.sleep(case.get("wait", 0))
    answers = []
    for ask in case["asks"]:
        if ask["kind"] == "get":
            answers.append(ask_get(netlink, ask))
        else:
            answers.append(ask_dump(ask) if ask["kind"] == "dump" else ask_socket(ask))
    return answers


FORK = threading.Lock()


def run_apart(case):
    """One case in a process of its own, whose namespace goes with it; the line to print."""
    with FORK:
        out, into = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                said = {"id": case["id"], "answers": run_case(case)}
            except Exception as error:  # pylint: disable=broad-except
                said = {"id": case["id"], "skip": str(error)}
            with os.fdopen(into, "w") as file:
                file.write(json.dumps(said))
            os._exit(0)
        os.close(into)
    with os.fdopen(out) as file:
        line = file.read()
    os.waitpid(child, 0)
    return line


def main():
    at_once = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for line in pool.map(run_apart, json.load(sys.stdin)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
