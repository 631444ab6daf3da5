/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libp2pmem does without a broker: options, names, devices, failures. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/cleanup.h"
#include "client/lib.h"

static void client_freep(struct p2pmem_client **c)
{
	p2pmem_client_free(*c);
}

#define _cleanup_client_ _cleanup_(client_freep)

static void options_grow(void **state)
{
	struct {
		struct p2pmem_connect_options now;
		long later;
	} wide = { .now = { .struct_size = sizeof(wide), .timeout_ms = 5 } };
	struct p2pmem_connect_options o, small = { .struct_size = 1 };

	assert_int_equal(options_copy(&o, sizeof(o), sizeof(o), &wide), 0);
	assert_int_equal(o.timeout_ms, 5);
	wide.later = 1;
	assert_int_equal(options_copy(&o, sizeof(o), sizeof(o), &wide), -EINVAL);
	assert_int_equal(options_copy(&o, sizeof(o), sizeof(o), &small), -EINVAL);
}

static void names(void **state)
{
	assert_string_equal(p2pmem_verdict_name(P2PMEM_VERDICT_BUS), "bus");
	assert_string_equal(p2pmem_verdict_name(99), "unknown");
	assert_string_equal(p2pmem_verdict_name(-1), "unknown");
	assert_string_equal(p2pmem_state_name(P2PMEM_STATE_DRAINING), "draining");
	assert_string_equal(p2pmem_state_name(5), "unknown");
	for (int v = P2PMEM_VERDICT_UNKNOWN; v <= P2PMEM_VERDICT_BUS; v++)
		assert_int_equal(verdict_from_name(p2pmem_verdict_name(v)), v);
	assert_int_equal(verdict_from_name("splendid"), P2PMEM_VERDICT_UNKNOWN);
}

static void connecting_fails_with_a_sentence(void **state)
{
	struct p2pmem_connect_options o = { .struct_size = sizeof(o), .socket_path = "/nobody" };
	_cleanup_client_ struct p2pmem_client *c = NULL;
	struct p2pmem_region *regions;
	char path[200];

	assert_int_equal(p2pmem_client_new(&c), 0);
	assert_int_equal(p2pmem_list_regions(c, &regions), -ENOTCONN);
	assert_int_equal(p2pmem_client_connect(c, &o), -ENOENT);
	assert_non_null(strstr(p2pmem_errmsg(c), "/nobody"));
	assert_null(p2pmem_error_name(c));
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	o.socket_path = path;
	assert_int_equal(p2pmem_client_connect(c, &o), -ENAMETOOLONG);
	o.struct_size = 2;
	assert_int_equal(p2pmem_client_connect(c, &o), -EINVAL);
}

static void allocate_checks_its_options(void **state)
{
	struct p2pmem_allocate_options o = { .struct_size = sizeof(o) };
	_cleanup_client_ struct p2pmem_client *c = NULL;
	struct p2pmem_buffer *buffer;
	int closed = 1000;

	assert_int_equal(p2pmem_client_new(&c), 0);
	assert_int_equal(p2pmem_allocate(c, &o, &buffer), -EINVAL);
	o.size = 4096;
	o.min_size = 8192;
	assert_int_equal(p2pmem_allocate(c, &o, &buffer), -EINVAL);
	o.min_size = 0;
	o.size = UINT64_MAX;
	assert_int_equal(p2pmem_allocate(c, &o, &buffer), -EINVAL);
	o.size = 4096;
	o.fds = &closed;
	o.n_fds = 1;
	assert_int_equal(p2pmem_allocate(c, &o, &buffer), -EBADF);
	o.n_fds = 0;
	assert_int_equal(p2pmem_allocate(c, &o, &buffer), -ENOTCONN);
}

static int64_t number(struct json_object *o, const char *name)
{
	return json_object_get_int64(json_object_object_get(o, name));
}

