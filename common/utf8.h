/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UTF-8 from outside: is it any, and what of it may be shown. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character that @s of @n bytes begins with. Returns its length, 0 if there is none. */
size_t utf8_decode(const char *s, size_t n, uint32_t *ret);

/* Shortest forms only, no surrogates, nothing above U+10FFFF. A NUL is a character like others. */
bool utf8_valid(const char *s, size_t n);

/*
 * A copy that may go into a message, a log or a terminal: what is no UTF-8, a
 * control character, or changes the direction of text becomes U+FFFD; white
 * space at both ends, with which devices pad their names, is left out. NULL
 * when memory is short. To be freed by the caller.
 */
char *utf8_clean(const char *s);
