/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a mistyped word was meant to be. */
#include <string.h>

#include "client/ctl.h"

#define WORD_MAX 32
#define DISTANCE_MAX 2

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Letters to insert, remove or replace; row by row. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];

			row[j] =
				least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[n];
}

static size_t score(const char *word, const char *candidate)
{
	if (strlen(word) > WORD_MAX || strlen(candidate) > WORD_MAX)
		return DISTANCE_MAX + 1;
	/* A beginning counts as near. */
	if (strlen(word) >= 2 && strncmp(candidate, word, strlen(word)) == 0)
		return 1;
	return distance(word, candidate);
}

const char *suggest(const char *word, const char *const *words)
{
	const char *best = NULL;
	size_t best_score = DISTANCE_MAX + 1;

	for (; *words; words++) {
		size_t s = score(word, *words);

		if (s < best_score) {
			best_score = s;
			best = *words;
		}
	}
	return best;
}
