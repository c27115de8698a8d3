/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.bpf.h - the kernel types the programs use, relocated by name (CO-RE).
 *
 * Only fields that are read are declared, in any order: offsets come from the
 * running kernel's BTF. There is no vmlinux.h, so no release is baked in.
 */
#ifndef PVD_KERNEL_BPF_H
#define PVD_KERNEL_BPF_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u16 __sum16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

#define NULL ((void *)0)
#define true 1
#define false 0

/* Values of the user-space ABI. */
#define AF_INET6	 10
#define EEXIST		 17
#define MAX_ERRNO	 4095
#define TCP_TIME_WAIT	 6  /* BPF_TCP_TIME_WAIT */
#define TCP_NEW_SYN_RECV 12 /* BPF_TCP_NEW_SYN_RECV */

#define BPF_RB_AVAIL_DATA 0 /* bpf_ringbuf_query(): bytes not read yet */

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};
enum {
	BPF_ANY = 0,
	BPF_F_MMAPABLE = 1 << 10,
};

#define PVD_KERNEL_TYPES_BEGIN                                                                     \
	_Pragma("clang attribute push(__attribute__((preserve_access_index)), apply_to = record)")
#define PVD_KERNEL_TYPES_END _Pragma("clang attribute pop")

PVD_KERNEL_TYPES_BEGIN

struct list_head {
	struct list_head *next;
};
struct hlist_node {
	struct hlist_node **pprev;
};
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	__u32 val;
} kuid_t;

struct ns_common {
	unsigned int inum;
};
struct ipv6_devconf;
struct fib6_info;
struct rt6_statistics {
	__u32 fib_rt_entries;
	__u32 fib_rt_cache;
};
struct netns_ipv6 {
	struct ipv6_devconf *devconf_all;
	struct ipv6_devconf *devconf_dflt;
	struct fib6_info *fib6_null_entry;
	struct rt6_statistics *rt6_stats;
	atomic_t dev_addr_genid;
	atomic_t fib6_sernum;
};
struct net {
	unsigned int dev_base_seq;
	struct ns_common ns;
	struct netns_ipv6 ipv6;
	__u64 net_cookie;
};

struct inet6_dev;
struct net_device {
	char name[16];
	unsigned long state;
	struct {
		struct list_head upper;
	} adj_list;
	unsigned int flags;
	unsigned long long priv_flags;
	int ifindex;
	unsigned short gflags;
	unsigned int mtu;
	unsigned int group;
	unsigned short type;
	unsigned char operstate;
	unsigned char addr_len;
	const unsigned char *dev_addr;
	struct inet6_dev *ip6_ptr;
	struct {
		struct net *net;
	} nd_net;
};
struct ipv6_devconf {
	__s32 forwarding;
	__s32 hop_limit;
	__s32 mtu6;
	__s32 accept_ra;
	__s32 autoconf;
	__s32 dad_transmits;
	__s32 use_tempaddr;
	__s32 temp_valid_lft;
	__s32 temp_prefered_lft;
	__s32 max_addresses;
	__s32 accept_ra_defrtr;
	__u32 ra_defrtr_metric;
	__s32 accept_ra_min_hop_limit;
	__s32 accept_ra_min_lft;
	__s32 accept_ra_pinfo;
	__s32 ignore_routes_with_linkdown;
	__s32 accept_ra_rtr_pref;
	__s32 rtr_probe_interval;
	__s32 accept_ra_rt_info_min_plen;
	__s32 accept_ra_rt_info_max_plen;
	__s32 accept_ra_from_local;
	__s32 optimistic_dad;
	__s32 use_optimistic;
	__s32 disable_ipv6;
	__s32 accept_dad;
	__s32 accept_ra_mtu;
	__s32 use_oif_addrs_only;
	__s32 keep_addr_on_down;
	__u32 addr_gen_mode;
};
struct in6_addr {
	__u8 in6_u[16];
};
struct inet6_dev {
	struct net_device *dev;
	struct list_head addr_list;
	struct ipv6_devconf cnf;
};
struct inet6_ifaddr {
	struct in6_addr addr;
	__u32 prefix_len;
	__u32 rt_priority;
	__u32 valid_lft;
	__u32 prefered_lft;
	int state;
	__u32 flags;
	__u16 scope;
	unsigned long cstamp;
	unsigned long tstamp;
	struct inet6_dev *idev;
	struct fib6_info *rt;
	struct hlist_node addr_lst;
	struct list_head if_list;
	__u8 ifa_proto;
	struct in6_addr peer_addr;
};
struct ifa6_config {
	const struct in6_addr *pfx;
	unsigned int plen;
	__u32 ifa_flags;
};

struct rt6key {
	struct in6_addr addr;
	int plen;
};
struct fib_nh_common {
	struct net_device *nhc_dev;
	__u8 nhc_family;
	__u8 nhc_gw_family;
	unsigned char nhc_flags;
	union {
		struct in6_addr ipv6;
	} nhc_gw;
	int nhc_weight;
	atomic_t nhc_upper_bound;
};
struct fib6_nh {
	struct fib_nh_common nh_common;
};
struct fib6_table {
	__u32 tb6_id;
};
struct fib6_node;
struct fib6_info {
	struct fib6_table *fib6_table;
	struct fib6_node *fib6_node;
	union {
		struct list_head fib6_siblings;
	};
	unsigned int fib6_nsiblings;
	unsigned long expires;
	struct rt6key fib6_dst;
	__u32 fib6_flags;
	struct rt6key fib6_src;
	struct rt6key fib6_prefsrc;
	__u32 fib6_metric;
	__u8 fib6_protocol;
	__u8 fib6_type;
	struct nexthop *nh;
	struct fib6_nh fib6_nh[0];
};
struct nlmsghdr {
	__u32 nlmsg_len;
	__u16 nlmsg_type;
	__u16 nlmsg_flags;
};
struct nl_info {
	struct nlmsghdr *nlh;
	struct net *nl_net;
	__u32 portid;
};
struct dst_entry {
	struct net_device *dev;
	short error;
};
struct rt6_info {
	struct dst_entry dst;
	struct in6_addr rt6i_gateway;
	__u32 rt6i_flags;
};

struct flowi_common {
	int flowic_oif;
	int flowic_iif;
	int flowic_l3mdev;
	__u32 flowic_mark;
	__u8 flowic_proto;
	__u8 flowic_flags;
	kuid_t flowic_uid;
};
union flowi_uli {
	struct {
		__be16 dport;
		__be16 sport;
	} ports;
};
struct flowi6 {
	struct flowi_common __fl_common;
	struct in6_addr daddr;
	struct in6_addr saddr;
	__be32 flowlabel;
	union flowi_uli uli;
	__u32 mp_hash;
};
struct flowi;
struct fib_lookup_arg;

struct sock_common {
	unsigned short skc_family;
	volatile unsigned char skc_state;
	int skc_bound_dev_if;
	struct {
		struct net *net;
	} skc_net;
};
struct sock {
	struct sock_common __sk_common;
	__u32 sk_mark;
	__u16 sk_type;
	__u16 sk_protocol;
};
struct ipv6_pinfo {
	__u8 srcprefs;
};
struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len;
	unsigned int data_len;
	__u16 transport_header;
	__u16 network_header;
	unsigned char *head;
	unsigned char *data;
};

struct nexthop {
	__u32 id;
};
struct netlink_ext_ack;

PVD_KERNEL_TYPES_END

#endif /* PVD_KERNEL_BPF_H */
