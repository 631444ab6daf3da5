/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Host memory in the stead of P2P memory: when, what it is, and that it is said. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <syslog.h>

#include "common/cleanup.h"
#include "tests/unit/server.h"

static void client_freep(struct p2pmem_client **c)
{
	p2pmem_client_free(*c);
}

#define _cleanup_client_ _cleanup_(client_freep)

static struct p2pmem_client *unconnected(void)
{
	struct p2pmem_connect_options o = { .struct_size = sizeof(o), .socket_path = "/nobody" };
	struct p2pmem_client *c;

	assert_int_equal(p2pmem_client_new(&c), 0);
	assert_int_equal(p2pmem_client_connect(c, &o), -ENOENT);
	return c;
}

static int allocate(struct p2pmem_client *c, uint64_t size, enum p2pmem_fallback fallback,
		    struct p2pmem_buffer **ret)
{
	struct p2pmem_allocate_options o = {
		.struct_size = sizeof(o),
		.size = size,
		.fallback = fallback,
	};

	return p2pmem_allocate(c, &o, ret);
}

static void without_a_broker_it_fails_with_the_reason(void **state)
{
	_cleanup_client_ struct p2pmem_client *c = unconnected();
	struct p2pmem_buffer *buffer;

	assert_int_equal(allocate(c, 4096, P2PMEM_FALLBACK_NONE, &buffer), -ENOTCONN);
	assert_non_null(strstr(p2pmem_errmsg(c), "cannot connect to /nobody: No such file"));
}

static void without_a_broker_there_is_host_memory(void **state)
{
	_cleanup_client_ struct p2pmem_client *c = unconnected();
	struct p2pmem_info info = { .struct_size = sizeof(info) };
	struct p2pmem_buffer *buffer;
	char *memory;

	assert_int_equal(allocate(c, 5000, P2PMEM_FALLBACK_HOST, &buffer), 0);
	assert_int_equal(p2pmem_buffer_kind(buffer), P2PMEM_KIND_HOST);
	assert_int_equal(p2pmem_buffer_fallback_error(buffer), -ENOTCONN);
	assert_string_equal(p2pmem_buffer_fallback_reason(buffer), p2pmem_errmsg(c));
	assert_non_null(strstr(p2pmem_errmsg(c), "/nobody"));
	assert_null(p2pmem_buffer_lease(buffer));
	assert_int_equal(p2pmem_buffer_size(buffer), 8192);
	assert_int_equal(p2pmem_buffer_map(buffer, (void **)&memory), 0);
	assert_int_equal(memory[0] | memory[8191], 0);
	memset(memory, 1, 8192);
	assert_int_equal(p2pmem_buffer_get_info(buffer, &info), 0);
	assert_int_equal(info.size, 8192);
	assert_int_equal(info.kind, P2PMEM_KIND_HOST);
	assert_int_equal(info.state, P2PMEM_STATE_LIVE);
	assert_int_equal(info.id, 0);
	assert_string_equal(info.region, "");
	p2pmem_buffer_free(buffer);
}

/* Whoever has its descriptor sees the same memory, and cannot cut it short. */
static void host_memory_can_be_shared(void **state)
{
	_cleanup_client_ struct p2pmem_client *c = unconnected();
	struct p2pmem_buffer *buffer;
	char *memory, seen[5];
	int fd;

	assert_int_equal(allocate(c, 4096, P2PMEM_FALLBACK_HOST, &buffer), 0);
	assert_int_equal(p2pmem_buffer_map(buffer, (void **)&memory), 0);
	strcpy(memory, "here");
	fd = p2pmem_buffer_fd(buffer);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(pread(fd, seen, 5, 0), 5);
	assert_string_equal(seen, "here");
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, 8192), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	p2pmem_buffer_free(buffer);
}

static unsigned long meminfo(const char *what)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128], name[64];
	unsigned long n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) &&
	       (sscanf(line, "%63[^:]: %lu", name, &n) != 2 || strcmp(name, what) != 0))
		;
	fclose(f);
	return n;
}

