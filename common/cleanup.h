/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scoped clean-up, and handing over out of a scope. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <errno.h>
#include <json-c/json.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

/* Takes the value and leaves the variable empty, so that its clean-up does nothing. */
#define take_ptr(p)                    \
	({                             \
		__auto_type _p = &(p); \
		__auto_type _v = *_p;  \
		*_p = NULL;            \
		_v;                    \
	})

static inline int take_fd(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

/* Keeps errno, so that it can stand on an error path. */
static inline void close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void json_putp(struct json_object **o)
{
	json_object_put(*o);
}

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(close_fd)
#define _cleanup_fclose_ _cleanup_(fclosep)
#define _cleanup_json_ _cleanup_(json_putp)
