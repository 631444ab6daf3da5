/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Captured machines: folders, and archives of strangers. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/tree.h"

#include "tests/unit/machine.h"

static char folder[64], file[80];

static int setup(void **state)
{
	strcpy(folder, "/tmp/p2pmem-tree-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof(file), "%s/archive", folder);
	setenv("TMPDIR", folder, 1);
	return 0;
}

static int teardown(void **state)
{
	return nftw(folder, machine_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- archives of all kinds --------------------------------------------- */

static struct archive *begin(void)
{
	struct archive *a = archive_write_new();

	archive_write_set_format_pax_restricted(a);
	archive_write_add_filter_gzip(a);
	assert_int_equal(archive_write_open_filename(a, file), ARCHIVE_OK);
	return a;
}

static void end(struct archive *a)
{
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}

static struct archive_entry *entry(const char *path, mode_t type)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, 06777);
	return e;
}

static void put(struct archive *a, struct archive_entry *e)
{
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	archive_entry_free(e);
}

static void put_file(struct archive *a, const char *path, const char *text)
{
	struct archive_entry *e = entry(path, AE_IFREG);

	archive_entry_set_size(e, (la_int64_t)strlen(text));
	put(a, e);
	assert_int_equal(archive_write_data(a, text, strlen(text)), strlen(text));
}

static void put_link(struct archive *a, const char *path, const char *target)
{
	struct archive_entry *e = entry(path, AE_IFLNK);

	archive_entry_set_symlink(e, target);
	put(a, e);
}

/* What is unpacked goes below $TMPDIR, which is our folder. */
static int left_over(void)
{
	struct stat st;

	assert_int_equal(stat(folder, &st), 0);
	return (int)st.st_nlink - 2;
}

static void refused(void)
{
	struct tree t = {};

	assert_true(tree_open(file, &t) < 0);
	assert_null(t.sysfs);
	assert_int_equal(left_over(), 0);
}

/* ---- what is a tree ---------------------------------------------------- */

static void a_folder_with_sysfs(void **state)
{
	struct tree t;

	tree_file(folder, "bus/pci/x", "");
	assert_int_equal(tree_open(folder, &t), 0);
	assert_string_equal(t.sysfs, folder);
	assert_null(t.root);
	tree_close(&t);
	assert_int_equal(access(folder, F_OK), 0);
}

static void a_folder_with_a_report(void **state)
{
	struct tree t;
	char sys[80];

	tree_file(folder, "sys/bus/pci/x", "");
	snprintf(sys, sizeof(sys), "%s/sys", folder);
	assert_int_equal(tree_open(folder, &t), 0);
	assert_string_equal(t.sysfs, sys);
	assert_string_equal(t.root, folder);
	tree_close(&t);
}

static void other_things_are_no_tree(void **state)
{
	struct tree t;
	char missing[80];

	assert_true(tree_open(folder, &t) < 0);
	snprintf(missing, sizeof(missing), "%s/missing", folder);
	assert_int_equal(tree_open(missing, &t), -ENOENT);
	assert_int_equal(mkfifo(missing, 0600), 0);
	assert_true(tree_open(missing, &t) < 0);
	assert_true(tree_open("/dev/null", &t) < 0);
	tree_file(folder, "archive", "not an archive");
	refused();
}

static void a_bus_alone_is_no_machine(void **state)
{
	struct tree t;

	tree_link(folder, "bus/pci/devices/0000:00:00.0", "devices/pci0000:00/0000:00:00.0");
	tree_link(folder, "bus/pci/devices/0000:00:01.0", "devices/pci0000:00/0000:00:01.0");
	assert_int_equal(tree_open(folder, &t), -EINVAL);
	tree_file(folder, "devices/pci0000:00/0000:00:01.0/vendor", "0x8086\n");
	assert_int_equal(tree_open(folder, &t), 0);
	tree_close(&t);
}

static void an_archive_is_unpacked_and_removed(void **state)
{
	struct archive *a = begin();
	struct tree t;
	struct stat st;
	char path[256], text[16] = "";
	FILE *f;

	put(a, entry("./", AE_IFDIR));
	put(a, entry("./sys/bus/pci/devices/", AE_IFDIR));
	put_file(a, "sys/devices/x/class", "hello");
	put_link(a, "sys/bus/pci/devices/x", "../../../devices/x");
	put_link(a, "sys/devices/x/up", "..");
	end(a);
	assert_int_equal(tree_open(file, &t), 0);
	assert_int_equal(left_over(), 1);
	assert_int_equal(stat(t.root, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	snprintf(path, sizeof(path), "%s/bus/pci/devices/x/class", t.sysfs);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	assert_string_equal(text, "hello");
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	fclose(f);
	tree_close(&t);
	assert_int_equal(left_over(), 0);
}

/* A signal that comes meanwhile is not lost, and does not leave anything behind. */
static volatile sig_atomic_t seen;

static void note(int number)
{
	seen = left_over() + 1;
}

static void signals_wait_for_the_removal(void **state)
{
	struct archive *a = begin();
	struct tree t;

	put_file(a, "sys/bus/pci/x", "");
	end(a);
	signal(SIGTERM, note);
	assert_int_equal(tree_open(file, &t), 0);
	raise(SIGTERM);
	assert_int_equal(seen, 0);
	tree_close(&t);
	assert_int_equal(seen, 1);
	signal(SIGTERM, SIG_DFL);
}

/* ---- what strangers try ------------------------------------------------- */

static void links_that_lead_out(void **state)
{
	static const char *const targets[] = {
		"/etc/passwd", "..",	"../..",     "../../x", "x/../../..",
		"x/../y",      "./../", "../x/../y", "a/./b",	"",
	};

	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		struct archive *a = begin();

		put_file(a, "sys/bus/pci/x", "");
		put_link(a, i == 1 ? "link" : "sys/link", targets[i]);
		end(a);
		refused();
	}
}

static void paths_that_lead_out(void **state)
{
	static const char *const paths[] = { "/tmp/p2pmem-evil", "../evil", "sys/../../evil",
					     "sys//x", "sys/./x" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct archive *a = begin();

		put_file(a, "sys/bus/pci/x", "");
		put_file(a, paths[i], "evil");
		end(a);
		refused();
	}
	assert_int_not_equal(access("/tmp/p2pmem-evil", F_OK), 0);
}

static void writing_through_a_link(void **state)
{
	struct archive *a = begin();

	put_file(a, "sys/bus/pci/x", "");
	put_link(a, "sys/link", "bus");
	put_file(a, "sys/link/y", "evil");
	end(a);
	refused();
	a = begin();
	put_file(a, "sys/bus/pci/x", "");
	put_link(a, "sys/link", "bus/pci/x");
	put_file(a, "sys/link", "evil");
	end(a);
	refused();
}

static void devices_and_hard_links(void **state)
{
	static const mode_t types[] = { AE_IFCHR, AE_IFBLK, AE_IFIFO };
	struct archive_entry *e;
	struct archive *a;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		a = begin();
		put_file(a, "sys/bus/pci/x", "");
		put(a, entry("sys/node", types[i]));
		end(a);
		refused();
	}
	a = begin();
	put_file(a, "sys/bus/pci/x", "");
	e = entry("sys/hard", AE_IFREG);
	archive_entry_set_hardlink(e, "sys/bus/pci/x");
	put(a, e);
	end(a);
	refused();
}

static void put_zeros(struct archive *a, const char *path, size_t size)
{
	static char zeros[1 << 20];
	struct archive_entry *e = entry(path, AE_IFREG);

	archive_entry_set_size(e, (la_int64_t)size);
	put(a, e);
	for (; size; size -= sizeof(zeros))
		assert_int_equal(archive_write_data(a, zeros, sizeof(zeros)), sizeof(zeros));
}

static void bombs(void **state)
{
	struct archive *a = begin();
	char path[32];

	put_file(a, "sys/bus/pci/x", "");
	put_zeros(a, "sys/large", 17 << 20);
	end(a);
	refused();
	a = begin();
	put_file(a, "sys/bus/pci/x", "");
	for (int i = 0; i < 17; i++) {
		snprintf(path, sizeof(path), "sys/large%d", i);
		put_zeros(a, path, 16 << 20);
	}
	end(a);
	refused();
}

static void too_deep_and_too_long(void **state)
{
	char path[5000] = "sys";
	struct archive *a = begin();

	for (int i = 0; i < 64; i++)
		strcat(path, "/x");
	put_file(a, path, "");
	end(a);
	refused();
	a = begin();
	memset(path, 'x', 300);
	path[300] = '\0';
	put_file(a, path, "");
	end(a);
	refused();
}

/* Cut off at every length that matters: never more than a refusal, and nothing left. */
static void cut_off(void **state)
{
	struct archive *a = begin();
	struct stat st;
	struct tree t;
	int saved;

	put_file(a, "sys/bus/pci/x", "text");
	end(a);
	assert_int_equal(stat(file, &st), 0);
	/* Hundreds of times the same words. */
	saved = dup(STDERR_FILENO);
	assert_non_null(freopen("/dev/null", "w", stderr));
	for (off_t n = st.st_size - 1; n >= 0; n--) {
		assert_int_equal(truncate(file, n), 0);
		if (tree_open(file, &t) == 0)
			tree_close(&t);
		assert_int_equal(left_over(), 0);
	}
	dup2(saved, STDERR_FILENO);
	close(saved);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_folder_with_sysfs),
		TEST(a_folder_with_a_report),
		TEST(other_things_are_no_tree),
		TEST(a_bus_alone_is_no_machine),
		TEST(an_archive_is_unpacked_and_removed),
		TEST(signals_wait_for_the_removal),
		TEST(links_that_lead_out),
		TEST(paths_that_lead_out),
		TEST(writing_through_a_link),
		TEST(devices_and_hard_links),
		TEST(bombs),
		TEST(too_deep_and_too_long),
		TEST(cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
