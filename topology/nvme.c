/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>
#include <string.h>

#include "topology/nvme.h"

/* Reads a number of at most nine digits behind @tag. Returns behind it, or NULL. */
static const char *number(const char *s, const char *tag, unsigned int *ret)
{
	size_t n = strlen(tag), digits = 0;
	unsigned int value = 0;

	if (strncmp(s, tag, n) != 0)
		return NULL;
	for (s += n; s[digits] >= '0' && s[digits] <= '9'; digits++) {
		if (digits == 9)
			return NULL;
		value = value * 10 + (unsigned int)(s[digits] - '0');
	}
	*ret = value;
	return digits ? s + digits : NULL;
}

bool nvme_name_parse(const char *name, struct nvme_name *ret)
{
	struct nvme_name n = { .controller = -1 };
	unsigned int controller;

	name = number(name, "nvme", &n.instance);
	if (name && *name == 'c') {
		name = number(name, "c", &controller);
		n.controller = (int)controller;
	}
	if (name)
		name = number(name, "n", &n.ns);
	if (!name || *name)
		return false;
	*ret = n;
	return true;
}

bool nvme_is_path_of(const struct nvme_name *path, const struct nvme_name *head)
{
	return path->controller >= 0 && head->controller < 0 && path->instance == head->instance &&
	       path->ns == head->ns;
}
