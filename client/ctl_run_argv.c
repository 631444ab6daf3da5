/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program's arguments, with a path where a text stood. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "client/ctl_run.h"

void run_argv_free(char ***argv)
{
	for (size_t i = 0; *argv && (*argv)[i]; i++)
		free((*argv)[i]);
	free(*argv);
	*argv = NULL;
}

static size_t count(const char *s, const char *text)
{
	size_t n = 0;

	for (; (s = strstr(s, text)); s += strlen(text))
		n++;
	return n;
}

/* NULL when memory is short. */
static char *replace(const char *s, const char *text, const char *path)
{
	size_t n = *text ? count(s, text) : 0;
	char *copy = malloc(strlen(s) + n * strlen(path) + 1), *to = copy;
	const char *next;

	if (!copy)
		return NULL;
	for (; n > 0; n--, s = next + strlen(text)) {
		next = strstr(s, text);
		to = stpcpy(mempcpy(to, s, next - s), path);
	}
	strcpy(to, s);
	return copy;
}

int run_argv(char *const *argv, const char *text, const char *path, char ***ret)
{
	_cleanup_(run_argv_free) char **copy = NULL;
	size_t n = 0;

	while (argv[n])
		n++;
	copy = calloc(n + 1, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		copy[i] = replace(argv[i], text, path);
		if (!copy[i])
			return -ENOMEM;
	}
	*ret = take_ptr(copy);
	return 0;
}
