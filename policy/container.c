/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "policy/cgroup.h"
#include "policy/cgroup_name.h"
#include "policy/container.h"

#define ID_DIGITS (CONTAINER_ID_MAX - 1)
#define SCOPE ".scope"

static const char podman[] = "podman", docker[] = "docker", crio[] = "cri-o",
		  containerd[] = "containerd";

/* What stands before the id. */
static const struct form {
	const char *prefix;
	const char *runtime;
	bool bare; /* also without the suffix of a scope */
} forms[] = {
	{ "libpod-", podman, true },
	/* Where a service is given over to one container. */
	{ "libpod-payload-", podman, true },
	{ "docker-", docker, false },
	{ "crio-", crio, true },
	{ "cri-containerd-", containerd, false },
	{ "nerdctl-", containerd, false },
};

#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

static bool is_id(struct name c)
{
	return c.n == ID_DIGITS && strspn(c.at, "0123456789abcdef") >= ID_DIGITS;
}

bool container_id_valid(const char *id)
{
	return is_id((struct name){ id, strlen(id) });
}

const char *container_runtime(const char *word)
{
	for (size_t i = 0; i < N_FORMS; i++)
		if (strcmp(forms[i].runtime, word) == 0)
			return forms[i].runtime;
	return NULL;
}

static struct name without(struct name c, const char *prefix, const char *suffix)
{
	return (struct name){ c.at + strlen(prefix), c.n - strlen(prefix) - strlen(suffix) };
}

/* An id and nothing else is a name that other things have, too. */
static const char *runtime_of_parent(struct name parent)
{
	if (name_is(parent, "docker"))
		return docker;
	if (name_is(parent, "libpod_parent"))
		return podman;
	/* As the kubelet names pods. */
	return begins_with(parent, "pod") ? containerd : NULL;
}

static bool has_form(struct name c, const struct form *form, struct name *ret)
{
	bool scope = ends_in(c, SCOPE);

	if (!begins_with(c, form->prefix) || (!scope && !form->bare))
		return false;
	*ret = without(c, form->prefix, scope ? SCOPE : "");
	return is_id(*ret);
}

static bool read_name(struct name c, struct name parent, struct name *ret_id,
		      const char **ret_runtime)
{
	for (size_t i = 0; i < N_FORMS; i++)
		if (has_form(c, &forms[i], ret_id)) {
			*ret_runtime = forms[i].runtime;
			return true;
		}
	*ret_id = c;
	*ret_runtime = is_id(c) ? runtime_of_parent(parent) : NULL;
	return *ret_runtime;
}

/* Directly in the root only runtimes that make cgroups themselves, and not have them made. */
static bool is_expected(struct name first)
{
	return ends_in(first, ".slice") || name_is_unit(first) || name_is(first, "docker") ||
	       name_is(first, "libpod_parent") || name_is(first, "kubepods");
}

bool container_find(const char *cgroup, struct container *ret)
{
	struct name first = first_name(cgroup), parent = { "", 0 }, id;
	bool in_unit = false;

	if (!is_expected(first))
		return false;
	for (struct name c = first; c.n > 0; parent = c, c = next_name(c)) {
		struct container found = { .in_unit = in_unit };

		if (read_name(c, parent, &id, &found.runtime)) {
			memcpy(found.id, id.at, ID_DIGITS);
			*ret = found;
			return true;
		}
		in_unit = in_unit || name_is_unit(c);
	}
	return false;
}
