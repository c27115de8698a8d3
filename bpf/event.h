/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h - THE wire format between the BPF programs and the agent.
 *
 * Every record is a struct pvd_hdr followed by the body of its kind. Rules:
 *
 *  - no implicit padding: every hole is a named `pad` field that is zero;
 *  - every record is zeroed before it is filled, so no stack byte leaks;
 *  - multi-byte fields are host-endian, addresses are in network order,
 *    ports and flow labels are converted to host order;
 *  - an instant is nanoseconds of CLOCK_BOOTTIME, 0 means "none / never";
 *  - an object is named by its kernel address (`id`): unique while it lives;
 *  - sizes are multiples of 8 and asserted below.
 *
 * The TypeScript offsets (src/decode/layout.gen.ts) are generated from the BTF
 * of the compiled object. A kind is never renumbered; a layout that changes
 * bumps PVD_WIRE_VERSION.
 *
 * Order: the ring holds records in the order of their hooks on all CPUs. An
 * interrupt may put its records between the numbering and the reservation of
 * another, so hdr.seq of one CPU may be swapped; a loss shows in hdr.lost. The
 * links and settings of a new netns come before its NETNS record, and NETNS DEL
 * is its last but for neighbours; it ends whatever had begun there.
 *
 * The agent writes the same records for what it learns by dumps (`op` is
 * PVD_OP_DUMP) and for its own marks (kinds from 64 up), so that a trace is
 * nothing but a sequence of records.
 */
#ifndef PVD_EVENT_H
#define PVD_EVENT_H

/* Constants are enumerators, not macros, so that BTF carries them. */
enum pvd_limit {
	PVD_WIRE_VERSION = 2,
	PVD_RA_BYTES_MAX = 4096, /* ICMPv6 message bytes kept of one RA */
	PVD_TRIES_MAX = 4,	 /* table lookups kept of one route lookup */
	PVD_NH_MEMBERS_MAX = 16, /* members kept of one nexthop group */
	PVD_COMM_LEN = 16,
	PVD_IFNAME_LEN = 16,
	PVD_PVDS_MAX = 8,
	PVD_NETPVD_NAME_LEN = 256,
	PVD_KIND_BPF_MAX = 40, /* kinds from here on are the agent's */
	PVD_HOOKS_MAX = 86,    /* room for hooks to come */
};

enum pvd_kind {
	PVD_KIND_NONE = 0,
	/* what changed */
	PVD_KIND_BEGIN = 1, /* a mutator was entered; its end is one of the kinds below */
	PVD_KIND_NETNS = 2,
	PVD_KIND_LINK = 3,
	PVD_KIND_DEVCONF = 4,
	PVD_KIND_ADDR = 5,
	PVD_KIND_ROUTE = 6,
	PVD_KIND_RULE = 7,
	PVD_KIND_LABEL = 8,
	PVD_KIND_NEIGH = 9,
	PVD_KIND_NEXTHOP = 10,
	PVD_KIND_SYSCTL = 11,
	PVD_KIND_RA = 12,      /* as received; `op` BEGIN */
	PVD_KIND_RA_DONE = 13, /* what the kernel made of it; `op` END */
	PVD_KIND_NETPVD = 14,  /* a PvD of a kernel that knows them */
	/* what was decided */
	PVD_KIND_LOOKUP = 32,
	PVD_KIND_SADDR = 33,
	PVD_KIND_FLOW = 34,
	/* what the agent notes */
	PVD_KIND_AGENT_START = 64, /* body: UTF-8 JSON, see src/decode/event.ts */
	PVD_KIND_AGENT_NETNS = 65, /* body: UTF-8 JSON: cookie ↔ name, inode */
	PVD_KIND_DUMP_BEGIN = 66,  /* a dump of hdr.netns_cookie starts */
	PVD_KIND_DUMP_END = 67,	   /* and is complete; body: UTF-8 JSON */
	PVD_KIND_TICK = 68,	   /* time passed; no body */
	PVD_KIND_LOST = 69,	   /* body: UTF-8 JSON: lost records per kind so far */
};

/* hdr.op */
enum pvd_op {
	PVD_OP_NONE = 0,
	PVD_OP_NEW = 1,	   /* created or appended */
	PVD_OP_DEL = 2,	   /* removed */
	PVD_OP_CHANGE = 3, /* fields of an existing object changed */
	PVD_OP_DUMP = 4,   /* seen by a dump, not by a hook */
	PVD_OP_FAIL = 5,   /* the mutator returned an error; hdr.flags unaffected */
	PVD_OP_BEGIN = 6,
	PVD_OP_END = 7,
};

