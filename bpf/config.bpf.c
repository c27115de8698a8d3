// SPDX-License-Identifier: GPL-2.0-only
/* Read-only globals that the agent sets before the load, and one that all programs share. */
#include "filter.bpf.h"

const volatile __u32 hz = 250;
const volatile bool filter_netns = false;
const volatile bool filter_tgid = false;
const volatile bool filter_cgroup = false;
const volatile __u32 agent_tgid = 0;
const volatile __u32 sample_above = 0;
const volatile __u32 sample_step = 0;
const volatile __u32 sample_salt = 0;

struct pvd_jiffies_lead jiffies_lead = {};
