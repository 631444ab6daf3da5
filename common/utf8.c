/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* By the first byte; the rest of the shape is checked in utf8_decode(). */
static size_t length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >> 5 == 6)
		return 2;
	if (first >> 4 == 14)
		return 3;
	return first >> 3 == 30 ? 4 : 0;
}

size_t utf8_decode(const char *text, size_t n, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
	size_t length = n > 0 ? length_of(s[0]) : 0;
	uint32_t c;

	if (!length || length > n)
		return 0;
	c = length == 1 ? s[0] : s[0] & (0xffU >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return length;
}

bool utf8_valid(const char *s, size_t n)
{
	uint32_t c;

	for (size_t length; n > 0; s += length, n -= length) {
		length = utf8_decode(s, n, &c);
		if (!length)
			return false;
	}
	return true;
}

static bool harmless(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	/* Line and paragraph separators, marks, embeddings, overrides and isolates. */
	return !(c >= 0x200e && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
	       !(c >= 0x2066 && c <= 0x2069) && c != 0x061c && c != 0xfeff;
}

static bool blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

char *utf8_clean(const char *s)
{
	size_t n, length;
	char *out, *p;
	uint32_t c;

	while (blank(*s))
		s++;
	n = strlen(s);
	while (n > 0 && blank(s[n - 1]))
		n--;
	out = p = malloc(n * strlen(REPLACEMENT) + 1);
	if (!out)
		return NULL;
	for (; n > 0; s += length, n -= length) {
		length = utf8_decode(s, n, &c);
		if (length && harmless(c)) {
			p = mempcpy(p, s, length);
		} else {
			p = mempcpy(p, REPLACEMENT, strlen(REPLACEMENT));
			length = length ?: 1;
		}
	}
	*p = '\0';
	return out;
}
