/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events, numbers and the policy, as the library makes structures of them. */
#include <errno.h>
#include <poll.h>

#include "tests/unit/server.h"

#define EVENT(text) "{\"continues\":true,\"parameters\":{\"event\":{" text "}}}"
#define REGION                                                                         \
	"\"region\":{\"name\":\"p2pmem0\",\"provider\":\"0000:03:00.0\",\"vendor\":1," \
	"\"device\":2,\"size\":3,\"free\":4,\"allocated\":5,\"draining\":6,\"buffers\":7}"

static struct server server;

static struct p2pmem_client *start(const char *reply)
{
	server = (struct server){ .reply = reply, .fd = -1 };
	server_start(&server);
	return server_client(&server, -1, false);
}

static void stop(struct p2pmem_client *c)
{
	p2pmem_client_free(c);
	server_stop(&server);
}

static void events_come_one_by_one(void **state)
{
	struct p2pmem_client *c = start(
		EVENT("\"kind\":\"ready\"") "\n" EVENT("\"kind\":\"regionAdded\"," REGION) "\n" EVENT(
			"\"kind\":\"policyRead\",\"rules\":2,"
			"\"valid\":true") "\n" EVENT("\"kind\":\"overflow\",\"lost\":9") "\n" EVENT("\"kind\":\"invented\",\"x\":[]"));
	struct p2pmem_monitor_event *e;
	struct p2pmem_region *regions;
	struct pollfd p = { .events = POLLIN };

	assert_int_equal(p2pmem_monitor_fd(c), -ENOTCONN);
	assert_int_equal(p2pmem_monitor_next(c, 0, &e), -ENOTCONN);
	assert_int_equal(p2pmem_monitor_start(c), 0);
	assert_int_equal(p2pmem_list_regions(c, &regions), -EBUSY);
	assert_int_equal(p2pmem_monitor_start(c), -EBUSY);
	assert_int_equal(p2pmem_monitor_next(c, -1, &e), 1);
	assert_int_equal(e->kind, P2PMEM_MONITOR_READY);
	assert_null(e->lease);
	assert_null(e->region);
	p2pmem_list_free(e);
	assert_int_equal(p2pmem_monitor_next(c, -1, &e), 1);
	assert_int_equal(e->kind, P2PMEM_MONITOR_REGION_ADDED);
	assert_int_equal(e->region->buffers, 7);
	p2pmem_list_free(e);
	assert_int_equal(p2pmem_monitor_next(c, -1, &e), 1);
	assert_int_equal(e->kind, P2PMEM_MONITOR_POLICY_READ);
	assert_int_equal(e->rules, 2);
	assert_int_equal(e->valid, 1);
	p2pmem_list_free(e);
	assert_int_equal(p2pmem_monitor_next(c, -1, &e), 1);
	assert_int_equal(e->kind, P2PMEM_MONITOR_OVERFLOW);
	assert_int_equal(e->lost, 9);
	p2pmem_list_free(e);
	assert_int_equal(p2pmem_monitor_next(c, -1, &e), 1);
	assert_int_equal(e->kind, P2PMEM_MONITOR_OTHER);
	assert_string_equal(e->kind_name, "invented");
	p2pmem_list_free(e);
	assert_int_equal(p2pmem_monitor_next(c, 0, &e), 0);
	p.fd = p2pmem_monitor_fd(c);
	assert_true(p.fd >= 0);
	assert_int_equal(poll(&p, 1, 0), 0);
	p2pmem_client_cancel(c);
	assert_int_equal(p2pmem_monitor_next(c, -1, &e), -ECANCELED);
	assert_int_equal(p2pmem_monitor_next(c, -1, &e), -ENOTCONN);
	stop(c);
}

static void a_monitor_may_be_refused(void **state)
{
	struct p2pmem_client *c = start("{\"error\":\"io.p2pmem.Broker.TooManyMonitors\","
					"\"parameters\":{\"limit\":4}}");
	struct p2pmem_monitor_event *e;

	assert_int_equal(p2pmem_monitor_start(c), 0);
	assert_int_equal(p2pmem_monitor_next(c, -1, &e), -EBUSY);
	assert_string_equal(p2pmem_error_name(c), "io.p2pmem.Broker.TooManyMonitors");
	assert_int_equal(p2pmem_monitor_next(c, -1, &e), -ENOTCONN);
	stop(c);
}