static void files_are_where_their_file_system_is(void **state)
{
	_cleanup_json_ struct json_object *o = NULL;
	struct failure f = {};
	struct stat st;

	assert_int_equal(stat("/etc/passwd", &st), 0);
	if (major(st.st_dev) == 0) {
		assert_int_equal(device_from_name(&f, "/etc/passwd", &o), -EOPNOTSUPP);
	} else {
		assert_int_equal(device_from_name(&f, "/etc/passwd", &o), 0);
		assert_int_equal(number(o, "major"), major(st.st_dev));
		assert_int_equal(number(o, "minor"), minor(st.st_dev));
	}
	failure_clear(&f);
}

static void what_is_on_no_device_is_refused(void **state)
{
	_cleanup_close_ int fd = memfd_create("host memory", MFD_CLOEXEC);
	struct json_object *o = NULL;
	struct failure f = {};

	assert_int_equal(device_from_fd(&f, fd, NULL, &o), -EOPNOTSUPP);
	assert_non_null(strstr(f.message, "host memory"));
	failure_clear(&f);
	assert_int_equal(device_from_name(&f, "/proc/version", &o), -EOPNOTSUPP);
	assert_non_null(strstr(f.message, "/proc/version is on proc"));
	failure_clear(&f);
	assert_int_equal(device_from_name(&f, "/dev/null", &o), -ENOTBLK);
	failure_clear(&f);
	assert_int_equal(device_from_name(&f, "/", &o), -ENOTBLK);
	failure_clear(&f);
	assert_int_equal(device_from_name(&f, "/nobody", &o), -ENOENT);
	failure_clear(&f);
	assert_null(o);
}

static void addresses_are_taken_as_such(void **state)
{
	_cleanup_json_ struct json_object *o = NULL;
	struct failure f = {};

	assert_int_equal(device_from_name(&f, "03:00.0", &o), 0);
	assert_string_equal(json_object_get_string(json_object_object_get(o, "address")),
			    "0000:03:00.0");
	failure_clear(&f);
}

static void errors_of_the_broker(void **state)
{
	static const struct {
		const char *name;
		int error;
	} cases[] = {
		{ "io.p2pmem.Broker.NotPermitted", -EACCES },
		{ "io.p2pmem.Broker.NoCompatibleRegion", -EREMOTEIO },
		{ "io.p2pmem.Broker.NoSpace", -ENOSPC },
		{ "io.p2pmem.Broker.NoSuchDevice", -ENODEV },
		{ "io.p2pmem.Broker.NoSuchRegion", -ENXIO },
		{ "io.p2pmem.Broker.NotPeerToPeer", -EOPNOTSUPP },
		{ "io.p2pmem.Broker.DriverUnavailable", -ENOSYS },
		{ "org.varlink.service.InvalidParameter", -EINVAL },
		{ "org.varlink.service.MethodNotFound", -EPROTONOSUPPORT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct failure f = {};

		/* Also without the members that it should have. */
		assert_int_equal(failure_from_reply(&f, cases[i].name, NULL), cases[i].error);
		assert_string_equal(f.error_name, cases[i].name);
		assert_non_null(f.message);
		failure_clear(&f);
	}
}

static void malformed_errors(void **state)
{
	static const char *const bad[] = {
		"{\"refusals\":1}",
		"{\"refusals\":[1]}",
		"{\"refusals\":[{\"region\":\"p2pmem0\"}]}",
		"{\"remedy\":{}}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		_cleanup_json_ struct json_object *o = json_tokener_parse(bad[i]);
		struct failure f = {};

		assert_int_equal(failure_from_reply(&f, "io.p2pmem.Broker.NoCompatibleRegion", o),
				 -EBADMSG);
		assert_null(pool_first(&f.refusals));
		failure_clear(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_grow),
		cmocka_unit_test(names),
		cmocka_unit_test(connecting_fails_with_a_sentence),
		cmocka_unit_test(allocate_checks_its_options),
		cmocka_unit_test(files_are_where_their_file_system_is),
		cmocka_unit_test(what_is_on_no_device_is_refused),
		cmocka_unit_test(addresses_are_taken_as_such),
		cmocka_unit_test(errors_of_the_broker),
		cmocka_unit_test(malformed_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