/* As many huge pages as there are free; without any, it is ordinary pages. */
static void huge_pages_are_taken_if_there_are_any(void **state)
{
	_cleanup_client_ struct p2pmem_client *c = unconnected();
	struct p2pmem_buffer *buffer;
	uint64_t huge = meminfo("Hugepagesize") << 10;
	bool any = meminfo("HugePages_Free") > meminfo("HugePages_Rsvd");
	char *memory;

	assert_int_equal(allocate(c, 4096, P2PMEM_FALLBACK_HUGE, &buffer), 0);
	assert_int_equal(p2pmem_buffer_kind(buffer),
			 any ? P2PMEM_KIND_HOST_HUGE : P2PMEM_KIND_HOST);
	assert_int_equal(p2pmem_buffer_size(buffer), any ? huge : 4096);
	assert_int_equal(p2pmem_buffer_map(buffer, (void **)&memory), 0);
	memset(memory, 1, p2pmem_buffer_size(buffer));
	p2pmem_buffer_free(buffer);
}

/* Nothing is taken that is not there, so that nobody is killed for it. */
static void too_much_is_refused(void **state)
{
	static const uint64_t sizes[] = { 1ULL << 50, INT64_MAX, INT64_MAX - 4096 };
	_cleanup_client_ struct p2pmem_client *c = unconnected();
	struct p2pmem_buffer *buffer;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (int f = P2PMEM_FALLBACK_HOST; f <= P2PMEM_FALLBACK_HUGE; f++) {
			assert_int_equal(allocate(c, sizes[i], f, &buffer), -ENOMEM);
			assert_non_null(strstr(p2pmem_errmsg(c), "/nobody"));
			assert_non_null(strstr(p2pmem_errmsg(c), "no host memory either"));
		}
	assert_int_equal(allocate(c, 4096, P2PMEM_FALLBACK_HUGE + 1, &buffer), -EINVAL);
	assert_int_equal(allocate(c, 4096, -1, &buffer), -EINVAL);
}

/* ---- refusals -------------------------------------------------------- */

#define ERROR(name, parameters) \
	"{\"error\":\"io.p2pmem.Broker." name "\",\"parameters\":{" parameters "}}"

static const struct {
	const char *reply;
	int error;
	bool falls_back;
} refusals[] = {
	{ ERROR("NotPermitted", "\"reason\":\"no rule\",\"remedy\":\"ask\""), -EACCES, true },
	{ ERROR("NoCompatibleRegion", "\"refusals\":[]"), -EREMOTEIO, true },
	{ ERROR("NotPeerToPeer", "\"reason\":\"r\""), -EOPNOTSUPP, true },
	{ ERROR("NoSpace", "\"free\":1"), -ENOSPC, true },
	{ ERROR("QuotaExceeded", "\"limit\":1"), -EDQUOT, true },
	{ ERROR("NoSuchDevice", "\"device\":\"7:0\""), -ENODEV, true },
	{ ERROR("NoSuchRegion", "\"region\":\"x\""), -ENXIO, true },
	{ ERROR("DriverUnavailable", "\"reason\":\"r\""), -ENOSYS, true },
	{ ERROR("StateUnavailable", "\"reason\":\"r\""), -EIO, true },
	{ ERROR("OfALaterVersion", ""), -EPROTO, true },
	{ ERROR("NoSpace", "\"free\":\"many\""), -EBADMSG, true },
	{ "{\"parameters\":{}}", -EBADMSG, true },
	{ "no JSON", -EBADMSG, true },
	{ "", -EBADMSG, true },
	{ NULL, -ETIMEDOUT, true },
	{ "{\"error\":\"org.varlink.service.InvalidParameter\","
	  "\"parameters\":{\"parameter\":\"size\"}}",
	  -EINVAL, false },
};

static void check_refusal(size_t i, enum p2pmem_fallback fallback)
{
	struct server server = { .reply = refusals[i].reply, .fd = -1 };
	struct p2pmem_client *c;
	struct p2pmem_buffer *buffer;
	int r;

	server_start(&server);
	c = server_client(&server, refusals[i].reply ? -1 : 1, false);
	r = allocate(c, 4096, fallback, &buffer);
	if (fallback == P2PMEM_FALLBACK_NONE || !refusals[i].falls_back) {
		assert_int_equal(r, refusals[i].error);
	} else {
		assert_int_equal(r, 0);
		assert_int_equal(p2pmem_buffer_fallback_error(buffer), refusals[i].error);
		assert_string_equal(p2pmem_buffer_fallback_reason(buffer), p2pmem_errmsg(c));
		p2pmem_buffer_free(buffer);
	}
	p2pmem_client_free(c);
	server_stop(&server);
}