static void malformed_events_end_it(void **state)
{
	static const char *const bad[] = {
		"{\"continues\":true}",
		"{\"continues\":true,\"parameters\":{\"event\":1}}",
		EVENT("\"kind\":1"),
		EVENT("\"kind\":\"overflow\",\"lost\":-1"),
		EVENT("\"kind\":\"regionAdded\",\"region\":{}"),
		EVENT("\"kind\":\"leaseEnded\",\"lease\":{\"id\":1}"),
		"1",
	};
	struct p2pmem_monitor_event *e;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct p2pmem_client *c = start(bad[i]);

		assert_int_equal(p2pmem_monitor_start(c), 0);
		assert_int_equal(p2pmem_monitor_next(c, -1, &e), -EBADMSG);
		assert_int_equal(p2pmem_monitor_next(c, -1, &e), -ENOTCONN);
		stop(c);
	}
}

#define METRICS(tenants)                                                                      \
	"{\"parameters\":{\"metrics\":{\"version\":\"1.2.3\",\"regions\":[],\"leases\":["     \
	"{\"name\":\"live\",\"count\":1}]," tenants "\"policyRules\":1,\"policyValid\":true," \
	"\"policyLoads\":2,\"leasesGranted\":3,\"leasesEnded\":4,\"bytesGranted\":5,"         \
	"\"requests\":[],\"refusals\":[],\"revocations\":[],\"connectionsAccepted\":6,"       \
	"\"disconnections\":[],\"latency\":[{\"upToUSec\":10,\"count\":7},{\"count\":8}],"    \
	"\"latencySumUSec\":9}}}"

static void numbers(void **state)
{
	struct p2pmem_client *c = start(METRICS(
		"\"tenants\":[{\"tenant\":\"uid:7\",\"provider\":\"p\",\"leases\":1,\"bytes\":2}],"));
	struct p2pmem_metrics *m;

	assert_int_equal(p2pmem_get_metrics(c, &m), 0);
	stop(c);
	assert_string_equal(m->version, "1.2.3");
	assert_null(m->regions);
	assert_string_equal(m->leases->name, "live");
	assert_int_equal(m->has_tenants, 1);
	assert_int_equal(m->tenants->bytes, 2);
	assert_int_equal(m->latency->up_to_usec, 10);
	assert_int_equal(m->latency->next->up_to_usec, -1);
	assert_int_equal(m->latency->next->count, 8);
	assert_int_equal(m->latency_sum_usec, 9);
	p2pmem_list_free(m);
	c = start(METRICS(""));
	assert_int_equal(p2pmem_get_metrics(c, &m), 0);
	assert_int_equal(m->has_tenants, 0);
	assert_null(m->tenants);
	p2pmem_list_free(m);
	stop(c);
	c = start("{\"parameters\":{\"metrics\":{}}}");
	assert_int_equal(p2pmem_get_metrics(c, &m), -EBADMSG);
	stop(c);
}

#define MISTAKES                                                                          \
	"\"mistakes\":[{\"file\":\"/etc/x\",\"line\":3,\"field\":\"rules[0]\","           \
	"\"problem\":\"bad\",\"remedy\":\"good\",\"warning\":true},{\"file\":\"/etc/y\"," \
	"\"problem\":\"worse\",\"warning\":false}]"

static void the_policy(void **state)
{
	struct p2pmem_client *c = start("{\"parameters\":{\"rules\":2," MISTAKES "}}");
	const struct p2pmem_policy_mistake *mistakes;
	struct p2pmem_policy *policy;

	assert_int_equal(p2pmem_reload_policy(c, &policy), 0);
	assert_null(p2pmem_error_mistakes(c));
	stop(c);
	assert_int_equal(policy->rules, 2);
	assert_int_equal(policy->mistakes->line, 3);
	assert_int_equal(policy->mistakes->warning, 1);
	assert_int_equal(policy->mistakes->next->line, -1);
	assert_null(policy->mistakes->next->remedy);
	p2pmem_list_free(policy);
	c = start("{\"error\":\"io.p2pmem.Broker.PolicyInvalid\",\"parameters\":{" MISTAKES "}}");
	assert_int_equal(p2pmem_reload_policy(c, &policy), -EINVAL);
	mistakes = p2pmem_error_mistakes(c);
	assert_string_equal(mistakes->problem, "bad");
	assert_string_equal(mistakes->next->file, "/etc/y");
	stop(c);
	c = start(
		"{\"error\":\"io.p2pmem.Broker.PolicyInvalid\",\"parameters\":{\"mistakes\":[1]}}");
	assert_int_equal(p2pmem_reload_policy(c, &policy), -EBADMSG);
	assert_null(p2pmem_error_mistakes(c));
	stop(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_one_by_one),
		cmocka_unit_test(a_monitor_may_be_refused),
		cmocka_unit_test(malformed_events_end_it),
		cmocka_unit_test(numbers),
		cmocka_unit_test(the_policy),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
