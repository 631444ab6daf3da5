/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session on a loop of the test's own, which is run until nothing is left to do. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/log.h"
#include "daemon/service.h"
#include "daemon/session.h"
#include "tests/mock/driver.h"
#include "tests/unit/machine.h"
#include "tests/unit/model.h"

#define CALL                                                           \
	"{\"method\":\"org.varlink.service.GetInterfaceDescription\"," \
	"\"parameters\":{\"interface\":\"io.p2pmem.Broker\"}}"

#define NO_METHOD "{\"method\":\"a.B\"}"

struct fixture {
	struct machine machine;
	struct mock_driver *driver;
	struct broker broker;
	struct session_host host;
	struct users users;
	struct session *session;
	int peer;
};

static void on_ended(struct session *s, enum session_end end, void *userdata)
{
	struct fixture *f = userdata;

	f->session = session_free(s);
}

static void on_pending(void *userdata)
{
}

static void look(const struct user *u, void *userdata)
{
}

static void on_taken(struct user *u, void *userdata)
{
}

static int set_up(void **state)
{
	static struct fixture f;
	const struct policy policy = {};
	int fds[2];

	machine_new(&f.machine);
	f.driver = mock_driver_new(f.machine.root);
	assert_int_equal(broker_init(&f.broker, mock_driver_interface(f.driver), f.machine.root,
				     &policy),
			 0);
	f.host = (struct session_host){
		.broker = &f.broker,
		.allowance = &allowance_default,
		.users = &f.users,
		.ended = on_ended,
		.pending = on_pending,
		.look = look,
		.taken = on_taken,
		.userdata = &f,
	};
	assert_true(sd_event_new(&f.host.event) >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	assert_int_equal(session_new(&f.host, fds[0], &f.session), 0);
	f.peer = fds[1];
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	f->session = session_free(f->session);
	close_fd(&f->peer);
	users_done(&f->users);
	sd_event_unref(f->host.event);
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
		r = sd_event_run(f->host.event, 0);
	while (r > 0);
	assert_int_equal(r, 0);
}

/* Sends calls until neither side moves any more. Returns how many bytes were taken. */
static size_t flood(struct fixture *f)
{
	static const char call[] = CALL;
	size_t sent = 0, idle = 0;

	while (f->session && idle < 2) {
		size_t at = sent % sizeof(call);
		ssize_t n = send(f->peer, call + at, sizeof(call) - at, MSG_NOSIGNAL);

		if (n < 0) {
			idle++;
			settle(f);
		} else {
			idle = 0;
			sent += (size_t)n;
		}
	}
	return sent;
}

static size_t count_replies(struct fixture *f)
{
	char data[65536];
	size_t replies = 0;
	ssize_t n;

	for (;;) {
		n = recv(f->peer, data, sizeof(data), 0);
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			replies += data[i] == '\0';
		settle(f);
	}
	return replies;
}

static void lets_calls_wait(void **state)
{
	struct fixture *f = *state;
	size_t sent = flood(f);

	/* The peer is stuck, not cut off; what it is owed comes when it reads. */
	assert_non_null(f->session);
	assert_int_equal(count_replies(f), sent / sizeof(CALL));
	assert_non_null(f->session);
}

static void ends_with_its_peer(void **state)
{
	struct fixture *f = *state;

	flood(f);
	close_fd(&f->peer);
	settle(f);
	assert_null(f->session);
}

static void says_goodbye_first(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send(f->peer, CALL "\0{}\0" CALL, 2 * sizeof(CALL) + 3, 0),
			 2 * sizeof(CALL) + 3);
	settle(f);
	assert_null(f->session);
	assert_int_equal(count_replies(f), 2);
}

static void answers_after_half_close(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send(f->peer, CALL, sizeof(CALL), 0), sizeof(CALL));
	shutdown(f->peer, SHUT_WR);
	settle(f);
	assert_null(f->session);
	assert_int_equal(count_replies(f), 1);
}

static bool has_reply(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK) == 1;
}

/* Two that have sent as much as the socket takes: neither waits until the other is done. */
static void takes_turns(void **state)
{
	struct fixture *f = *state;
	_cleanup_close_ int other = -1;
	struct session *second;
	size_t sent = 0;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	assert_int_equal(session_new(&f->host, fds[0], &second), 0);
	other = fds[1];
	while (send(f->peer, NO_METHOD, sizeof(NO_METHOD), 0) == sizeof(NO_METHOD))
		sent++;
	assert_true(sent > 20);
	while (!has_reply(f->peer))
		assert_true(sd_event_run(f->host.event, 0) > 0);
	assert_int_equal(send(other, CALL, sizeof(CALL), 0), sizeof(CALL));
	for (unsigned int i = 0; i < 10 && !has_reply(other); i++)
		assert_true(sd_event_run(f->host.event, 0) > 0);
	assert_true(has_reply(other));
	session_free(second);
}

#define LIST_PAIRS "{\"method\":\"io.p2pmem.Broker.ListPairs\",\"more\":true}"
#define REGIONS 64U
#define DEVICES 1024U

/* A machine of which the pairs are more than a session may owe its peer. */
static void make_large(struct fixture *f)
{
	struct topology *t = &f->broker.topology;
	char address[24];

	topology_done(t);
	*t = (struct topology){};
	for (unsigned int i = 0; i < DEVICES; i++) {
		snprintf(address, sizeof(address), "%04x:%02x:00.0", i / 256, i % 256);
		model_add(t, address, TYPE_ENDPOINT, NULL)->class = 0x010802;
	}
	for (unsigned int i = 0; i < REGIONS; i++)
		t->functions[i]->provider = true;
	f->broker.topology_current = true;
	f->broker.watched = true;
}

