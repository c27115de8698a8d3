// SPDX-License-Identifier: GPL-2.0-only
/* Writes to net.ipv6 sysctls: fs/proc/proc_sysctl.c. Handlers tell nobody. */
#include "device.bpf.h"

#define NETCONFA_IFINDEX_ALL	 -1
#define NETCONFA_IFINDEX_DEFAULT -2

PVD_KERNEL_TYPES_BEGIN
struct ctl_table_set {
	int (*is_seen)(struct ctl_table_set *set);
};
struct net___sysctl {
	struct ctl_table_set sysctls;
};
struct ctl_table {
	const char *procname;
	void *data;
	int maxlen;
	void *extra1;
};
struct ctl_dir;
struct ctl_table_header {
	union {
		struct {
			struct ctl_table *ctl_table;
		};
	};
	struct ctl_table_set *set;
	struct ctl_dir *parent;
};
struct ctl_dir {
	struct ctl_table_header header;
};
struct inode {
	unsigned long i_ino;
};
struct proc_inode {
	struct ctl_table_header *sysctl;
	struct ctl_table *sysctl_entry;
	struct inode vfs_inode;
};
struct file {
	struct inode *f_inode;
};
struct kiocb {
	struct file *ki_filp;
};
struct iov_iter;
PVD_KERNEL_TYPES_END

#define DIR_DEPTH_MAX 5

/* A sysctl file that is being written. */
struct target {
	struct ctl_table *table;
	struct ctl_table_header *head;
	struct net *net;
};

static __always_inline struct ctl_table_header *parent_of(struct ctl_table_header *head)
{
	return (struct ctl_table_header *)BPF_CORE_READ(head, parent);
}

/* Is the kernel's string `name`? */
static __always_inline bool is_named(const char *string, const char *name)
{
	char got[16] = {};

	bpf_probe_read_kernel_str(got, sizeof(got), string);
	return !bpf_strncmp(got, sizeof(got), name);
}

static __always_inline const char *dir_name(struct ctl_table_header *dir)
{
	return BPF_CORE_READ(dir, ctl_table, procname);
}

/* Is it below net/ipv6, and of which netns? Such tables live in net.sysctls. */
static __always_inline bool find_target(struct kiocb *iocb, struct target *t)
{
	struct inode *inode = BPF_CORE_READ(iocb, ki_filp, f_inode);
	unsigned long offset = bpf_core_field_offset(struct proc_inode, vfs_inode);
	struct proc_inode *proc = (void *)inode - offset;
	struct ctl_table_header *head = BPF_CORE_READ(proc, sysctl);
	struct ctl_table_header *dir;

	t->table = BPF_CORE_READ(proc, sysctl_entry);
	t->head = head;
	if (!t->table || !head)
		return false;
	dir = parent_of(head);
	for (int depth = 0; dir && depth < DIR_DEPTH_MAX; depth++) {
		if (is_named(dir_name(dir), "ipv6")) {
			dir = parent_of(dir);
			if (!dir || !is_named(dir_name(dir), "net"))
				return false;
			offset = bpf_core_field_offset(struct net___sysctl, sysctls);
			t->net = (void *)BPF_CORE_READ(head, set) - offset;
			return true;
		}
		dir = parent_of(dir);
	}
	return false;
}

static __always_inline void fill_value(struct pvd_sysctl *out, struct ctl_table *table)
{
	void *data = BPF_CORE_READ(table, data);
	int maxlen = BPF_CORE_READ(table, maxlen);
	__s32 word = 0;
	__u8 byte = 0;

	out->has_value = data != NULL;
	if (maxlen == sizeof(word)) {
		bpf_probe_read_kernel(&word, sizeof(word), data);
		out->value = word;
	} else if (maxlen == sizeof(byte)) {
		bpf_probe_read_kernel(&byte, sizeof(byte), data);
		out->value = byte;
	} else if (maxlen == sizeof(out->value)) {
		bpf_probe_read_kernel(&out->value, sizeof(out->value), data);
	} else {
		out->has_value = false;
	}
}