/* hdr.flags */
enum pvd_flag {
	PVD_F_SOFTIRQ = 0x1,   /* hook ran in softirq: pid and comm are a bystander's */
	PVD_F_TRUNCATED = 0x2, /* a bounded array or byte string was cut */
};

/* hdr.hook: which kernel function reported. Order is ABI: append only. */
enum pvd_hook {
	PVD_HOOK_NONE = 0,
	PVD_HOOK_NDISC_RCV = 1,
	PVD_HOOK_NDISC_ROUTER_DISCOVERY = 2,
	PVD_HOOK_RT6_ROUTE_RCV = 3,
	PVD_HOOK_ADDRCONF_PREFIX_RCV = 4,
	PVD_HOOK_IPV6_ADD_ADDR = 5,
	PVD_HOOK_IPV6_DEL_ADDR = 6,
	PVD_HOOK_IPV6_IFA_NOTIFY = 7,
	PVD_HOOK_ADDRCONF_DAD_COMPLETED = 8,
	PVD_HOOK_FIB6_ADD = 9,
	PVD_HOOK_FIB6_DEL = 10,
	PVD_HOOK_FIB6_PURGE_RT = 11,
	PVD_HOOK_RT6_GET_DFLT_ROUTER = 12,
	PVD_HOOK_RT6_ADD_DFLT_ROUTER = 13,
	PVD_HOOK_RT6_GET_ROUTE_INFO = 14,
	PVD_HOOK_RT6_ADD_ROUTE_INFO = 15,
	PVD_HOOK_ADDRCONF_GET_PREFIX_ROUTE = 16,
	PVD_HOOK_FIB6_IFUP = 17,
	PVD_HOOK_FIB6_IFDOWN = 18,
	PVD_HOOK_ADDRCONF_NOTIFY = 19,
	PVD_HOOK_LIST_NETDEVICE = 20,
	PVD_HOOK_UNLIST_NETDEVICE = 21,
	PVD_HOOK_SETUP_NET = 22,
	PVD_HOOK_CLEANUP_NET = 23, /* reserved: shows no single netns */
	PVD_HOOK_NOTIFY_RULE_CHANGE = 24,
	PVD_HOOK_IP6ADDRLBL_NEWDEL = 25,
	PVD_HOOK_NEIGH_UPDATE = 26,
	PVD_HOOK_NEIGH_TIMER_HANDLER = 27,
	PVD_HOOK_NEIGH_EVENT_SEND_DONE = 28,
	PVD_HOOK_NEIGH_CREATE = 29, /* __neigh_create() */
	PVD_HOOK_NEIGH_CLEANUP_AND_RELEASE = 30,
	PVD_HOOK_NEIGH_SET_PROBE_ONCE = 31,
	PVD_HOOK_NEXTHOP_NOTIFY = 32,
	PVD_HOOK_REMOVE_NEXTHOP = 33,
	PVD_HOOK_PROC_SYS_CALL_HANDLER = 34,
	PVD_HOOK_IP6_DST_LOOKUP_FLOW = 35,
	PVD_HOOK_IP6_DST_LOOKUP = 36,
	PVD_HOOK_IP6_ROUTE_OUTPUT_FLAGS = 37,
	PVD_HOOK_FIB6_TABLE_LOOKUP = 38,
	PVD_HOOK_FIB6_RULE_ACTION = 39,
	PVD_HOOK_RT6_FIND_CACHED_RT = 40,
	PVD_HOOK_IPV6_DEV_GET_SADDR = 41,
	PVD_HOOK_ITER_IPV6_ROUTE = 42,
	PVD_HOOK_NETLINK = 43, /* dumped by the agent over rtnetlink */
	PVD_HOOK_PROCFS = 44,  /* dumped by the agent from /proc */
	PVD_HOOK_INET6_NET_EXIT = 45,
	PVD_HOOK_FIB6_REMOVE_PREFSRC = 46,
	PVD_HOOK_MODIFY_PREFIX_ROUTE = 47,
	PVD_HOOK_FIB6_RULE_CONFIGURE = 48,
	PVD_HOOK_FIB6_RULE_DELETE = 49,
	PVD_HOOK_RTM_NEW_NEXTHOP = 50,
	PVD_HOOK_INET6_NETCONF_NOTIFY_DEVCONF = 51,
	PVD_HOOK_PVD_REGISTER = 52,
	PVD_HOOK_PVD_UNREGISTER = 53,
	PVD_HOOK_PVD_IFA_ADD = 54,
	PVD_HOOK_PVD_IFA_SET = 55,
	PVD_HOOK_PVD_IFA_COPY = 56,
	PVD_HOOK_IPV6_PVD_GET_SADDR = 57,
	PVD_HOOK_MAX = 58, /* one past the last: moves when a hook is appended */
};

