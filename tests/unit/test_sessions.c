/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose fault it is that time goes by: that of peers, or of who was to hear them. */
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/sessions.h"
#include "tests/mock/driver.h"
#include "tests/unit/machine.h"

#define CALL                                                           \
	"{\"method\":\"org.varlink.service.GetInterfaceDescription\"," \
	"\"parameters\":{\"interface\":\"io.p2pmem.Broker\"}}"

/* Several, as the loop takes what came at the same time in no order that is promised. */
#define PEERS 8U

#define PATIENCE_USEC 500000U

struct fixture {
	struct machine machine;
	struct mock_driver *driver;
	struct broker broker;
	struct allowance allowance;
	sd_event *event;
	struct sessions sessions;
	int peers[PEERS];
};

static int set_up(void **state)
{
	static struct fixture f;
	const struct policy policy = {};

	machine_new(&f.machine);
	f.driver = mock_driver_new(f.machine.root);
	assert_int_equal(broker_init(&f.broker, mock_driver_interface(f.driver), f.machine.root,
				     &policy),
			 0);
	f.allowance = allowance_default;
	f.allowance.patience_usec = PATIENCE_USEC;
	assert_true(sd_event_new(&f.event) >= 0);
	sessions_init(&f.sessions, f.event, &f.broker, &f.allowance);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < PEERS; i++)
		close_fd(&f->peers[i]);
	sessions_done(&f->sessions);
	sd_event_unref(f->event);
	broker_done(&f->broker);
	mock_driver_free(f->driver);
	machine_done(&f->machine);
	return 0;
}

/* Runs the loop until it would wait. */
static void settle(struct fixture *f)
{
	int r;

	do
		r = sd_event_run(f->event, 0);
	while (r > 0);
	assert_int_equal(r, 0);
}

static void take_all(int peer)
{
	char data[65536];

	while (recv(peer, data, sizeof(data), 0) > 0)
		;
}

/* Each is owed more than its socket takes. */
static void fill(struct fixture *f)
{
	for (size_t i = 0; i < PEERS; i++) {
		int fds[2];

		assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
		assert_int_equal(sessions_add(&f->sessions, fds[0]), 0);
		f->peers[i] = fds[1];
		while (send(fds[1], CALL, sizeof(CALL), 0) == sizeof(CALL))
			;
	}
	settle(f);
	assert_int_equal(f->sessions.n, PEERS);
}

static void blames_nobody_for_its_own_delay(void **state)
{
	struct fixture *f = *state;

	fill(f);
	for (size_t i = 0; i < PEERS; i++)
		take_all(f->peers[i]);
	usleep(2 * PATIENCE_USEC);
	settle(f);
	assert_int_equal(f->sessions.n, PEERS);
}

static void forgives_nobody_else_for_it(void **state)
{
	struct fixture *f = *state;

	fill(f);
	take_all(f->peers[0]);
	usleep(2 * PATIENCE_USEC);
	while (f->sessions.n == PEERS) {
		take_all(f->peers[0]);
		assert_true(sd_event_run(f->event, UINT64_MAX) > 0);
	}
	assert_int_equal(f->sessions.n, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(blames_nobody_for_its_own_delay),
		TEST(forgives_nobody_else_for_it),
	};

	log_set_max(LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
