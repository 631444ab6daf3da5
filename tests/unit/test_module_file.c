/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What files of modules say, whole, cut off, wrong and compressed. */
#include <archive.h>
#include <archive_entry.h>
#include <ftw.h>
#include <sys/stat.h>

#include "client/module_file.h"
#include "tests/mock/tree.h"
#include "tests/unit/elf.h"
#include "tests/unit/unit.h"

#define SIGNATURE "~Module signature appended~\n"
#define RELEASE "7.3.4-test"

static const char modinfo[] = "license=GPL\0srcversion=ABC\0version=1.2.3\0depends=";
static char root[64];

static struct module_file parse(const struct elf *e)
{
	struct module_file m;

	assert_int_equal(module_file_parse(e->bytes, e->n, &m), 0);
	assert_true(m.known);
	return m;
}

static void version_and_signature(void **state)
{
	struct elf e = elf_make(modinfo, sizeof(modinfo), "");
	struct module_file m = parse(&e);

	assert_string_equal(m.version, "1.2.3");
	assert_false(m.has_signature);
	module_file_clear(&m);
	e = elf_make(modinfo, sizeof(modinfo), "somebody" SIGNATURE);
	m = parse(&e);
	assert_string_equal(m.version, "1.2.3");
	assert_true(m.has_signature);
	module_file_clear(&m);
}

static void no_version(void **state)
{
	static const char other[] = "license=GPL\0srcversion=ABC";
	struct elf e = elf_make(other, sizeof(other), "");

	assert_null(parse(&e).version);
	e = elf_make("", 0, "");
	assert_null(parse(&e).version);
	e.n = 0;
	assert_null(parse(&e).version);
}

/* Nothing ends it but the end of the section. */
static void an_open_end(void **state)
{
	struct elf e = elf_make("version=1", 9, "");
	struct module_file m = parse(&e);

	assert_string_equal(m.version, "1");
	module_file_clear(&m);
	e = elf_make("version=\x1b[2Jx", 13, "");
	m = parse(&e);
	assert_null(strchr(m.version, '\x1b'));
	module_file_clear(&m);
}

/* In a piece of memory of that size, so that a sanitizer sees what is read beyond. */
static void cut_off(void **state)
{
	const struct elf e = elf_make(modinfo, sizeof(modinfo), "");

	for (size_t n = 0; n < e.n; n++) {
		unsigned char *part = malloc(n + !n);
		struct module_file m;

		assert_non_null(part);
		memcpy(part, e.bytes, n);
		assert_int_equal(module_file_parse(part, n, &m), 0);
		assert_null(m.version);
		free(part);
	}
}

static void numbers_that_lead_astray(void **state)
{
	const struct elf good = elf_make(modinfo, sizeof(modinfo), "");

	for (size_t i = 0; i < good.n; i++) {
		struct elf e = good;
		struct module_file m;

		e.bytes[i] = 0xff;
		m = parse(&e);
		module_file_clear(&m);
	}
}

/* ---- files ------------------------------------------------------------- */

static void write_compressed(const char *path, int (*filter)(struct archive *), const struct elf *e)
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	char full[256];

	snprintf(full, sizeof(full), "%s/lib/modules/" RELEASE "/%s", root, path);
	assert_int_equal(filter(a), ARCHIVE_OK);
	assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(a, full), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, e->bytes, e->n), e->n);
	archive_entry_free(entry);
	archive_write_free(a);
}

static struct module_file read_file(const char *path)
{
	struct module_file m;

	assert_int_equal(module_file_read(root, RELEASE, path, &m), 0);
	return m;
}

static void files(void **state)
{
	const struct elf e = elf_make(modinfo, sizeof(modinfo), SIGNATURE);
	static const char *const paths[] = { "p.ko", "p.ko.gz", "p.ko.xz", "p.ko.zst" };

	tree_bytes(root, "lib/modules/" RELEASE "/p.ko", e.bytes, e.n);
	write_compressed(paths[1], archive_write_add_filter_gzip, &e);
	write_compressed(paths[2], archive_write_add_filter_xz, &e);
	write_compressed(paths[3], archive_write_add_filter_zstd, &e);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct module_file m = read_file(paths[i]);

		assert_true(m.known);
		assert_true(m.has_signature);
		assert_string_equal(m.version, "1.2.3");
		module_file_clear(&m);
	}
}

static void what_cannot_be_read(void **state)
{
	const struct elf e = elf_make(modinfo, sizeof(modinfo), "");
	char fifo[256];

	assert_false(read_file("nowhere.ko").known);
	tree_bytes(root, "lib/modules/elsewhere.ko", e.bytes, e.n);
	assert_false(read_file("../elsewhere.ko").known);
	tree_bytes(root, "lib/modules/" RELEASE "/half.ko.xz",
		   "\xfd"
		   "7zXZ\0\0\4",
		   8);
	assert_false(read_file("half.ko.xz").known);
	snprintf(fifo, sizeof(fifo), "%s/lib/modules/" RELEASE "/fifo.ko", root);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_false(read_file("fifo.ko").known);
}

/* ---- */

static int setup(void **state)
{
	strcpy(root, "/tmp/p2pmem-module-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

static int teardown(void **state)
{
	return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_and_signature),
		cmocka_unit_test(no_version),
		cmocka_unit_test(an_open_end),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(numbers_that_lead_astray),
		cmocka_unit_test(files),
		cmocka_unit_test(what_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
