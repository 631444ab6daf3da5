/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container that the path of a cgroup speaks of. Pure.
 *
 * Runtimes have the id of a container in the name of its cgroup. Who may make
 * cgroups somewhere may give them such a name as well, without there being a
 * container: users below their own slice, and whoever runs as a unit below that
 * unit's cgroup, which may have been delegated to it. There the name is no more
 * than what they claim. The cgroups above, slices and the units in them, are
 * made by the service manager and by root.
 *
 * Of several containers, one in another, the outermost counts: what is
 * below is made by what runs in it.
 */
#pragma once

#include <stdbool.h>

/* All runtimes take 256 bits, in hexadecimal digits. */
#define CONTAINER_ID_MAX (64 + 1)

struct container {
	char id[CONTAINER_ID_MAX];
	const char *runtime; /* a constant: podman, docker, cri-o or containerd */
	bool in_unit; /* below the cgroup of a unit, which may have made it up */
};

/* false: it speaks of none. */
bool container_find(const char *cgroup, struct container *ret);

/* The constant for such a word, or NULL. */
const char *container_runtime(const char *word);

/* To the letter what an id is? */
bool container_id_valid(const char *id);