struct pvd_hdr {
	__u64 ts_ns;	    /* when the hook ran */
	__u64 netns_cookie; /* struct net.net_cookie; 0: no netns */
	__u32 seq;	    /* per CPU, counts every attempt, lost ones included */
	__u32 lost;	    /* per CPU, records lost before this one */
	__u32 len;	    /* of the whole record, header included */
	__u32 flags;	    /* PVD_F_* */
	__u16 kind;
	__u16 hook;
	__u16 cpu;
	__u8 version;
	__u8 op;
};

/* Who was running. Meaningless when PVD_F_SOFTIRQ is set. */
struct pvd_task {
	__u64 cgroup_id;
	__u32 pid;  /* thread id */
	__u32 tgid; /* process id */
	char comm[PVD_COMM_LEN];
};

/* The socket a decision is for; cookie 0: none. */
struct pvd_sock {
	__u64 cookie;
	__u32 mark;
	__s32 bound_dev_if;
	__u16 family;
	__u16 type;
	__u16 protocol;
	__u8 state;
	__u8 srcprefs; /* IPV6_PREFER_SRC_*, low 3 bits */
};

/* struct flowi6 at the entry of the hook. */
struct pvd_flow6 {
	__u8 daddr[16];
	__u8 saddr[16];
	__s32 oif;
	__s32 iif;
	__s32 l3mdev;
	__u32 mark;
	__u32 uid;
	__u32 flowinfo; /* traffic class and flow label */
	__u16 sport;	/* ICMPv6: type */
	__u16 dport;	/* ICMPv6: code */
	__u8 proto;
	__u8 flow_flags; /* FLOWI_FLAG_* */
	__u16 pad;
};

/* Version stamps of the netns' IPv6 state: detect what a replica missed. */
struct pvd_stamps {
	__u32 fib6_sernum;
	__u32 addr_genid;
	__u32 dev_base_seq;
	__u32 rt_entries;
	__u32 rt_cache;
	__s32 all_forwarding;
};

/* struct fib6_info with its first nexthop. */
struct pvd_fib6 {
	__u64 id;
	__u64 expires_ns; /* 0: never; precise to one jiffy */
	__u8 dst[16];
	__u8 src[16];
	__u8 prefsrc[16];
	__u8 gateway[16];
	__u32 table;
	__u32 metric;
	__u32 flags; /* RTF_* */
	__u32 nh_id; /* nexthop object, 0: none */
	__s32 oif;
	__s32 weight;
	__s32 upper_bound; /* of the multipath hash; -1: not in a group */
	__u32 siblings;
	__u8 dst_len;
	__u8 src_len;
	__u8 type;     /* RTN_* */
	__u8 protocol; /* RTPROT_* */
	__u16 gateway_family;
	__u16 nh_flags; /* RTNH_F_* */
};

/*
 * PvDs by struct net_pvd.id, of a kernel that has them: what a flow is bound to, or an
 * address belongs to. Behind the record where there is something to tell: hdr.len has it.
 */
struct pvd_pvds {
	__u32 count; /* may be more than are kept */
	__u32 route; /* SADDR: of the route, 0: none */
	__u32 ids[PVD_PVDS_MAX];
};

/* Entry of a mutator: its effects may become visible from now on. */
struct pvd_begin {
	struct pvd_hdr hdr;
	__u64 id;   /* of the object, 0: not known yet */
	__u32 kind; /* of the record that will end it */
	__s32 ifindex;
};

struct pvd_netns {
	struct pvd_hdr hdr;
	__u32 inum;
	__u32 pad;
};

struct pvd_link {
	struct pvd_hdr hdr;
	__u64 id;
	char name[PVD_IFNAME_LEN];
	__u8 lladdr[32];
	__s32 ifindex;
	__s32 master; /* ifindex of the upper device, 0: none */
	__u32 flags;  /* IFF_* */
	__u32 mtu;
	__u32 mtu6; /* 0: no IPv6 on it */
	__u16 type; /* ARPHRD_* */
	__u8 lladdr_len;
	__u8 operstate;
	__u32 event; /* NETDEV_*, 0: dump */
	__u8 carrier;
	__u8 is_l3_master;
	__u16 pad;
	__u32 group;
	__u32 l3mdev_table; /* of a VRF; 0: none, or from a hook, which cannot tell */
};

