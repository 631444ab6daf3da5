/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends of calls that nobody waits for any more: by threads, by signal handlers, or by neither. */
#include <errno.h>
#include <pthread.h>

#include "tests/unit/server.h"

/* Something that can be answered. */
static int call(struct p2pmem_client *c)
{
	struct p2pmem_region *regions;
	int r = p2pmem_list_regions(c, &regions);

	if (r == 0)
		p2pmem_list_free(regions);
	return r;
}

static void *cancel(void *client)
{
	p2pmem_client_cancel(client);
	return NULL;
}

/* ---- signals --------------------------------------------------------- */

static struct p2pmem_client *to_cancel;

static void on_signal(int number)
{
	p2pmem_client_cancel(to_cancel);
}

static void handle(struct p2pmem_client *c)
{
	struct sigaction sa = { .sa_handler = on_signal };

	to_cancel = c;
	sigaction(SIGUSR1, &sa, NULL);
}

/* The signal arrives when the broker has the call, or again and again. */
static int call_under_signals(struct p2pmem_client **c, struct server *s, bool interruptible)
{
	int r;

	s->call_signal = SIGUSR1;
	s->fd = -1;
	handle(NULL);
	server_start(s);
	*c = server_client(s, -1, interruptible);
	r = call(*c);
	return r;
}

static void a_handler_ends_a_call(void **state)
{
	struct server s = { .fd = -1, .call_signal = SIGUSR1 };
	struct p2pmem_client *c;

	handle(NULL);
	server_start(&s);
	c = server_client(&s, -1, false);
	handle(c);
	assert_int_equal(call(c), -ECANCELED);
	assert_string_equal(p2pmem_errmsg(c), "io.p2pmem.Broker.ListRegions was cancelled");
	p2pmem_client_free(c);
	server_stop(&s);
}

static void other_signals_do_not(void **state)
{
	struct server s = { .reply = "{\"parameters\":{}}" };
	struct p2pmem_client *c;

	assert_int_equal(call_under_signals(&c, &s, false), 0);
	assert_int_equal(call(c), 0);
	p2pmem_client_free(c);
	server_stop(&s);
}

static void they_do_if_that_is_asked_for(void **state)
{
	struct server s = { .insists = true };
	struct p2pmem_client *c;

	assert_int_equal(call_under_signals(&c, &s, true), -EINTR);
	assert_int_equal(call(c), -ENOTCONN);
	p2pmem_client_free(c);
	server_stop(&s);
}

/* ---- threads --------------------------------------------------------- */

/* The server's signal says that the call has begun. */
static void *cancel_on_signal(void *client)
{
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigwait(&set, &number);
	p2pmem_client_cancel(client);
	return NULL;
}

static void another_thread_ends_a_call(void **state)
{
	struct server s = { .fd = -1, .call_signal = SIGUSR1 };
	struct p2pmem_client *c;
	pthread_t thread;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	server_start(&s);
	c = server_client(&s, -1, false);
	pthread_create(&thread, NULL, cancel_on_signal, c);
	assert_int_equal(call(c), -ECANCELED);
	pthread_join(thread, NULL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	p2pmem_client_free(c);
	server_stop(&s);
}

static void no_cancellation_is_too_early(void **state)
{
	struct p2pmem_connect_options o = { .struct_size = sizeof(o), .socket_path = "/nobody" };
	struct p2pmem_monitor_event *event;
	struct p2pmem_client *c;

	assert_int_equal(p2pmem_client_new(&c), 0);
	p2pmem_client_cancel(c);
	assert_int_equal(call(c), -ECANCELED);
	assert_int_equal(p2pmem_client_connect(c, &o), -ECANCELED);
	assert_int_equal(p2pmem_monitor_start(c), -ECANCELED);
	assert_int_equal(p2pmem_monitor_next(c, 0, &event), -ENOTCONN);
	p2pmem_client_free(c);
	p2pmem_client_cancel(NULL);
}

static void a_connected_handle_stays_cancelled(void **state)
{
	struct server s = { .reply = "{\"parameters\":{}}", .fd = -1 };
	struct p2pmem_client *c;

	server_start(&s);
	c = server_client(&s, -1, false);
	assert_int_equal(call(c), 0);
	p2pmem_client_cancel(c);
	for (int i = 0; i < 2; i++)
		assert_int_equal(call(c), -ECANCELED);
	p2pmem_client_free(c);
	server_stop(&s);
}

/* ---- connecting ------------------------------------------------------ */

/* A socket whose backlog is full, for whose other end nobody cares. */
static int full_socket(char *path, size_t n)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	snprintf(path, n, "/tmp/p2pmem-full-%d", getpid());
	strcpy(a.sun_path, path);
	unlink(path);
	assert_int_equal(bind(listening, (void *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listening, 0), 0);
	do {
		int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		r = connect(s, (void *)&a, sizeof(a));
		/* Those that are connected stay so, to the end of the program. */
		if (r < 0)
			close(s);
	} while (r == 0);
	return listening;
}

static void connecting_can_be_cancelled(void **state)
{
	char path[64];
	int listening = full_socket(path, sizeof(path));
	struct p2pmem_connect_options o = {
		.struct_size = sizeof(o),
		.socket_path = path,
		.timeout_ms = -1,
	};
	struct p2pmem_client *c;
	pthread_t thread;

	assert_int_equal(p2pmem_client_new(&c), 0);
	pthread_create(&thread, NULL, cancel, c);
	assert_int_equal(p2pmem_client_connect(c, &o), -ECANCELED);
	pthread_join(thread, NULL);
	p2pmem_client_free(c);
	assert_int_equal(p2pmem_client_new(&c), 0);
	o.timeout_ms = 1;
	assert_int_equal(p2pmem_client_connect(c, &o), -ETIMEDOUT);
	p2pmem_client_free(c);
	unlink(path);
	close(listening);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handler_ends_a_call),
		cmocka_unit_test(other_signals_do_not),
		cmocka_unit_test(they_do_if_that_is_asked_for),
		cmocka_unit_test(another_thread_ends_a_call),
		cmocka_unit_test(no_cancellation_is_too_early),
		cmocka_unit_test(a_connected_handle_stays_cancelled),
		cmocka_unit_test(connecting_can_be_cancelled),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
