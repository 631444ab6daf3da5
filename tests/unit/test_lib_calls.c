/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libp2pmem against a process that answers one call with what it was told. */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>

#include "tests/unit/server.h"

static struct server server;

/* Seconds that pass between two looks at the clock, for a client that gets no time. */
static time_t lost, lost_each;

int clock_gettime(clockid_t clock, struct timespec *t)
{
	int r = (int)syscall(SYS_clock_gettime, clock, t);

	lost += lost_each;
	t->tv_sec += lost;
	return r;
}

static struct p2pmem_client *start(const char *reply, int fd, int timeout_ms)
{
	server = (struct server){ .reply = reply, .fd = fd };
	server_start(&server);
	return server_client(&server, timeout_ms, false);
}

static void stop(struct p2pmem_client *client)
{
	p2pmem_client_free(client);
	server_stop(&server);
}

static int allocate(struct p2pmem_client *client, uint64_t size, struct p2pmem_buffer **ret)
{
	struct p2pmem_allocate_options o = { .struct_size = sizeof(o), .size = size };

	return p2pmem_allocate(client, &o, ret);
}

/* It outlives the client, is mapped once, and leaves neither mapping nor descriptor. */
static void a_buffer_lives_and_ends(void **state)
{
	int fd = server_memory(8192);
	struct p2pmem_client *client = start(LEASE("8192"), fd, 0);
	const struct p2pmem_lease *lease;
	struct p2pmem_buffer *buffer;
	unsigned char resident[2];
	void *address, *again;
	int lent;

	assert_int_equal(allocate(client, 8192, &buffer), 0);
	stop(client);
	lease = p2pmem_buffer_lease(buffer);
	assert_string_equal(lease->region, "p2pmem0");
	assert_string_equal(lease->devices->next->name, "0000:05:00.0");
	assert_int_equal(lease->verdict, P2PMEM_VERDICT_BUS);
	assert_int_equal(p2pmem_buffer_map(buffer, &address), 0);
	assert_int_equal(p2pmem_buffer_map(buffer, &again), 0);
	assert_ptr_equal(address, again);
	memset(address, 1, 8192);
	lent = p2pmem_buffer_fd(buffer);
	assert_int_not_equal(lent, fd);
	p2pmem_buffer_free(buffer);
	assert_int_equal(fcntl(lent, F_GETFD), -1);
	assert_int_equal(mincore(address, 8192, resident), -1);
	close(fd);
}

static void descriptors_of_no_use_are_closed(void **state)
{
	int fd = server_memory(4096), next, after;
	struct p2pmem_client *client = start(LEASE("8192"), fd, 0);
	struct p2pmem_buffer *buffer;

	next = dup(fd);
	close(next);
	/* Less memory than the lease says. */
	assert_int_equal(allocate(client, 8192, &buffer), -EBADMSG);
	stop(client);
	after = dup(fd);
	assert_true(after <= next);
	close(after);
	close(fd);
}

static void silence_ends_the_connection(void **state)
{
	struct p2pmem_client *client = start(NULL, -1, 50);
	struct p2pmem_region *regions;

	assert_int_equal(p2pmem_list_regions(client, &regions), -ETIMEDOUT);
	assert_non_null(strstr(p2pmem_errmsg(client), "ListRegions"));
	assert_null(p2pmem_error_name(client));
	assert_int_equal(p2pmem_list_regions(client, &regions), -ENOTCONN);
	stop(client);
}

/* What takes no time is done, however late the client is itself. */
static void who_is_slow_connects_all_the_same(void **state)
{
	struct p2pmem_client *client;

	lost_each = 60;
	client = start("{\"parameters\":{}}", -1, 1000);
	lost_each = 0;
	stop(client);
}

static void a_closed_connection_is_noticed(void **state)
{
	struct p2pmem_client *client = start("", -1, 0);
	struct p2pmem_region *regions;
	int r = p2pmem_list_regions(client, &regions);

	/* The NUL alone is no message, and whichever is seen first ends the call. */
	assert_true(r == -EBADMSG || r == -ECONNRESET);
	stop(client);
}

static void a_refusal_leaves_the_connection(void **state)
{
	struct p2pmem_client *client =
		start("{\"error\":\"io.p2pmem.Broker.NotPermitted\","
		      "\"parameters\":{\"reason\":\"no rule\",\"remedy\":\"ask\"}}",
		      -1, 0);
	struct p2pmem_buffer *buffer;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(allocate(client, 4096, &buffer), -EACCES);
		assert_string_equal(p2pmem_error_name(client), "io.p2pmem.Broker.NotPermitted");
		assert_string_equal(p2pmem_error_remedy(client), "ask");
		assert_null(p2pmem_error_refusals(client));
	}
	stop(client);
}

static void lists_are_one_piece(void **state)
{
	struct p2pmem_client *client =
		start("{\"parameters\":{\"device\":{\"address\":\"0000:04:00.0\",\"vendor\":1,"
		      "\"device\":2,\"serial\":null,\"numaNode\":1,\"later\":[],\"blockDevices\":["
		      "{\"name\":\"nvme0n1\",\"major\":259,\"minor\":0,\"size\":1,"
		      "\"logicalBlockSize\":512,\"peerToPeer\":false},"
		      "{\"name\":\"nvme0n2\",\"major\":259,\"minor\":1,\"size\":1,"
		      "\"logicalBlockSize\":512}]}}}",
		      -1, 0);
	struct p2pmem_device *devices;

	assert_int_equal(p2pmem_list_devices(client, &devices), 0);
	stop(client);
	assert_string_equal(devices->address, "0000:04:00.0");
	assert_null(devices->serial);
	assert_int_equal(devices->numa_node, 1);
	assert_null(devices->next);
	assert_int_equal(devices->block_devices->queue, P2PMEM_QUEUE_HOST_ONLY);
	assert_int_equal(devices->block_devices->next->queue, P2PMEM_QUEUE_UNKNOWN);
	assert_null(devices->block_devices->next->next);
	p2pmem_list_free(devices);
	p2pmem_list_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_lives_and_ends),
		cmocka_unit_test(descriptors_of_no_use_are_closed),
		cmocka_unit_test(silence_ends_the_connection),
		cmocka_unit_test(who_is_slow_connects_all_the_same),
		cmocka_unit_test(a_closed_connection_is_noticed),
		cmocka_unit_test(a_refusal_leaves_the_connection),
		cmocka_unit_test(lists_are_one_piece),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
