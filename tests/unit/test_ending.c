/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drains and deadlines when the driver does not do as it is told, and letting
 * go of it when there is no more to do.
 */
#include <errno.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/log.h"
#include "daemon/deadline.h"
#include "daemon/drain.h"
#include "daemon/drain_record.h"
#include "daemon/follow.h"
#include "tests/mock/driver.h"
#include "tests/unit/machine.h"

#define BROKER "io.p2pmem.Broker."
#define PROVIDER "0000:03:00.0"
#define HOUR 3600000000ULL

struct fixture {
	struct machine machine;
	struct mock_driver *driver;
	struct broker broker;
	sd_event *event;
};

static const struct peer root = {};

static int set_up(void **state)
{
	static struct fixture f;

	machine_new(&f.machine);
	f.driver = mock_driver_new(f.machine.root);
	assert_true(sd_event_new(&f.event) >= 0);
	*state = &f;
	assert_int_equal(broker_init(&f.broker, mock_driver_interface(f.driver), f.machine.root,
				     &(struct policy){}),
			 0);
	broker_set_event(&f.broker, f.event);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	broker_done(&f->broker);
	sd_event_unref(f->event);
	mock_driver_free(f->driver);
	machine_done(&f->machine);
	return 0;
}

/* ---- calling --------------------------------------------------------- */

typedef int (*method_fn)(struct broker *b, const struct peer *who, struct json_object *parameters,
			 struct answer *ret);

static void call(struct fixture *f, method_fn method, const char *parameters, struct answer *ret)
{
	_cleanup_json_ struct json_object *p = NULL;

	*ret = ANSWER_INIT;
	assert_int_equal(json_parse(parameters, strlen(parameters), 8, &p), 0);
	assert_int_equal(method(&f->broker, &root, p, ret), 0);
}

/* Of 4096 bytes. The descriptor of its buffer. */
static int borrow(struct fixture *f)
{
	_cleanup_(answer_done) struct answer a;

	call(f, broker_allocate,
	     "{\"size\":4096,\"devices\":[{\"address\":\"03:00.0\"}],\"region\":\"p2pmem0\"}", &a);
	assert_null(a.error);
	return take_fd(&a.fd);
}

static void drain(struct fixture *f, const char *grace, const char *error)
{
	_cleanup_(answer_done) struct answer a;
	char parameters[128];

	snprintf(parameters, sizeof(parameters), "{\"region\":\"p2pmem0\"%s}", grace);
	call(f, broker_drain, parameters, &a);
	if (error)
		assert_string_equal(a.error, error);
	else
		assert_null(a.error);
}

static size_t in_state(const struct fixture *f, enum p2pmem_state s)
{
	size_t n = 0;

	for (const struct lease *l = f->broker.leases.first; l; l = l->next)
		n += l->state == s;
	return n;
}

/* As when the timer goes off, and then the driver has something to tell. */
static void expire(struct fixture *f)
{
	broker_revoke_due(&f->broker, broker_now());
	assert_int_equal(broker_follow(&f->broker), 0);
}

/*
 * There is a time to go on, and it was ahead when it was set, at @before or
 * later: a timer that is behind goes off for ever.
 */
static void assert_goes_on_later(const struct fixture *f, uint64_t before)
{
	assert_non_null(f->broker.on_deadline);
	assert_true(drains_deadline(&f->broker) >= before + DEADLINE_RETRY_USEC);
	assert_true(drains_deadline(&f->broker) < UINT64_MAX);
}

/* ---- drains ---------------------------------------------------------- */

static void drains_again_what_was_refused(void **state)
{
	struct fixture *f = *state;
	uint64_t before = broker_now();
	int fd = borrow(f);

	mock_driver_fail_revocations(f->driver, 2, -EIO);
	drain(f, "", BROKER "DriverUnavailable");
	assert_int_equal(in_state(f, P2PMEM_STATE_LIVE), 1);
	assert_goes_on_later(f, before);
	before = broker_now();
	expire(f);
	assert_int_equal(f->broker.leases.n, 1);
	assert_goes_on_later(f, before);
	expire(f);
	assert_int_equal(f->broker.leases.n, 0);
	assert_int_equal(drains_deadline(&f->broker), UINT64_MAX);
	assert_null(f->broker.on_deadline);
	close_fd(&fd);
}

static void revokes_all_but_the_refused(void **state)
{
	struct fixture *f = *state;
	int fds[3];

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = borrow(f);
	mock_driver_fail_revocations(f->driver, 1, -EIO);
	drain(f, "", BROKER "DriverUnavailable");
	assert_int_equal(broker_follow(&f->broker), 0);
	assert_int_equal(f->broker.leases.n, 1);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close_fd(&fds[i]);
}

static void does_not_spin_without_the_driver(void **state)
{
	struct fixture *f = *state;
	int fd = borrow(f);
	uint64_t now;

	mock_driver_fail_revocations(f->driver, 1, -EIO);
	drain(f, "", BROKER "DriverUnavailable");
	mock_driver_fail(f->driver, -EPERM);
	now = broker_now();
	broker_revoke_due(&f->broker, now);
	assert_goes_on_later(f, now);
	mock_driver_fail(f->driver, 0);
	expire(f);
	assert_int_equal(f->broker.leases.n, 0);
	close_fd(&fd);
}

