/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that grow. */
#pragma once

#include <errno.h>
#include <stdlib.h>

/*
 * Appends @value to the array @a of @n elements and counts it. 0 or -ENOMEM.
 * There is always room for the next power of two, so that no capacity needs to
 * be kept. Elements may be dropped from the end by lowering @n.
 */
#define array_push(a, n, value)                                                              \
	({                                                                                   \
		int _r = 0;                                                                  \
		if (((n) & ((n) - 1)) == 0) {                                                \
			__typeof__(a) _a = reallocarray(a, (n) ? 2 * (n) : 1, sizeof(*(a))); \
			if (_a)                                                              \
				(a) = _a;                                                    \
			else                                                                 \
				_r = -ENOMEM;                                                \
		}                                                                            \
		if (_r == 0)                                                                 \
			(a)[(n)++] = (value);                                                \
		_r;                                                                          \
	})
