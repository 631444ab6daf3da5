/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/files.h"
#include "common/kernel.h"

static bool is_config_on(const char *line)
{
	return strcmp(line, "CONFIG_PCI_P2PDMA=y") == 0;
}

static bool is_symbol(const char *line)
{
	const char *name = strstr(line, " pci_p2pdma_add_resource");

	return name && name[strlen(" pci_p2pdma_add_resource")] == '\0';
}

/* KERNEL_UNKNOWN if the file cannot be read or is empty. */
static enum kernel_support look_into(FILE *f, bool (*match)(const char *line))
{
	_cleanup_free_ char *line = NULL;
	int c;

	if (!f)
		return KERNEL_UNKNOWN;
	c = getc(f);
	if (c == EOF)
		return KERNEL_UNKNOWN;
	ungetc(c, f);
	line = file_find_line(f, match);
	return line ? KERNEL_WITH_P2PDMA : KERNEL_WITHOUT_P2PDMA;
}

/* Distributions keep the configuration in either place; names of symbols anyone may read. */
enum kernel_support kernel_support(const char *root, const char *release)
{
	_cleanup_fclose_ FILE *boot = file_open("%s/boot/config-%s", root, release);
	_cleanup_fclose_ FILE *lib = file_open("%s/lib/modules/%s/config", root, release);
	_cleanup_fclose_ FILE *symbols = file_open("%s/proc/kallsyms", root);
	enum kernel_support k = look_into(boot, is_config_on);

	if (k == KERNEL_UNKNOWN)
		k = look_into(lib, is_config_on);
	if (k == KERNEL_UNKNOWN)
		k = look_into(symbols, is_symbol);
	return k;
}

/* A line of os-release, like ID=debian or VERSION_ID="13". */
static bool read_assignment(const char *line, const char *name, char *ret, size_t size)
{
	size_t n = strlen(name);

	if (strncmp(line, name, n) != 0 || line[n] != '=')
		return false;
	line += n + 1;
	line += *line == '"';
	n = strcspn(line, "\"\n");
	if (n >= size)
		n = size - 1;
	memcpy(ret, line, n);
	ret[n] = '\0';
	return true;
}

/*
 * Only what has been seen: Debian's own kernels up to 6.12 have it off, those
 * of trixie-backports and of Ubuntu since 24.04 on.
 */
static const char *remedy_for(const char *id, int version)
{
	if (strcmp(id, "debian") == 0 && version == 13)
		return "Debian 13's own kernel has it off, that of trixie-backports on: add "
		       "trixie-backports to the sources of apt, then as root: apt-get install -t "
		       "trixie-backports linux-image-cloud-amd64 in a virtual machine, "
		       "linux-image-amd64 elsewhere, and reboot";
	if (strcmp(id, "debian") == 0 && version > 0 && version < 13)
		return "Debian's own kernels of this version have it off: upgrade to Debian 13 and "
		       "take a kernel from trixie-backports, or build one with CONFIG_PCI_P2PDMA=y";
	if (strcmp(id, "ubuntu") == 0)
		return "Ubuntu's own kernels have it since 24.04: boot one of those, or build one "
		       "with CONFIG_PCI_P2PDMA=y";
	return "boot a kernel with CONFIG_PCI_P2PDMA=y; distributions differ, Debian's of "
	       "trixie-backports and Ubuntu's since 24.04 have it";
}

const char *kernel_remedy(const char *root)
{
	_cleanup_fclose_ FILE *etc = file_open("%s/etc/os-release", root);
	_cleanup_fclose_ FILE *usr = etc ? NULL : file_open("%s/usr/lib/os-release", root);
	char line[256], id[32] = "", version[32] = "";
	FILE *f = etc ? etc : usr;

	while (f && fgets(line, sizeof(line), f))
		if (!read_assignment(line, "ID", id, sizeof(id)))
			read_assignment(line, "VERSION_ID", version, sizeof(version));
	return remedy_for(id, atoi(version));
}