/* The replies that say that there are more. */
static size_t count_words(const char *data, size_t n, const char *word)
{
	size_t found = 0;

	for (const char *at = data; (at = memmem(at, n - (size_t)(at - data), word, strlen(word)));
	     at++)
		found++;
	return found;
}

static void tells_all_of_a_long_list(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *data = malloc(64U << 20);
	size_t length = 0;
	ssize_t n;

	make_large(f);
	assert_int_equal(send(f->peer, LIST_PAIRS "\0" NO_METHOD, sizeof(LIST_PAIRS NO_METHOD) + 1,
			      0),
			 sizeof(LIST_PAIRS NO_METHOD) + 1);
	settle(f);
	while ((n = recv(f->peer, data + length, 65536, 0)) > 0) {
		length += (size_t)n;
		assert_true(length < 63U << 20);
		settle(f);
	}
	assert_non_null(f->session);
	assert_int_equal(count_words(data, length, "\"pair\":"), REGIONS * DEVICES);
	assert_int_equal(count_words(data, length, "\"continues\":true"), REGIONS * DEVICES - 1);
	assert_int_equal(count_words(data, length, "0000:3f:00.0\",\"device\":\"0003:ff:00.0\""),
			 1);
	/* The call after it was answered as well, and after it. */
	assert_non_null(memmem(data + length - 200, 200, "InterfaceNotFound", 17));
}

/* A list of which the rest went away still has an end. */
static void ends_a_list_of_what_went(void **state)
{
	struct fixture *f = *state;
	char data[65536];
	ssize_t n, last = 0;

	make_large(f);
	assert_int_equal(send(f->peer, LIST_PAIRS, sizeof(LIST_PAIRS), 0), sizeof(LIST_PAIRS));
	settle(f);
	while (f->broker.topology.n_functions > 0) {
		struct p2pmem_pci_address a = f->broker.topology.functions[0]->address;

		topology_remove(&f->broker.topology, &a);
	}
	while ((n = recv(f->peer, data, sizeof(data), 0)) > 0) {
		last = n;
		settle(f);
	}
	assert_non_null(f->session);
	assert_true(last > 20);
	assert_int_equal(data[last - 1], 0);
	assert_string_equal(data + last - strlen("}{\"parameters\":{}}"), "{\"parameters\":{}}");
}

#define LIST_LEASES "{\"method\":\"io.p2pmem.Broker.ListLeases\",\"more\":true}"
#define LEASES 1200U
#define GONE 100U

/* A buffer, by whose descriptor the lease lives. */
static int borrow(struct fixture *f, const struct peer *who)
{
	_cleanup_json_ struct json_object *p = NULL;
	_cleanup_(answer_done) struct answer a = ANSWER_INIT;
	static const char text[] = "{\"size\":4096,\"devices\":[{\"major\":259,\"minor\":0}]}";
	struct varlink_call c = { .method = "io.p2pmem.Broker.Allocate" };

	assert_int_equal(json_parse(text, strlen(text), 8, &p), 0);
	c.parameters = p;
	assert_int_equal(service_call(&f->broker, who, &c, &a), 0);
	assert_null(a.error);
	return take_fd(&a.fd);
}

/* Each that lives through it, once; also where others end meanwhile. */
static void tells_all_leases(void **state)
{
	struct rlimit files = { 4 * LEASES, 4 * LEASES };
	const struct peer root = {};
	struct fixture *f = *state;
	_cleanup_free_ char *data = malloc(4U << 20);
	int fds[LEASES];
	size_t length = 0, told;
	ssize_t n;

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	for (size_t i = 0; i < LEASES; i++)
		fds[i] = borrow(f, &root);
	assert_int_equal(send(f->peer, LIST_LEASES, sizeof(LIST_LEASES), 0), sizeof(LIST_LEASES));
	settle(f);
	for (size_t i = LEASES - GONE; i < LEASES; i++)
		close(fds[i]);
	/* The broker hears of it, in the middle of the list. */
	close(borrow(f, &root));
	while ((n = recv(f->peer, data + length, 65536, 0)) > 0) {
		length += (size_t)n;
		assert_true(length < 3U << 20);
		settle(f);
	}
	assert_non_null(f->session);
	told = count_words(data, length, "\"lease\":");
	assert_in_range(told, LEASES - GONE, LEASES - GONE + 1);
	assert_int_equal(count_words(data, length, "\"continues\":true"), told - 1);
	for (size_t i = 0; i < LEASES - GONE; i++)
		close(fds[i]);
}

static void forgets_the_rest_of_a_list(void **state)
{
	struct fixture *f = *state;

	make_large(f);
	assert_int_equal(send(f->peer, LIST_PAIRS, sizeof(LIST_PAIRS), 0), sizeof(LIST_PAIRS));
	settle(f);
	assert_non_null(f->session);
	close_fd(&f->peer);
	settle(f);
	assert_null(f->session);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lets_calls_wait),
		TEST(ends_with_its_peer),
		TEST(says_goodbye_first),
		TEST(answers_after_half_close),
		TEST(takes_turns),
		TEST(tells_all_of_a_long_list),
		TEST(ends_a_list_of_what_went),
		TEST(tells_all_leases),
		TEST(forgets_the_rest_of_a_list),
	};

	log_set_max(LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
