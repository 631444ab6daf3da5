/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* topology.pairs, nvme.multipath: does anything get at the memory? */
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/files.h"
#include "topology/nvme.h"
#include "client/doctor.h"

struct pairs {
	size_t n;
	size_t good; /* with a device other than the provider */
	size_t own; /* with the provider itself */
	const struct p2pmem_pair *first_bad;
	const struct p2pmem_pair *first_unknown;
};

static bool is_good(const struct p2pmem_pair *p)
{
	return p->verdict == P2PMEM_VERDICT_BUS || p->verdict == P2PMEM_VERDICT_BRIDGE;
}

/* A device's way to its own memory is no example for others. */
static void keep_first(const struct p2pmem_pair *p, const struct p2pmem_pair **first)
{
	if (!*first && strcmp(p->provider, p->device) != 0)
		*first = p;
}

static void count(const struct p2pmem_pair *p, struct pairs *ret)
{
	*ret = (struct pairs){};
	for (; p; p = p->next) {
		ret->n++;
		if (p->verdict == P2PMEM_VERDICT_UNKNOWN)
			keep_first(p, &ret->first_unknown);
		else if (!is_good(p))
			keep_first(p, &ret->first_bad);
		else if (strcmp(p->provider, p->device) == 0)
			ret->own++;
		else
			ret->good++;
	}
}

static void say_example(struct doctor *d, const struct pairs *pairs)
{
	const struct p2pmem_pair *p = pairs->first_unknown ? pairs->first_unknown :
							     pairs->first_bad;
	const char *reason = p->reason ? p->reason : p2pmem_verdict_name(p->verdict);

	if (pairs->first_unknown)
		doctor_add(d, "topology.pairs", DOCTOR_UNKNOWN,
			   "of no device it is known that it reaches the memory of another; %s and "
			   "%s, for one: %s",
			   p->provider, p->device, reason);
	else
		doctor_add(d, "topology.pairs", DOCTOR_WARNING,
			   "no device reaches the memory of another; %s and %s, for one: %s",
			   p->provider, p->device, reason);
	doctor_remedy(d, "%s", p->remedy ? p->remedy : "p2pmemctl explain says more");
}

static void check_pairs(struct doctor *d)
{
	struct pairs pairs;

	count(d->world->pairs, &pairs);
	if (pairs.good) {
		doctor_add(d, "topology.pairs", DOCTOR_OK,
			   "%zu of %zu pairs of region and device work; p2pmemctl pairs shows them",
			   pairs.good + pairs.own, pairs.n);
	} else if (pairs.first_unknown || pairs.first_bad) {
		say_example(d, &pairs);
	} else {
		doctor_add(d, "topology.pairs", DOCTOR_WARNING,
			   "there is no device that could use a region%s",
			   pairs.own ? " but the one that has it" : "");
		doctor_remedy(d, "put a second NVMe drive behind the same PCIe switch");
	}
}

struct heads {
	char *first;
	bool failed;
};

static int add_head(const char *name, void *userdata)
{
	struct heads *heads = userdata;
	struct nvme_name n;

	if (heads->first || !nvme_name_parse(name, &n) || n.controller >= 0)
		return 0;
	heads->first = strdup(name);
	return heads->first ? 0 : -ENOMEM;
}

struct subsystems {
	const struct sysfs *sysfs;
	struct heads *heads;
};

static int look_at_subsystem(const char *name, void *userdata)
{
	struct subsystems *s = userdata;
	char dir[300];

	snprintf(dir, sizeof(dir), "class/nvme-subsystem/%s", name);
	return sysfs_each(s->sysfs, dir, add_head, s->heads) == -ENOMEM ? -ENOMEM : 0;
}

/* The kernel name of a multipath head; NULL: there is none. */
static char *find_head(struct doctor *d)
{
	_cleanup_(sysfs_done) struct sysfs s = {};
	struct heads heads = {};
	struct subsystems subsystems = { &s, &heads };

	if (sysfs_open(d->sysfs, &s) == 0 &&
	    sysfs_each(&s, "class/nvme-subsystem", look_at_subsystem, &subsystems) == -ENOMEM)
		d->failed = true;
	return heads.first;
}

static enum p2pmem_queue queue_of(const struct p2pmem_device *devices, const char *name)
{
	for (; devices; devices = devices->next)
		for (const struct p2pmem_block_device *b = devices->block_devices; b; b = b->next)
			if (strcmp(b->name, name) == 0)
				return b->queue;
	return P2PMEM_QUEUE_UNKNOWN;
}

/* Heads took none in 6.18 and before, and do in 7.3; when between is not known. */
static enum p2pmem_queue queue_by_version(const char *release)
{
	unsigned int major, minor;

	if (!release || sscanf(release, "%u.%u", &major, &minor) != 2)
		return P2PMEM_QUEUE_UNKNOWN;
	if (major < 6 || (major == 6 && minor <= 18))
		return P2PMEM_QUEUE_HOST_ONLY;
	if (major > 7 || (major == 7 && minor >= 3))
		return P2PMEM_QUEUE_PEER_TO_PEER;
	return P2PMEM_QUEUE_UNKNOWN;
}

static void say_multipath(struct doctor *d, const char *head, enum p2pmem_queue queue)
{
	switch (queue) {
	case P2PMEM_QUEUE_PEER_TO_PEER:
		doctor_add(d, "nvme.multipath", DOCTOR_OK,
			   "%s is a multipath head, and takes peer-to-peer memory", head);
		return;
	case P2PMEM_QUEUE_HOST_ONLY:
		doctor_add(
			d, "nvme.multipath", DOCTOR_WARNING,
			"%s is a multipath head, and takes no peer-to-peer memory on this kernel",
			head);
		break;
	default:
		doctor_add(d, "nvme.multipath", DOCTOR_UNKNOWN,
			   "%s is a multipath head; whether it takes peer-to-peer memory on this "
			   "kernel is known by the driver alone",
			   head);
	}
	doctor_remedy(d, "boot 7.3 or newer, where they do, or with nvme_core.multipath=N, which "
			 "gives up the second path");
}

static void check_multipath(struct doctor *d)
{
	_cleanup_free_ char *head = find_head(d);
	enum p2pmem_queue queue;

	if (!head) {
		if (d->world->machine.nvme_drives)
			doctor_add(d, "nvme.multipath", DOCTOR_OK,
				   "no NVMe drive is a multipath head");
		return;
	}
	queue = queue_of(d->world->devices, head);
	if (queue == P2PMEM_QUEUE_UNKNOWN)
		queue = queue_by_version(d->world->machine.release);
	say_multipath(d, head, queue);
}

void doctor_paths(struct doctor *d)
{
	if (d->world->regions || d->world->pairs)
		check_pairs(d);
	check_multipath(d);
}
