/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system.*, container.*: rules, groups, and what a container sees. */
#include <grp.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/files.h"
#include "client/doctor.h"

#define RULES "udev/rules.d/60-p2pmem.rules"

bool doctor_in_container(const struct doctor *d)
{
	return d->user && (file_exists("%s/run/.containerenv", d->root) ||
			   file_exists("%s/.dockerenv", d->root) ||
			   file_exists("%s/run/systemd/container", d->root));
}

/* A line of /etc/group, like p2pmem:x:999:alice. */
static bool parse_group(const char *line, const char *name, unsigned int *ret_gid)
{
	size_t n = strlen(name);
	const char *gid;

	if (strncmp(line, name, n) != 0 || line[n] != ':')
		return false;
	gid = strchr(line + n + 1, ':');
	return gid && sscanf(gid, ":%u:", ret_gid) == 1;
}

static bool find_group(const struct doctor *d, const char *name, unsigned int *ret_gid)
{
	_cleanup_fclose_ FILE *f = file_open("%s/etc/group", d->root);
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	struct group *g;

	while (f && getline(&line, &size, f) >= 0)
		if (parse_group(line, name, ret_gid))
			return true;
	/* It may come from elsewhere than the file. */
	g = *d->root ? NULL : getgrnam(name);
	if (g)
		*ret_gid = g->gr_gid;
	return g;
}

static void check_groups(struct doctor *d)
{
	static const char *const names[] = { "p2pmem", "p2pmem-raw", "p2pmemd" };
	unsigned int gid;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (find_group(d, names[i], &gid))
			continue;
		doctor_add(d, "system.groups", DOCTOR_WARNING, "there is no group %s", names[i]);
		doctor_remedy(
			d, "as root: systemd-sysusers, once sysusers.d/p2pmem.conf is installed");
		return;
	}
	doctor_add(d, "system.groups", DOCTOR_OK, "p2pmem, p2pmem-raw and p2pmemd are there");
}

static void check_rules(struct doctor *d)
{
	if (file_exists("%s/etc/" RULES, d->root) || file_exists("%s/run/" RULES, d->root) ||
	    file_exists("%s/usr/lib/" RULES, d->root) || file_exists("%s/lib/" RULES, d->root)) {
		doctor_add(d, "system.udev", DOCTOR_OK, "the udev rules are installed");
		return;
	}
	doctor_add(
		d, "system.udev", DOCTOR_WARNING,
		"the udev rules are not installed, so the daemon may not open the driver's nodes");
	doctor_remedy(d, "make install, or the package with them, then as root: udevadm control "
			 "--reload && udevadm trigger --subsystem-match=p2pmem "
			 "--subsystem-match=misc");
}

static void check_node(struct doctor *d)
{
	_cleanup_free_ char *path = NULL;
	unsigned int gid;
	struct stat st;

	if (asprintf(&path, "%s/dev/p2pmem-control", d->root) < 0) {
		path = NULL;
		d->failed = true;
		return;
	}
	if (stat(path, &st) < 0) {
		doctor_add(
			d, "system.nodes", DOCTOR_FAILURE,
			"the kernel module p2pmem is loaded, but /dev/p2pmem-control is missing");
		doctor_remedy(d, "see that /dev is a devtmpfs, and that udev runs");
		doctor_status(d, STATUS_NO_DRIVER);
	} else if (find_group(d, "p2pmemd", &gid) && st.st_gid != gid) {
		doctor_add(
			d, "system.nodes", DOCTOR_WARNING,
			"/dev/p2pmem-control does not belong to the group p2pmemd, so the daemon may "
			"not open it");
		doctor_remedy(d, "as root: udevadm control --reload && udevadm trigger "
				 "--subsystem-match=p2pmem --subsystem-match=misc");
	} else {
		doctor_add(d, "system.nodes", DOCTOR_OK, "/dev/p2pmem-control is the daemon's");
	}
}

static void check_view(struct doctor *d)
{
	if (!file_exists("%s/run/p2pmem", d->root)) {
		doctor_add(d, "container.view", DOCTOR_FAILURE,
			   "this is a container, and the host's /run/p2pmem is not mounted in it");
		doctor_remedy(d,
			      "mount the folder, so that a socket made anew is seen: podman run -v "
			      "/run/p2pmem:/run/p2pmem:ro");
		doctor_status(d, STATUS_NO_DAEMON);
	} else if (!file_exists("%s/run/p2pmem/io.p2pmem.Broker", d->root)) {
		doctor_add(d, "container.view", DOCTOR_FAILURE,
			   "this is a container, and there is no socket in its /run/p2pmem");
		doctor_remedy(
			d, "see that it is the host's folder, not an old or an empty one; on the "
			   "host, as root: systemctl enable --now p2pmemd.socket");
		doctor_status(d, STATUS_NO_DAEMON);
	} else {
		doctor_add(d, "container.view", DOCTOR_OK,
			   "this is a container, and the daemon's socket is in it");
	}
}

void doctor_system(struct doctor *d)
{
	if (!d->user)
		return;
	if (doctor_in_container(d)) {
		check_view(d);
	} else {
		check_rules(d);
		check_groups(d);
		if (d->world->machine.module_loaded && !world_uses_driver(d->world))
			check_node(d);
	}
}
