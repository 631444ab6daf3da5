/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "common/utf8.h"
#include "policy/object.h"

#define SERIAL_MAX 64

/* Behind @prefix, or NULL. */
static const char *behind(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

static bool is_number(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

/* p2pmem0, nvme0, nvme0n1: names that the kernel counts out at each boot. */
static bool is_counted(const char *name)
{
	static const char *const prefixes[] = { "p2pmem", "nvme", "md", "dm-", "loop" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const char *rest = behind(name, prefixes[i]);

		if (rest && *rest && !rest[strspn(rest, "0123456789npc")])
			return true;
	}
	return false;
}

/* pci-ADDRESS, as udev names it, for a drive with -nvme-N behind it. */
static bool by_path_parse(const char *s, struct p2pmem_pci_address *ret)
{
	_cleanup_free_ char *address = NULL;
	const char *rest;

	s = behind(s, "pci-");
	if (!s)
		return false;
	rest = strstr(s, "-nvme-");
	if (rest && !is_number(rest + strlen("-nvme-")))
		return false;
	address = strndup(s, rest ? (size_t)(rest - s) : strlen(s));
	return address && pci_address_parse(address, ret) == 0;
}

static bool is_clean(const char *text)
{
	_cleanup_free_ char *clean = utf8_clean(text);

	return clean && strcmp(clean, text) == 0;
}

static const char *path_parse(const char *text, struct object_name *ret)
{
	const char *name = behind(text, "/dev/p2pmem/by-path/");

	if (!name)
		name = behind(text, "/dev/disk/by-path/");
	if (name && by_path_parse(name, &ret->address))
		return NULL;
	return "is no name in /dev/p2pmem/by-path, and what other paths stand for may change at "
	       "each boot";
}

static const char *serial_problem(const char *text)
{
	if (is_counted(text))
		return "is a number given out at each boot, so it may be another one after the next";
	if (!*text || strlen(text) > SERIAL_MAX || !is_clean(text))
		return "is no serial number: it is empty, too long, or has blanks at its ends or "
		       "characters that cannot be printed";
	if (strchr(text, '*'))
		return "is a pattern, and only '*' by itself stands for more than one";
	if (strchr(text, ':'))
		return "is no PCI address";
	return NULL;
}

const char *object_name_parse(const char *text, struct object_name *ret, bool *ret_oom)
{
	struct object_name n = { .kind = OBJECT_ADDRESS };
	const char *problem = NULL;

	*ret_oom = false;
	if (strcmp(text, "*") == 0) {
		n.kind = OBJECT_ANY;
	} else if (*text == '/') {
		problem = path_parse(text, &n);
	} else if (pci_address_parse(text, &n.address) < 0 && !by_path_parse(text, &n.address)) {
		n.kind = OBJECT_SERIAL;
		problem = serial_problem(text);
		n.serial = problem ? NULL : strdup(text);
		*ret_oom = !problem && !n.serial;
	}
	*ret = n;
	return problem;
}

void object_name_done(struct object_name *n)
{
	free(n->serial);
	*n = (struct object_name){};
}

void object_names_done(struct object_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		object_name_done(&names->list[i]);
	free(names->list);
	*names = (struct object_names){};
}

static bool covers(const struct object_name *n, const struct object *o)
{
	switch (n->kind) {
	case OBJECT_ANY:
		return true;
	case OBJECT_ADDRESS:
		return pci_address_equal(&n->address, &o->address);
	default:
		return o->serial && strcmp(n->serial, o->serial) == 0;
	}
}

bool object_names_cover(const struct object_names *names, const struct object *o)
{
	for (size_t i = 0; i < names->n; i++)
		if (covers(&names->list[i], o))
			return true;
	return false;
}