/* struct ipv6_devconf: what decisions and RA processing read. */
struct pvd_devconf {
	struct pvd_hdr hdr;
	__s32 ifindex; /* 0: "all", -1: "default" */
	__s32 forwarding;
	__s32 accept_ra;
	__s32 accept_ra_defrtr;
	__s32 ra_defrtr_metric;
	__s32 accept_ra_min_hop_limit;
	__s32 accept_ra_min_lft;
	__s32 accept_ra_pinfo;
	__s32 accept_ra_from_local;
	__s32 accept_ra_rtr_pref;
	__s32 rtr_probe_interval_ms;
	__s32 accept_ra_rt_info_min_plen;
	__s32 accept_ra_rt_info_max_plen;
	__s32 accept_ra_mtu;
	__s32 autoconf;
	__s32 addr_gen_mode;
	__s32 max_addresses;
	__s32 use_tempaddr;
	__s32 temp_valid_lft;
	__s32 temp_prefered_lft;
	__s32 dad_transmits;
	__s32 accept_dad;
	__s32 optimistic_dad;
	__s32 use_optimistic;
	__s32 use_oif_addrs_only;
	__s32 ignore_routes_with_linkdown;
	__s32 keep_addr_on_down;
	__s32 disable_ipv6;
	__s32 hop_limit;
	__s32 mtu6;
};

/* struct pvd_pvds follows where the kernel knows PvDs. */
struct pvd_addr {
	struct pvd_hdr hdr;
	__u64 id;
	__u64 cstamp_ns; /* created */
	__u64 tstamp_ns; /* lifetimes count from here */
	__u64 rt_id;	 /* fib6_info of its host or prefix route, 0: none */
	__u8 addr[16];
	__u8 peer[16];
	__s32 ifindex;
	__u32 flags;		 /* IFA_F_* */
	__u32 valid_lft_sec;	 /* 0xffffffff: infinite */
	__u32 preferred_lft_sec; /* same */
	__u32 rt_priority;
	__u16 scope;
	__u8 prefix_len;
	__u8 proto;  /* IFAPROT_*, 0: not known to this kernel */
	__s32 state; /* INET6_IFADDR_STATE_* */
	__u32 event; /* RTM_* of __ipv6_ifa_notify, 0: other */
};

struct pvd_route {
	struct pvd_hdr hdr;
	struct pvd_fib6 fib6;
	__u32 nlmsg_flags; /* NLM_F_* of the request, fib6_add only */
	/*
	 * CHANGE with -EEXIST: fib6_add() refused a duplicate. fib6.id is then 0
	 * and the entry already there, found by its other fields, took over
	 * expires_ns if it had one itself (fib6_add_rt2node()).
	 */
	__s32 error;
	__u32 portid; /* of the requester, 0: the kernel itself */
	__u32 pvd;    /* struct net_pvd.id, 0: none, or a kernel that has no PvDs */
};

struct pvd_rule {
	struct pvd_hdr hdr;
	__u64 id;
	__u8 src[16];
	__u8 dst[16];
	char iifname[PVD_IFNAME_LEN];
	char oifname[PVD_IFNAME_LEN];
	__s32 iif; /* resolved ifindex, 0: none, -1: no such device */
	__s32 oif;
	__u32 pref;
	__u32 table;
	__u32 mark;
	__u32 mark_mask;
	__u32 goto_target; /* pref */
	__u32 fr_flags;	   /* FIB_RULE_* */
	__s32 suppress_prefixlen;
	__s32 suppress_ifgroup;
	__u32 uid_start;
	__u32 uid_end;
	__u16 sport_start;
	__u16 sport_end;
	__u16 dport_start;
	__u16 dport_end;
	__u8 src_len;
	__u8 dst_len;
	__u8 action; /* FR_ACT_* */
	__u8 ip_proto;
	__u8 dscp;
	__u8 l3mdev;
	__u8 protocol; /* RTPROT_* */
	__u8 has_uid_range;
};

struct pvd_label {
	struct pvd_hdr hdr;
	__u8 prefix[16];
	__s32 ifindex;
	__u32 label;
	__u8 prefix_len;
	__u8 pad[7];
};

