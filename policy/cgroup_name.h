/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names that the path of a cgroup is made of. They borrow from the path. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct name {
	const char *at;
	size_t n;
};

/* The name that begins at @path, behind slashes; of length 0 at the end. */
static inline struct name first_name(const char *path)
{
	path += strspn(path, "/");
	return (struct name){ path, strcspn(path, "/") };
}

static inline struct name next_name(struct name c)
{
	return first_name(c.at + c.n);
}

static inline bool name_is(struct name c, const char *word)
{
	return c.n == strlen(word) && memcmp(c.at, word, c.n) == 0;
}

static inline bool begins_with(struct name c, const char *prefix)
{
	size_t n = strlen(prefix);

	return c.n >= n && memcmp(c.at, prefix, n) == 0;
}

/* With something in front of it. */
static inline bool ends_in(struct name c, const char *suffix)
{
	size_t n = strlen(suffix);

	return c.n > n && memcmp(c.at + c.n - n, suffix, n) == 0;
}

/* Has it the suffix of a unit that processes are in? In cgroup.c. */
bool name_is_unit(struct name c);
