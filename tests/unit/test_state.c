/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state directory with things in it that the daemon never puts there. */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/log.h"
#include "daemon/state.h"
#include "tests/unit/machine.h"

struct fixture {
	struct machine machine;
	char path[80];
	struct state *state;
};

static int set_up(void **state)
{
	static struct fixture f;

	machine_new(&f.machine);
	snprintf(f.path, sizeof(f.path), "%s/state", f.machine.root);
	*state = &f;
	return state_open(f.path, &f.state);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	state_close(f->state);
	machine_done(&f->machine);
	return 0;
}

static const char *path_in(const struct fixture *f, const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	return path;
}

static bool exists(const struct fixture *f, const char *name)
{
	struct stat st;

	return lstat(path_in(f, name), &st) == 0;
}

static int count(const char *name, const char *text, size_t n, void *userdata)
{
	++*(int *)userdata;
	return *text == 'x' ? STATE_PUT_ASIDE : STATE_KEEP;
}

static int read_all(struct fixture *f)
{
	int n = 0;

	assert_int_equal(state_read(f->state, STATE_LEASES, count, &n), 0);
	return n;
}

/* A folder that is in the way in `aside` cannot be replaced. */
static void passes_over_what_cannot_be_moved(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(path_in(f, "leases/a"), 0700), 0);
	assert_int_equal(mkdir(path_in(f, "aside/a"), 0700), 0);
	assert_int_equal(mkdir(path_in(f, "aside/a/b"), 0700), 0);
	assert_int_equal(state_write(f->state, STATE_LEASES, "c", "{}"), 0);
	assert_int_equal(read_all(f), 1);
	assert_true(exists(f, "leases/a"));
	assert_true(exists(f, "leases/c"));
}

static void replaces_what_was_put_aside(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(state_write(f->state, STATE_LEASES, "a", "x"), 0);
		assert_int_equal(read_all(f), 1);
		assert_false(exists(f, "leases/a"));
		assert_true(exists(f, "aside/a"));
	}
}

static void puts_aside_what_is_no_file(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(symlink("/etc/passwd", path_in(f, "leases/link")), 0);
	assert_int_equal(mkfifo(path_in(f, "leases/pipe"), 0600), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/leases/socket", f->path);
	assert_int_equal(bind(s, (struct sockaddr *)&address, sizeof(address)), 0);
	close(s);
	assert_int_equal(read_all(f), 0);
	assert_true(exists(f, "aside/link") && exists(f, "aside/pipe") &&
		    exists(f, "aside/socket"));
}

/* ---- what is not the file's fault ------------------------------------ */

static int remove_next(const char *name, const char *text, size_t n, void *userdata)
{
	return unlinkat(*(int *)userdata, "b", 0) < 0 ? -errno : STATE_KEEP;
}

static int take_descriptors(const char *name, const char *text, size_t n, void *userdata)
{
	const struct rlimit none = { 0, *(rlim_t *)userdata };

	return setrlimit(RLIMIT_NOFILE, &none) < 0 ? -errno : STATE_KEEP;
}

static void write_two(struct fixture *f)
{
	assert_int_equal(state_write(f->state, STATE_LEASES, "a", "{}"), 0);
	assert_int_equal(state_write(f->state, STATE_LEASES, "b", "{}"), 0);
}

static void passes_over_what_went(void **state)
{
	struct fixture *f = *state;
	int folder;

	write_two(f);
	folder = open(path_in(f, "leases"), O_RDONLY | O_DIRECTORY);
	assert_true(folder >= 0);
	assert_int_equal(state_read(f->state, STATE_LEASES, remove_next, &folder), 0);
	close(folder);
	assert_true(exists(f, "leases/a"));
}

static void keeps_what_cannot_be_read_now(void **state)
{
	struct fixture *f = *state;
	struct rlimit before;

	write_two(f);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(state_read(f->state, STATE_LEASES, take_descriptors, &before.rlim_max),
			 -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(read_all(f), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(passes_over_what_cannot_be_moved), TEST(replaces_what_was_put_aside),
		TEST(puts_aside_what_is_no_file),	TEST(passes_over_what_went),
		TEST(keeps_what_cannot_be_read_now),
	};

	log_set_max(LOG_EMERG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