struct pvd_neigh {
	struct pvd_hdr hdr;
	__u64 id;
	__u8 addr[16];
	__u8 lladdr[32];
	__s32 ifindex;
	__u32 ntf_flags; /* NTF_* */
	__u8 nud_state;	 /* NUD_* */
	__u8 type;	 /* RTN_* */
	__u8 lladdr_len;
	__u8 pad[5];
};

struct pvd_nexthop_member {
	__u32 id;
	__u32 weight;
};

struct pvd_nexthop {
	struct pvd_hdr hdr;
	__u8 gateway[16];
	__u32 id;
	__s32 oif;
	__u32 nh_flags; /* RTNH_F_* */
	__u16 gateway_family;
	__u8 is_group;
	__u8 is_blackhole;
	__u8 is_fdb;
	__u8 is_resilient;
	__u8 protocol;
	__u8 pad;
	__u32 members_count;
	struct pvd_nexthop_member members[PVD_NH_MEMBERS_MAX];
};

/* struct net_pvd of a kernel with CONFIG_NET_PVD. */
struct pvd_netpvd {
	struct pvd_hdr hdr;
	__u8 router[16]; /* the first that announced it */
	__u32 id;	 /* unique in the netns */
	__s32 ifindex;	 /* where it was first heard of, 0: made by hand */
	__u32 flags;	 /* PVD_F_* of linux/pvd.h */
	__u16 sequence;
	__u8 delay;
	__u8 pad;
	char name[PVD_NETPVD_NAME_LEN];
};

/* A write to a sysctl under net.ipv6 (or fib_multipath_hash_*) returned. */
struct pvd_sysctl {
	struct pvd_hdr hdr;
	char name[48];
	char dir[PVD_IFNAME_LEN]; /* parent directory: interface, "all", "default", … */
	__s64 value;		  /* when has_value: the integer now stored */
	__s32 error;		  /* negative errno, 0: ok */
	__u32 has_value;
};

/* A Router Advertisement as it entered ndisc_rcv(). `data` has cap_len bytes. */
struct pvd_ra {
	struct pvd_hdr hdr;
	__u64 ra_id; /* joins pvd_ra and pvd_ra_done */
	__s32 ifindex;
	__u16 msg_len; /* ICMPv6 length on the wire */
	__u16 cap_len; /* bytes of it in data */
	char ifname[PVD_IFNAME_LEN];
	__u8 ip6[40]; /* the IPv6 header as received */
	__u8 data[];  /* padded with zeros to a multiple of 8 */
};

enum pvd_ra_flag {
	PVD_RA_REACHED = 0x1,	 /* ndisc_router_discovery() was entered */
	PVD_RA_HAS_REASON = 0x2, /* drop_reason is the kernel's own */
	PVD_RA_DEFRTR = 0x4,	 /* the default router code was reached: accepted */
	PVD_RA_PINFO = 0x8,	 /* a PIO was processed */
	PVD_RA_RINFO = 0x10,	 /* a RIO was processed */
};

struct pvd_ra_done {
	struct pvd_hdr hdr;
	__u64 ra_id;
	__s32 ifindex;
	__u32 reached;	   /* PVD_RA_* */
	__u32 drop_reason; /* enum skb_drop_reason of this kernel */
	__s32 accept_ra;   /* device values at the exit */
	__s32 forwarding;
	__u32 pad;
};

/* One table tried by a route lookup. */
struct pvd_try {
	__u64 id; /* fib6_info found, 0: none */
	__u32 table;
	__u32 rule_pref; /* rule that led here, 0xffffffff: no rules in use */
};

enum pvd_lookup_flag {
	PVD_LOOKUP_HAS_ENTRY = 0x1, /* `entry` was captured after multipath */
	PVD_LOOKUP_EXCEPTION = 0x2, /* a cached exception replaced it */
	PVD_LOOKUP_IN_FLOW = 0x4,   /* part of a FLOW record's decision */
};

/* ip6_route_output_flags(): one route lookup; struct pvd_pvds may follow. */
struct pvd_lookup {
	struct pvd_hdr hdr;
	__u64 decision; /* common to the records of one flow decision */
	__u64 begin_ns; /* entry; hdr.ts_ns is the exit */
	struct pvd_task task;
	struct pvd_sock sock;
	struct pvd_flow6 query;
	struct pvd_stamps begin;
	struct pvd_stamps end;
	struct pvd_fib6 entry;
	struct pvd_try tries[PVD_TRIES_MAX];
	__u8 gateway[16]; /* rt6i_gateway of the dst */
	__u32 tries_count;
	__u32 lookup_flags; /* RT6_LOOKUP_F_* as passed */
	__u32 mp_hash;
	__u32 what;	/* PVD_LOOKUP_* */
	__s32 error;	/* negative errno, 0: ok */
	__s32 oif;	/* of the dst */
	__u32 rt_flags; /* rt6i_flags of the dst */
	__u32 pad;
};

