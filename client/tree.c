/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "client/archive.h"
#include "client/report.h"
#include "client/say.h"
#include "client/tree.h"
#include "topology/sysfs.h"

#define OPEN_FOLDERS 16 /* at a time, while a tree is removed */
#define FUNCTIONS "bus/pci/devices"
#define GIVE "give a copy of /sys, or what p2pmemctl report wrote"

static bool has_folder(const char *path, const char *inside)
{
	_cleanup_free_ char *full = NULL;
	struct stat st;

	if (asprintf(&full, "%s/%s", path, inside) < 0)
		full = NULL;
	return full && stat(full, &st) == 0 && S_ISDIR(st.st_mode);
}

static int copy_path(const char *path, const char *inside, char **ret)
{
	return asprintf(ret, "%s%s", path, inside) < 0 ? -ENOMEM : 0;
}

static int not_a_tree(const char *path)
{
	problem("%s is no captured machine: it has neither bus/pci nor sys/bus/pci", path);
	remedy(GIVE);
	return -EINVAL;
}

static int find_inside(const char *path, const char *name, struct tree *t)
{
	int r;

	if (has_folder(path, "sys/bus/pci")) {
		r = copy_path(path, "/sys", &t->sysfs);
		return r < 0 ? r : copy_path(path, "", &t->root);
	}
	if (has_folder(path, "bus/pci"))
		return copy_path(path, "", &t->sysfs);
	return not_a_tree(name);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

static void remove_temporary(struct tree *t)
{
	if (nftw(t->temporary, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0)
		problem("%s could not be removed: %s", t->temporary, strerror(errno));
	free(t->temporary);
	t->temporary = NULL;
	sigprocmask(SIG_SETMASK, &t->signals, NULL);
}

void tree_close(struct tree *t)
{
	free(t->sysfs);
	free(t->root);
	t->sysfs = t->root = NULL;
	if (t->temporary)
		remove_temporary(t);
}

static int make_temporary(struct tree *t)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };
	const char *place = getenv("TMPDIR");
	_cleanup_free_ char *name = NULL;
	sigset_t set;

	if (asprintf(&name, "%s/p2pmemctl-XXXXXX", place && *place == '/' ? place : "/tmp") < 0) {
		name = NULL;
		return -ENOMEM;
	}
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, &t->signals);
	if (!mkdtemp(name)) {
		int r = -errno;

		sigprocmask(SIG_SETMASK, &t->signals, NULL);
		problem("no folder could be made to unpack into (%s): %s", name, strerror(-r));
		return r;
	}
	t->temporary = take_ptr(name);
	return 0;
}

/* In the folder that a report is in, so that unpacking one by hand makes no mess. */
static int find_report(const char *path, struct tree *t)
{
	_cleanup_free_ char *inside = NULL;

	if (!has_folder(t->temporary, REPORT_FOLDER))
		return find_inside(t->temporary, path, t);
	if (copy_path(t->temporary, "/" REPORT_FOLDER, &inside) < 0) {
		inside = NULL;
		return -ENOMEM;
	}
	return find_inside(inside, path, t);
}

static int open_archive(const char *path, int fd, struct tree *t)
{
	_cleanup_free_ char *why = NULL;
	int r = make_temporary(t);

	if (r < 0)
		return r;
	r = archive_unpack(fd, t->temporary, &why);
	if (r < 0) {
		problem("%s could not be unpacked: %s", path, why ? why : strerror(-r));
		remedy(GIVE);
		return r;
	}
	return find_report(path, t);
}

static int open_either(const char *path, struct tree *t)
{
	/* Not to be held up by a FIFO. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		int r = -errno;

		problem("'%s' could not be opened: %s", path, strerror(-r));
		remedy(GIVE);
		return r;
	}
	if (S_ISDIR(st.st_mode))
		return find_inside(path, path, t);
	if (S_ISREG(st.st_mode))
		return open_archive(path, fd, t);
	return not_a_tree(path);
}

struct look {
	const struct sysfs *sysfs;
	bool listed; /* there are functions by name, */
	bool found; /* and one by more than that */
};

static int look_at_function(const char *name, void *userdata)
{
	_cleanup_free_ char *real = NULL;
	struct look *l = userdata;
	int r = sysfs_resolve(l->sysfs, FUNCTIONS, name, &real);

	l->listed = true;
	l->found = r == 0;
	return r == -ENOMEM ? r : l->found;
}

/* Whoever copies the bus alone has links to functions, which must not pass for none. */
static int check_functions(const char *path, const struct tree *t)
{
	_cleanup_(sysfs_done) struct sysfs s = {};
	struct look l = { .sysfs = &s };
	int r = sysfs_open(t->sysfs, &s);

	if (r == 0)
		r = sysfs_each(&s, FUNCTIONS, look_at_function, &l);
	if (r == -ENOMEM)
		return r;
	if (!l.listed || l.found)
		return 0;
	problem("%s is not a whole sysfs: what the links in " FUNCTIONS " lead to is not in it",
		path);
	remedy("copy devices as well as bus, class and dev, or let p2pmemctl report do it");
	return -EINVAL;
}

int tree_open(const char *path, struct tree *ret)
{
	struct tree t = {};
	int r = open_either(path, &t);

	if (r == 0)
		r = check_functions(path, &t);
	if (r < 0) {
		tree_close(&t);
		if (r == -ENOMEM)
			no_memory();
		return r;
	}
	*ret = t;
	return 0;
}
