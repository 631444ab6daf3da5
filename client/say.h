/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What p2pmemctl says to people, a line at a time. Lines may hold names from
 * devices, files and other users: whatever could drive a terminal is replaced.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

void say(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "p2pmemctl: ..." on standard error: the thing and the reason. */
void problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "  ..." below it: more about it. */
void detail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "  remedy: ..." below that. */
void remedy(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Something worth knowing that is no failure. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Out of memory: says so, and returns the exit status for it. */
int no_memory(void);

enum colour {
	COLOUR_NONE,
	COLOUR_GREEN,
	COLOUR_YELLOW,
	COLOUR_RED,
	COLOUR_BOLD
};

/* A terminal that wants colour: see no-color.org. */
bool colour_wanted(FILE *f);
const char *colour_begin(enum colour c);
const char *colour_end(enum colour c);
