/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of p2pmemctl that show things: tables, suggestions, progress, statuses, signatures. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "client/ctl.h"
#include "client/progress.h"
#include "client/signature.h"
#include "client/table.h"

static char *printed(const struct table *t)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	assert_int_equal(table_print(t, f), 0);
	fclose(f);
	return text;
}

static void table_aligns(void **state)
{
	struct table *t = table_new(3);
	char *text;

	table_align_right(t, 1);
	table_add(t, "NAME");
	table_add(t, "SIZE");
	table_add(t, "MODEL");
	table_add(t, "\xc3\xa4\xc3\xb6");
	table_addf(t, "%d", 5);
	table_add(t, NULL);
	text = printed(t);
	assert_string_equal(text, "NAME  SIZE  MODEL\n"
				  "\xc3\xa4\xc3\xb6       5  -\n");
	free(text);
	table_free(t);
}

static void table_is_clean(void **state)
{
	struct table *t = table_new(1);
	char *text;

	table_add_coloured(t, COLOUR_RED, "a\x1b[2J\nb\xff");
	text = printed(t);
	for (const char *p = text; p[1]; p++)
		assert_true((unsigned char)*p >= ' ');
	assert_null(strchr(text, '\xff'));
	free(text);
	table_free(t);
}

static void suggestions(void **state)
{
	static const char *const words[] = { "list", "pairs", "leases", "copy", NULL };

	assert_string_equal(suggest("pair", words), "pairs");
	assert_string_equal(suggest("lits", words), "list");
	assert_string_equal(suggest("cpoy", words), "copy");
	assert_string_equal(suggest("le", words), "leases");
	assert_null(suggest("frobnicate", words));
	assert_null(suggest("", words));
	assert_null(suggest("a-word-that-is-much-longer-than-any-of-those-there-are", words));
}

static void progress_line(void **state)
{
	struct progress p = { .what = "copying", .size = 256 << 20 };
	char text[256];

	progress_format(&p, 64 << 20, 1000, 80, text, sizeof(text));
	assert_non_null(strstr(text, " 25%  64M of 256M  64M/s  0m03s left"));
	assert_non_null(strstr(text, "copying [###"));
	assert_true(strlen(text) < 80);
	progress_format(&p, 0, 0, 80, text, sizeof(text));
	assert_null(strstr(text, "left"));
	p.size = UINT64_C(1) << 50;
	progress_format(&p, 1 << 20, 1000, 200, text, sizeof(text));
	assert_non_null(strstr(text, "h"));
	/* However narrow the terminal, the line does not wrap. */
	for (size_t width = 1; width < 200; width++) {
		progress_format(&p, p.size / 3, 1000, width, text, sizeof(text));
		assert_true(strlen(text) < width || width <= 1);
	}
}

static void statuses_are_all_explained(void **state)
{
	for (int i = 0; i < STATUS_MAX; i++)
		assert_non_null(status_text(i));
	assert_null(status_text(-1));
	assert_null(status_text(STATUS_MAX));
	/* Lasting numbers. */
	assert_int_equal(STATUS_NO_PATH, 4);
	assert_int_equal(STATUS_NO_DAEMON, 7);
	assert_int_equal(STATUS_HOLDS_DATA, 10);
	assert_int_equal(STATUS_DIFFERENT, 13);
	assert_int_equal(STATUS_NO_DIRECT_IO, 17);
}

static int file_of(size_t size)
{
	int fd = memfd_create("disk", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

static void put(int fd, const char *s, size_t n, off_t offset)
{
	assert_int_equal(pwrite(fd, s, n, offset), n);
}

static void signatures(void **state)
{
	int fd = file_of(16 << 20);
	char *found = NULL;

	assert_int_equal(signature_find(fd, &found), 0);
	put(fd, "SWAPSPACE2", 10, 4096 - 10);
	put(fd, "\1\0\0\0\xff\0\0\0", 8, 1024);
	assert_int_equal(signature_find(fd, &found), 1);
	assert_non_null(strstr(found, "swap"));
	free(found);
	close(fd);

	/* A partition table with one entry of Linux's type. */
	fd = file_of(16 << 20);
	put(fd, "\x55\xaa", 2, 510);
	put(fd, "\0\0\0\0\x83\0\0\0\0\x08\0\0\0\x10\0\0", 16, 446);
	assert_int_equal(signature_find(fd, &found), 1);
	assert_string_equal(found, "a partition table (dos)");
	free(found);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_aligns), cmocka_unit_test(table_is_clean),
		cmocka_unit_test(suggestions),	cmocka_unit_test(progress_line),
		cmocka_unit_test(signatures),	cmocka_unit_test(statuses_are_all_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
