/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel.bpf.h - the kernel types the programs use, relocated by name (CO-RE). */
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
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

#endif /* PVD_KERNEL_BPF_H */