/* Nothing is told of what is allocated past the broker while the last transfer ends. */
static void looks_again_until_it_is_empty(void **state)
{
	struct fixture *f = *state;
	const struct region_driver *d = mock_driver_interface(f->driver);
	const struct p2pmem_region_info region = { .provider.bus = 3 };
	struct p2pmem_alloc raw = { .length = 4096, .fd = -1 };
	uint64_t before = broker_now();
	int fd = borrow(f);

	mock_driver_set_busy(f->driver, true);
	drain(f, "", NULL);
	assert_int_equal(in_state(f, P2PMEM_STATE_REVOKED), 1);
	assert_int_equal(d->ops->alloc(d->data, &region, &raw), 0);
	mock_driver_set_busy(f->driver, false);
	assert_goes_on_later(f, before);
	close_fd(&fd);
	expire(f);
	assert_int_equal(drains_deadline(&f->broker), UINT64_MAX);
	close_fd(&raw.fd);
}

static void gives_notice_after_all(void **state)
{
	struct fixture *f = *state;
	uint64_t before = broker_now();
	int fd = borrow(f);

	mock_driver_fail_revocations(f->driver, 1, -EIO);
	drain(f, ",\"graceUSec\":3600000000", BROKER "DriverUnavailable");
	assert_int_equal(in_state(f, P2PMEM_STATE_LIVE), 1);
	assert_goes_on_later(f, before);
	assert_true(drains_deadline(&f->broker) < broker_now() + HOUR / 2);
	expire(f);
	assert_int_equal(in_state(f, P2PMEM_STATE_NOTICE), 1);
	assert_true(drains_deadline(&f->broker) > broker_now() + HOUR / 2);
	close_fd(&fd);
}

/* The daemon was killed when the drain was on record and nobody had heard of it. */
static void gives_notice_of_a_drain_of_before(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *text = drain_record_format(broker_now() + HOUR);
	char path[80];
	struct state *s;
	int fd = borrow(f);

	snprintf(path, sizeof(path), "%s/state", f->machine.root);
	assert_int_equal(state_open(path, &s), 0);
	assert_int_equal(state_write(s, STATE_DRAINS, PROVIDER, text), 0);
	assert_int_equal(broker_set_state(&f->broker, s), 0);
	assert_int_equal(broker_follow(&f->broker), 0);
	assert_int_equal(broker_follow(&f->broker), 0);
	assert_int_equal(in_state(f, P2PMEM_STATE_NOTICE), 1);
	close_fd(&fd);
}

/* ---- deadlines ------------------------------------------------------- */

/* What is written to standard error meanwhile, in lines. */
static size_t lines_of(struct fixture *f)
{
	int kept = dup(STDERR_FILENO), log = memfd_create("log", MFD_CLOEXEC);
	size_t lines = 0;
	char c;

	assert_true(kept >= 0 && log >= 0);
	log_set_max(LOG_ERR);
	dup2(log, STDERR_FILENO);
	broker_revoke_due(&f->broker, broker_now() + HOUR);
	dup2(kept, STDERR_FILENO);
	log_set_max(LOG_EMERG);
	lseek(log, 0, SEEK_SET);
	while (read(log, &c, 1) == 1)
		lines += c == '\n';
	close_fd(&kept);
	close_fd(&log);
	return lines;
}

static void says_once_that_none_can_be_revoked(void **state)
{
	struct fixture *f = *state;
	struct answer a;
	int fds[3];

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = borrow(f);
	call(f, broker_revoke, "{\"all\":true,\"graceUSec\":1000000}", &a);
	assert_null(a.error);
	answer_done(&a);
	mock_driver_fail_revocations(f->driver, 3, -EIO);
	assert_int_equal(lines_of(f), 1);
	assert_int_equal(f->broker.leases.n, 3);
	assert_non_null(f->broker.on_deadline);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close_fd(&fds[i]);
}

/* ---- letting go ------------------------------------------------------ */

/* What the loop has to do, until the daemon has let go of the driver. */
static void run_until_idle(struct fixture *f)
{
	while (f->broker.events >= 0)
		assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
}

static void lets_go_when_nothing_is_lent(void **state)
{
	struct fixture *f = *state;
	int fd = borrow(f);

	/* It was idle when it was asked, and is not when the timer goes off. */
	while (f->broker.on_idle)
		assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
	assert_true(f->broker.events >= 0);
	close_fd(&fd);
	run_until_idle(f);
	assert_int_equal(f->broker.leases.n, 0);
	fd = borrow(f);
	assert_true(f->broker.events >= 0);
	close_fd(&fd);
	run_until_idle(f);
	assert_null(f->broker.on_events);
}

static void holds_on_while_it_drains(void **state)
{
	struct fixture *f = *state;
	const struct region_driver *d = mock_driver_interface(f->driver);
	const struct p2pmem_region_info region = { .provider.bus = 3 };
	struct p2pmem_alloc raw = { .length = 4096, .fd = -1 };

	mock_driver_set_busy(f->driver, true);
	assert_int_equal(d->ops->alloc(d->data, &region, &raw), 0);
	drain(f, "", NULL);
	assert_null(f->broker.on_idle);
	assert_true(f->broker.events >= 0);
	close_fd(&raw.fd);
	run_until_idle(f);
	assert_int_equal(drains_deadline(&f->broker), UINT64_MAX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drains_again_what_was_refused),
		TEST(revokes_all_but_the_refused),
		TEST(does_not_spin_without_the_driver),
		TEST(looks_again_until_it_is_empty),
		TEST(gives_notice_after_all),
		TEST(gives_notice_of_a_drain_of_before),
		TEST(says_once_that_none_can_be_revoked),
		TEST(lets_go_when_nothing_is_lent),
		TEST(holds_on_while_it_drains),
	};

	log_set_max(LOG_EMERG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
