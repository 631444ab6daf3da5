/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/files.h"
#include "client/machine.h"

#define CLASS_NVME "0x0108"

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

void machine_clear(struct machine *m)
{
	free(m->release);
	free(m->module_version);
	free(m->module_file);
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

static void look_at_module(const char *root, struct machine *m)
{
	m->module_loaded = file_exists("%s/sys/module/p2pmem", root);
	m->module_version = file_first_line("%s/sys/module/p2pmem/version", root);
	m->module_file = module_file(root, m->release);
}

static bool is_nvme(const char *devices, const char *address)
{
	_cleanup_free_ char *line = file_first_line("%s/%s/class", devices, address);

	return line && strncmp(line, CLASS_NVME, strlen(CLASS_NVME)) == 0;
}

/* The NVMe driver shows the attribute only where there is such a buffer. */
static bool has_cmb(const char *devices, const char *address)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_(closedirp) DIR *d = NULL;
	struct dirent *e;

	if (asprintf(&path, "%s/%s/nvme", devices, address) < 0) {
		path = NULL;
		return false;
	}
	d = opendir(path);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && file_exists("%s/%s/cmb", path, e->d_name))
			return true;
	return false;
}

static void look_at_hardware(const char *root, struct machine *m)
{
	_cleanup_free_ char *devices = NULL;
	_cleanup_(closedirp) DIR *d = NULL;
	struct dirent *e;

	if (asprintf(&devices, "%s/sys/bus/pci/devices", root) < 0) {
		devices = NULL;
		return;
	}
	d = opendir(devices);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		m->providers += file_exists("%s/%s/p2pmem", devices, e->d_name);
		if (is_nvme(devices, e->d_name)) {
			m->nvme_drives++;
			m->cmb_drives += has_cmb(devices, e->d_name);
		}
	}
}

int machine_look(const char *root, const char *release, struct machine *ret)
{
	struct machine m = { .release = strdup(release) };

	if (!m.release)
		return -ENOMEM;
	look_at_module(root, &m);
	look_at_hardware(root, &m);
	m.kernel = m.providers > 0 ? KERNEL_WITH_P2PDMA : kernel_support(root, release);
	*ret = m;
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
		snprintf(buf, size, "%u NVMe drive%s, none has a CMB", m->nvme_drives, s);
	else
		snprintf(buf, size, "%u NVMe drive%s, %u with a CMB", m->nvme_drives, s,
			 m->cmb_drives);
	return buf;
}