/* ipv6_dev_get_saddr(): one source address selection; struct pvd_pvds may follow. */
struct pvd_saddr {
	struct pvd_hdr hdr;
	__u64 decision; /* 0: not part of a flow */
	__u64 begin_ns;
	struct pvd_task task;
	struct pvd_sock sock; /* of the flow, when known */
	struct pvd_stamps begin;
	struct pvd_stamps end;
	__u8 daddr[16];
	__u8 saddr[16]; /* chosen */
	__s32 oif;	/* dst_dev, 0: none */
	__u32 prefs;	/* IPV6_PREFER_SRC_* */
	__s32 error;
	__u32 pad;
};

/*
 * ip6_dst_lookup_flow() / ip6_dst_lookup(): the whole decision of one flow; struct
 * pvd_pvds may follow.
 */
struct pvd_flow {
	struct pvd_hdr hdr;
	__u64 decision;
	__u64 begin_ns;
	struct pvd_task task;
	struct pvd_sock sock;
	struct pvd_flow6 query;
	__u8 daddr[16]; /* at the exit */
	__u8 saddr[16]; /* chosen */
	__u8 gateway[16];
	__s32 error;
	__s32 oif; /* of the dst */
	__u32 mp_hash;
	__u16 lookups; /* LOOKUP records of this decision */
	__u16 saddrs;  /* SADDR records of this decision */
};

/*
 * Not a record: value of the map `counters`, one per CPU, mapped by the agent
 * and written by BPF alone. Every field only grows.
 */
struct pvd_counters {
	__u64 ids;	/* decisions and RAs named so far */
	__u32 seq;	/* hdr.seq */
	__u32 lost;	/* hdr.lost */
	__u64 unpaired; /* exits of a decision or RA whose entry was not seen */
	__u64 lost_by_kind[PVD_KIND_BPF_MAX];
	__u64 hits_by_hook[PVD_HOOKS_MAX]; /* how often the hook ran, filtered or not */
	/* decisions not told because the ring filled, by the kind of their outermost record */
	__u64 left_out_by_kind[PVD_KIND_BPF_MAX];
};

#define PVD_ASSERT_SIZE(type, size)                                                                \
	_Static_assert(sizeof(struct type) == (size), #type " must be " #size " bytes")

PVD_ASSERT_SIZE(pvd_hdr, 40);
PVD_ASSERT_SIZE(pvd_task, 32);
PVD_ASSERT_SIZE(pvd_sock, 24);
PVD_ASSERT_SIZE(pvd_flow6, 64);
PVD_ASSERT_SIZE(pvd_stamps, 24);
PVD_ASSERT_SIZE(pvd_fib6, 120);
PVD_ASSERT_SIZE(pvd_pvds, 40);
PVD_ASSERT_SIZE(pvd_begin, 56);
PVD_ASSERT_SIZE(pvd_netns, 48);
PVD_ASSERT_SIZE(pvd_link, 136);
PVD_ASSERT_SIZE(pvd_devconf, 160);
PVD_ASSERT_SIZE(pvd_addr, 136);
PVD_ASSERT_SIZE(pvd_route, 176);
PVD_ASSERT_SIZE(pvd_rule, 176);
PVD_ASSERT_SIZE(pvd_label, 72);
PVD_ASSERT_SIZE(pvd_neigh, 112);
PVD_ASSERT_SIZE(pvd_nexthop, 208);
PVD_ASSERT_SIZE(pvd_sysctl, 120);
PVD_ASSERT_SIZE(pvd_netpvd, 328);
PVD_ASSERT_SIZE(pvd_ra, 112);
PVD_ASSERT_SIZE(pvd_ra_done, 72);
PVD_ASSERT_SIZE(pvd_try, 16);
PVD_ASSERT_SIZE(pvd_lookup, 456);
PVD_ASSERT_SIZE(pvd_saddr, 208);
PVD_ASSERT_SIZE(pvd_flow, 240);
PVD_ASSERT_SIZE(pvd_counters, 1352);
_Static_assert((int)PVD_HOOK_MAX <= (int)PVD_HOOKS_MAX, "counters must hold every hook");

#endif /* PVD_EVENT_H */