/*
 * conf/X starts with "forwarding", whose data lies in the device's devconf and
 * whose extra1 is the inet6_dev, NULL for all and default (addrconf_sysctl_register()).
 */
static __always_inline void tell_devconf(struct target *t, __u64 cookie)
{
	struct ctl_table_header *head = t->head;
	struct ctl_table *first = BPF_CORE_READ(head, ctl_table);
	struct net *net = t->net;
	struct inet6_dev *idev = BPF_CORE_READ(first, extra1);
	struct ipv6_devconf *cnf;
	__s32 ifindex;

	if (!is_named(BPF_CORE_READ(first, procname), "forwarding"))
		return;
	cnf = BPF_CORE_READ(first, data) - bpf_core_field_offset(struct ipv6_devconf, forwarding);
	if (idev)
		ifindex = BPF_CORE_READ(idev, dev, ifindex);
	else if (cnf == BPF_CORE_READ(net, ipv6.devconf_all))
		ifindex = PVD_IFINDEX_ALL;
	else if (cnf == BPF_CORE_READ(net, ipv6.devconf_dflt))
		ifindex = PVD_IFINDEX_DEFAULT;
	else
		return;
	pvd_emit_devconf(cnf, ifindex, cookie, PVD_HOOK_PROC_SYS_CALL_HANDLER);
}

SEC("fentry/proc_sys_call_handler")
int PVD_PROG(proc_sys_call_handler_entry, struct kiocb *iocb, struct iov_iter *iter, int write)
{
	struct target t = {};
	__u64 cookie;

	if (!write)
		return 0;
	pvd_hit(PVD_HOOK_PROC_SYS_CALL_HANDLER);
	if (!find_target(iocb, &t))
		return 0;
	cookie = pvd_cookie(t.net);
	if (pvd_watches_netns(cookie))
		pvd_begin(PVD_KIND_SYSCTL, PVD_HOOK_PROC_SYS_CALL_HANDLER, cookie, t.table, 0);
	return 0;
}

SEC("fexit/proc_sys_call_handler")
int PVD_PROG(proc_sys_call_handler_exit, struct kiocb *iocb, struct iov_iter *iter, int write,
	     long ret)
{
	struct pvd_about about = PVD_ABOUT(SYSCTL, PROC_SYS_CALL_HANDLER, CHANGE, 0);
	struct target t = {};
	struct pvd_sysctl *record;
	struct ctl_table *table;
	const char *name;

	if (!write || !find_target(iocb, &t))
		return 0;
	about.netns_cookie = pvd_cookie(t.net);
	if (!pvd_watches_netns(about.netns_cookie))
		return 0;
	record = pvd_reserve(sizeof(*record), about);
	if (!record)
		return 0;
	table = t.table;
	name = BPF_CORE_READ(table, procname);
	bpf_probe_read_kernel_str(record->name, sizeof(record->name), name);
	name = dir_name(parent_of(t.head));
	bpf_probe_read_kernel_str(record->dir, sizeof(record->dir), name);
	record->error = ret < 0 ? ret : 0;
	fill_value(record, table);
	bpf_ringbuf_submit(record, 0);
	tell_devconf(&t, about.netns_cookie);
	return 0;
}

/* A write to conf/all is copied to every device, each of which passes here. */
SEC("fentry/inet6_netconf_notify_devconf")
int PVD_PROG(inet6_netconf_notify_devconf_entry, struct net *net, int event, int type, int ifindex,
	     struct ipv6_devconf *devconf)
{
	__u64 cookie = pvd_cookie(net);

	pvd_hit(PVD_HOOK_INET6_NETCONF_NOTIFY_DEVCONF);
	if (!devconf || !pvd_watches_netns(cookie))
		return 0;
	if (ifindex == NETCONFA_IFINDEX_ALL)
		ifindex = PVD_IFINDEX_ALL;
	else if (ifindex == NETCONFA_IFINDEX_DEFAULT)
		ifindex = PVD_IFINDEX_DEFAULT;
	pvd_emit_devconf(devconf, ifindex, cookie, PVD_HOOK_INET6_NETCONF_NOTIFY_DEVCONF);
	return 0;
}
