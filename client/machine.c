/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/files.h"
#include "common/utf8.h"
#include "client/machine.h"

void machine_clear(struct machine *m)
{
	free(m->release);
	free(m->module_version);
	free(m->module_file);
	module_file_clear(&m->installed);
	machine_clear_functions(m);
	*m = (struct machine){};
}

/* A line of modules.dep: "FILE: FILES it needs". */
static bool is_our_module(const char *line)
{
	size_t n = strcspn(line, ":");
	const char *name = memrchr(line, '/', n);

	name = name ? name + 1 : line;
	return strncmp(name, "p2pmem.ko", strlen("p2pmem.ko")) == 0;
}

static char *module_file(const char *root, const char *release)
{
	_cleanup_fclose_ FILE *f = file_open("%s/lib/modules/%s/modules.dep", root, release);
	char *line = file_find_line(f, is_our_module);

	if (line)
		line[strcspn(line, ":")] = '\0';
	return line;
}

static int look_at_sysfs(const char *path, struct machine *m)
{
	_cleanup_(sysfs_done) struct sysfs s = {};
	int r = sysfs_open(path, &s);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	m->module_loaded = sysfs_exists(&s, "module", "p2pmem");
	r = sysfs_string(&s, "module/p2pmem", "version", &m->module_version);
	return r == -ENOMEM ? r : machine_look_at_functions(&s, m);
}

static int read_release(const char *root, const char *release, struct machine *m)
{
	_cleanup_free_ char *line = NULL;

	if (!release && root)
		release = line = file_first_line("%s/proc/sys/kernel/osrelease", root);
	if (!release)
		return 0;
	m->release = utf8_clean(release);
	return m->release ? 0 : -ENOMEM;
}

/* A name from a stranger's report must not lead anywhere. */
static bool is_release(const char *release)
{
	return release && *release && *release != '.' && !strchr(release, '/');
}

static int look_at_module(const char *root, struct machine *m)
{
	m->module_file = module_file(root, m->release);
	return m->module_file ? module_file_read(root, m->release, m->module_file, &m->installed) :
				0;
}

bool machine_module_differs(const struct machine *m)
{
	return m->module_version && m->installed.version &&
	       strcmp(m->module_version, m->installed.version) != 0;
}

int machine_look(const char *root, const char *sysfs, const char *release, struct machine *ret)
{
	_cleanup_(machine_clear) struct machine m = {};
	int r = look_at_sysfs(sysfs, &m);

	if (r == 0)
		r = read_release(root, release, &m);
	if (r < 0)
		return r;
	if (root && is_release(m.release)) {
		m.kernel = kernel_support(root, m.release);
		r = look_at_module(root, &m);
	}
	if (r < 0)
		return r;
	/* What is seen outweighs what is written. */
	if (m.providers > 0)
		m.kernel = KERNEL_WITH_P2PDMA;
	*ret = m;
	m = (struct machine){};
	return 0;
}

static bool is_hidden(const struct machine *m)
{
	return m->kernel == KERNEL_WITHOUT_P2PDMA && m->nvme_drives > m->cmb_drives;
}

bool machine_may_have_memory(const struct machine *m)
{
	return m->providers > 0 || m->cmb_drives > 0 || is_hidden(m);
}

/* Drives that another driver has, or none: only the NVMe driver can tell of a CMB. */
static unsigned int count_unseen(const struct machine *m)
{
	unsigned int n = 0;

	for (size_t i = 0; i < m->n_functions; i++) {
		const struct machine_function *f = &m->functions[i];

		n += f->nvme && (!f->driver || strcmp(f->driver, "nvme") != 0);
	}
	return n;
}

static void describe_without_cmb(const struct machine *m, char *buf, size_t size)
{
	const char *s = m->nvme_drives == 1 ? "" : "s";
	unsigned int unseen = count_unseen(m);

	if (unseen == 0)
		snprintf(buf, size, "%u NVMe drive%s, none has a CMB", m->nvme_drives, s);
	else if (unseen == m->nvme_drives)
		snprintf(buf, size, "%u NVMe drive%s, none used by the driver nvme", m->nvme_drives,
			 s);
	else
		snprintf(buf, size,
			 "%u NVMe drive%s, none of the %u used by the driver nvme has a CMB",
			 m->nvme_drives, s, m->nvme_drives - unseen);
}

const char *machine_describe_drives(const struct machine *m, char *buf, size_t size)
{
	const char *s = m->nvme_drives == 1 ? "" : "s";

	if (m->nvme_drives == 0)
		snprintf(buf, size, "no NVMe drive");
	else if (is_hidden(m))
		snprintf(buf, size,
			 "%u NVMe drive%s; this kernel cannot show whether one has a CMB",
			 m->nvme_drives, s);
	else if (m->cmb_drives == 0)
		describe_without_cmb(m, buf, size);
	else
		snprintf(buf, size, "%u NVMe drive%s, %u with a CMB", m->nvme_drives, s,
			 m->cmb_drives);
	return buf;
}
