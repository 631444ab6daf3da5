/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/cleanup.h"
#include "common/files.h"
#include "common/utf8.h"
#include "client/ctl_connect.h"
#include "client/origin_inside.h"
#include "client/say.h"
#include "topology/allow_list.h"
#include "topology/regions.h"
#include "topology/scan.h"

static const char *tree_path;

void origin_set_tree(const char *path)
{
	tree_path = path;
}

const char *origin_tree_path(void)
{
	return tree_path;
}

struct origin *origin_close(struct origin *s)
{
	if (!s)
		return NULL;
	p2pmem_client_free(s->client);
	topology_done(&s->topology);
	free(s->regions);
	free(s->release);
	if (s->sysfs.root)
		sysfs_done(&s->sysfs);
	tree_close(&s->tree);
	free(s);
	return NULL;
}

void origin_closep(struct origin **s)
{
	origin_close(*s);
}

const struct sysfs *origin_tree(const struct origin *s)
{
	return s->tree.sysfs ? &s->sysfs : NULL;
}

/* ---- opening --------------------------------------------------------- */

int origin_cannot_read(const char *path, int error)
{
	if (error == -ENOMEM)
		return no_memory();
	problem("%s cannot be read: %s", path, strerror(-error));
	if (error == -E2BIG)
		remedy("it holds more than any machine has; see that it is a sysfs tree");
	return STATUS_FAILURE;
}

static int read_tree(struct origin *s)
{
	size_t n = 0;
	bool complete = false;
	int r = topology_scan(&s->sysfs, &s->topology);

	if (r == 0)
		r = topology_regions(&s->sysfs, &s->regions, &n, &complete);
	if (r < 0)
		return r;
	s->topology.cpu.kernel = s->release ? allow_list_kernel(s->release) : 0;
	s->survey = (struct survey){
		.topology = &s->topology,
		.sysfs = &s->sysfs,
		.regions = s->regions,
		.n_regions = n,
		.buffers_known = complete,
		.release = s->release,
	};
	return 0;
}

/* A report holds the rest of the machine as well. */
static int read_release_of_tree(struct origin *s)
{
	_cleanup_free_ char *line = NULL;

	if (s->tree.root)
		line = file_first_line("%s/proc/sys/kernel/osrelease", s->tree.root);
	if (!line)
		return 0;
	s->release = utf8_clean(line);
	return s->release ? 0 : -ENOMEM;
}

static int open_tree(struct origin *s)
{
	int r = tree_open(tree_path, &s->tree);

	if (r < 0)
		return r == -ENOENT ? STATUS_NO_DEVICE : STATUS_FAILURE;
	r = sysfs_open(s->tree.sysfs, &s->sysfs);
	if (r == 0)
		r = read_release_of_tree(s);
	if (r == 0)
		r = read_tree(s);
	return r < 0 ? origin_cannot_read(tree_path, r) : STATUS_OK;
}

int origin_open_sysfs(const char *sysfs, const char *release, struct origin **ret)
{
	_cleanup_(origin_closep) struct origin *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->release = release ? strdup(release) : NULL;
	if (release && !s->release)
		return -ENOMEM;
	r = sysfs_open(sysfs, &s->sysfs);
	if (r == 0)
		r = read_tree(s);
	if (r < 0)
		return r;
	*ret = take_ptr(s);
	return 0;
}

static int open_own(struct origin **ret)
{
	struct utsname u;
	int r = origin_open_sysfs("/sys", uname(&u) == 0 ? u.release : NULL, ret);

	return r < 0 ? origin_cannot_read("/sys", r) : STATUS_OK;
}

/* Whoever is root has all of configuration space, and needs no driver to know of ACS. */
static void say_what_it_is_worth(const char *reason)
{
	if (geteuid() == 0)
		note("%s; judged by what /sys shows and the kernel's rules", reason);
	else
		note("%s; judged by what /sys shows to you, and not all of it does: sudo shows more, "
		     "the daemon with the driver all",
		     reason);
}

/* A kernel without P2PDMA is the better answer to all questions. */
static int fall_back(const char *reason, struct origin **ret)
{
	_cleanup_(machine_clear) struct machine m = {};
	int r;

	if (machine_look_here(&m) < 0)
		return no_memory();
	if (m.kernel == KERNEL_WITHOUT_P2PDMA)
		return kernel_problem(&m);
	r = open_own(ret);
	if (r == STATUS_OK)
		say_what_it_is_worth(reason);
	return r;
}

int origin_say_why_none(const struct origin *s)
{
	_cleanup_(machine_clear) struct machine m = {};

	if (origin_tree(s))
		return STATUS_OK;
	if (machine_look_here(&m) < 0)
		return no_memory();
	if (m.kernel != KERNEL_WITHOUT_P2PDMA || !machine_may_have_memory(&m))
		return STATUS_OK;
	fflush(stdout);
	return kernel_problem(&m);
}

static int open_daemon(struct origin **ret)
{
	_cleanup_(origin_closep) struct origin *s = calloc(1, sizeof(*s));

	if (!s || p2pmem_client_new(&s->client) < 0)
		return no_memory();
	if (ctl_try_connect(s->client) < 0)
		return fall_back(p2pmem_errmsg(s->client), ret);
	*ret = take_ptr(s);
	return STATUS_OK;
}

static int open_captured(struct origin **ret)
{
	_cleanup_(origin_closep) struct origin *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return no_memory();
	r = open_tree(s);
	if (r == STATUS_OK)
		*ret = take_ptr(s);
	return r;
}

int origin_open(struct origin **ret)
{
	return tree_path ? open_captured(ret) : open_daemon(ret);
}