static void every_refusal_is_fallen_back_on(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		check_refusal(i, P2PMEM_FALLBACK_NONE);
		check_refusal(i, P2PMEM_FALLBACK_HOST);
	}
}

static void the_broker_is_quoted(void **state)
{
	struct server server = { .reply = refusals[0].reply, .fd = -1 };
	struct p2pmem_client *c;
	struct p2pmem_buffer *buffer;

	server_start(&server);
	c = server_client(&server, 0, false);
	assert_int_equal(allocate(c, 4096, P2PMEM_FALLBACK_HOST, &buffer), 0);
	assert_string_equal(p2pmem_error_name(c), "io.p2pmem.Broker.NotPermitted");
	assert_string_equal(p2pmem_error_remedy(c), "ask");
	p2pmem_client_free(c);
	server_stop(&server);
	assert_string_equal(p2pmem_buffer_fallback_reason(buffer), "not permitted: no rule");
	p2pmem_buffer_free(buffer);
}

/* A file in host memory has no path, and that is said; what is not there is a mistake. */
static void devices_without_a_path(void **state)
{
	_cleanup_client_ struct p2pmem_client *c = unconnected();
	_cleanup_close_ int fd = memfd_create("file", MFD_CLOEXEC);
	const char *nobody = "/dev/nobody";
	struct p2pmem_allocate_options o = {
		.struct_size = sizeof(o),
		.size = 4096,
		.fds = &fd,
		.n_fds = 1,
		.fallback = P2PMEM_FALLBACK_HOST,
	};
	struct p2pmem_buffer *buffer;
	int closed = 1000;

	assert_int_equal(p2pmem_allocate(c, &o, &buffer), 0);
	assert_int_equal(p2pmem_buffer_fallback_error(buffer), -EOPNOTSUPP);
	p2pmem_buffer_free(buffer);
	o.fds = &closed;
	assert_int_equal(p2pmem_allocate(c, &o, &buffer), -EBADF);
	o.n_fds = 0;
	o.devices = &nobody;
	o.n_devices = 1;
	assert_int_equal(p2pmem_allocate(c, &o, &buffer), -ENOENT);
}

static void a_cancelled_handle_does_not_fall_back(void **state)
{
	_cleanup_client_ struct p2pmem_client *c = unconnected();
	struct p2pmem_buffer *buffer;

	p2pmem_client_cancel(c);
	assert_int_equal(allocate(c, 4096, P2PMEM_FALLBACK_HOST, &buffer), -ECANCELED);
}

/* ---- the log --------------------------------------------------------- */

static char logged[1024];

static void take_line(int priority, const char *message, void *userdata)
{
	size_t n = strlen(logged);

	assert_ptr_equal(userdata, logged);
	snprintf(logged + n, sizeof(logged) - n, "%d %s\n", priority, message);
}

static void it_is_logged(void **state)
{
	_cleanup_client_ struct p2pmem_client *c = unconnected();
	struct p2pmem_buffer *buffer;

	p2pmem_client_set_log(c, LOG_NOTICE, take_line, logged);
	assert_int_equal(allocate(c, 4096, P2PMEM_FALLBACK_NONE, &buffer), -ENOTCONN);
	assert_string_equal(logged, "");
	assert_int_equal(allocate(c, 4096, P2PMEM_FALLBACK_HOST, &buffer), 0);
	assert_string_equal(logged,
			    "5 host memory instead of P2P memory: not connected to the "
			    "broker: cannot connect to /nobody: No such file or directory\n");
	p2pmem_buffer_free(buffer);
	logged[0] = '\0';
	p2pmem_client_set_log(c, LOG_NOTICE, NULL, NULL);
	assert_int_equal(allocate(c, 4096, P2PMEM_FALLBACK_HOST, &buffer), 0);
	assert_string_equal(logged, "");
	p2pmem_buffer_free(buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_broker_it_fails_with_the_reason),
		cmocka_unit_test(without_a_broker_there_is_host_memory),
		cmocka_unit_test(host_memory_can_be_shared),
		cmocka_unit_test(huge_pages_are_taken_if_there_are_any),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(every_refusal_is_fallen_back_on),
		cmocka_unit_test(the_broker_is_quoted),
		cmocka_unit_test(devices_without_a_path),
		cmocka_unit_test(a_cancelled_handle_does_not_fall_back),
		cmocka_unit_test(it_is_logged),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
