/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The broker on the mock driver and the made-up machine. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/log.h"
#include "common/pci.h"
#include "daemon/broker.h"
#include "daemon/service.h"
#include "policy/parse.h"
#include "tests/mock/driver.h"
#include "tests/unit/machine.h"

#define BROKER "io.p2pmem.Broker."
#define MIB (1LL << 20)

struct fixture {
	struct machine machine;
	struct mock_driver *driver;
	struct broker broker;
};

static const struct peer alice = { .uid = 1000, .gid = 50 };
static const struct peer bob = { .uid = 1001, .gid = 50 };
static const struct peer mallory = { .uid = 1002, .gid = 1002 };
static const struct peer root = { .uid = 0, .gid = 0 };

/* Group 50 may have everything. */
static void policy_of_members(struct policy *ret)
{
	static const char text[] = "{\"rules\":[{\"name\":\"members\",\"who\":{\"group\":50},"
				   "\"regions\":[\"*\"],\"devices\":[\"*\"]}]}";
	_cleanup_(mistakes_done) struct mistakes m = {};

	assert_int_equal(policy_parse("test", text, strlen(text), NULL, ret, &m), 0);
	assert_int_equal(m.n, 0);
}

static int set_up(void **state)
{
	static struct fixture f;
	struct policy policy = {};

	policy_of_members(&policy);
	machine_new(&f.machine);
	f.driver = mock_driver_new(f.machine.root);
	*state = &f;
	return broker_init(&f.broker, mock_driver_interface(f.driver), f.machine.root, &policy);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	broker_done(&f->broker);
	mock_driver_free(f->driver);
	machine_done(&f->machine);
	return 0;
}

/* ---- calling --------------------------------------------------------- */

static void call(struct fixture *f, const struct peer *who, const char *method, bool more,
		 const char *parameters, struct answer *ret)
{
	_cleanup_json_ struct json_object *p = NULL;
	struct varlink_call c = { .method = method, .more = more };

	*ret = ANSWER_INIT;
	if (parameters)
		assert_int_equal(json_parse(parameters, strlen(parameters), 8, &p), 0);
	c.parameters = p;
	assert_int_equal(service_call(&f->broker, who, &c, ret), 0);
}

static void allocate(struct fixture *f, const struct peer *who, const char *parameters,
		     struct answer *ret)
{
	call(f, who, BROKER "Allocate", false, parameters, ret);
}

static struct json_object *get(struct json_object *o, const char *name)
{
	struct json_object *v = NULL;

	if (!json_object_object_get_ex(o, name, &v))
		fail_msg("%s is missing in %s", name, json_object_to_json_string(o));
	return v;
}

static const char *text(struct json_object *o, const char *name)
{
	return json_object_get_string(get(o, name));
}

static int64_t number(struct json_object *o, const char *name)
{
	return json_object_get_int64(get(o, name));
}

static void fails_with(struct answer *a, const char *error)
{
	if (!a->error)
		fail_msg("succeeded: %s", json_object_to_json_string(a->parameters));
	assert_string_equal(a->error, error);
	assert_int_equal(a->fd, -1);
}

static struct json_object *expect_lease(struct answer *a)
{
	struct stat st;

	if (a->error)
		fail_msg("%s %s", a->error, json_object_to_json_string(a->parameters));
	assert_true(a->fd >= 0);
	assert_int_equal(number(a->parameters, "bufferFileDescriptor"), 0);
	assert_int_equal(fstat(a->fd, &st), 0);
	assert_int_equal(st.st_size, number(get(a->parameters, "lease"), "size"));
	return get(a->parameters, "lease");
}

/* The element of a list whose @key is @value. */
static struct json_object *find(struct answer *a, const char *kind, const char *key,
				const char *value)
{
	for (size_t i = 0; a->list && i < json_object_array_length(a->list); i++) {
		struct json_object *o = get(json_object_array_get_idx(a->list, i), kind);

		if (strcmp(text(o, key), value) == 0)
			return o;
	}
	fail_msg("no %s with %s %s", kind, key, value);
	return NULL;
}

static size_t count(struct fixture *f, const struct peer *who, const char *method)
{
	_cleanup_(answer_done) struct answer a;

	call(f, who, method, true, NULL, &a);
	assert_null(a.error);
	return a.list ? json_object_array_length(a.list) : 0;
}

/* ---- lists ----------------------------------------------------------- */

static void lists_regions(void **state)
{
	_cleanup_(answer_done) struct answer a;
	struct json_object *r;

	call(*state, &mallory, BROKER "ListRegions", true, "{}", &a);
	assert_int_equal(json_object_array_length(a.list), 3);
	r = find(&a, "region", "provider", "0000:03:00.0");
	assert_string_equal(text(r, "name"), "p2pmem0");
	assert_string_equal(text(r, "serial"), "cmb0");
	assert_int_equal(number(r, "size"), 64 * MIB);
	assert_int_equal(number(r, "free"), 64 * MIB - (128 << 10));
	assert_int_equal(number(r, "allocated"), 0);
	assert_false(json_object_object_get_ex(r, "numaNode", NULL));
}

static void lists_regions_without_driver(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer a;

	mock_driver_fail(f->driver, -ENOENT);
	call(f, &mallory, BROKER "ListRegions", true, NULL, &a);
	assert_int_equal(json_object_array_length(a.list), 3);
	assert_string_equal(text(find(&a, "region", "provider", "0000:03:00.0"), "name"),
			    "0000:03:00.0");
}

static void lists_devices(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer a, without;
	struct json_object *block;

	tree_file(f->machine.root, "class/block/nvme2n1/queue/no_p2p", "");
	call(f, &mallory, BROKER "ListDevices", true, NULL, &a);
	assert_int_equal(json_object_array_length(a.list), 6);
	block = get(find(&a, "device", "address", "0000:03:00.0"), "blockDevices");
	block = json_object_array_get_idx(block, 0);
	assert_string_equal(text(block, "name"), "nvme0n1");
	assert_true(json_object_get_boolean(get(block, "peerToPeer")));
	block = get(find(&a, "device", "address", "0000:06:00.0"), "blockDevices");
	assert_false(
		json_object_get_boolean(get(json_object_array_get_idx(block, 0), "peerToPeer")));

	mock_driver_fail(f->driver, -ENOENT);
	call(f, &mallory, BROKER "ListDevices", true, NULL, &without);
	block = get(find(&without, "device", "address", "0000:03:00.0"), "blockDevices");
	assert_false(
		json_object_object_get_ex(json_object_array_get_idx(block, 0), "peerToPeer", NULL));
}

static void lists_pairs(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer a, without;
	struct json_object *p;

	call(f, &mallory, BROKER "ListPairs", true, NULL, &a);
	assert_int_equal(json_object_array_length(a.list), 18);
	p = find(&a, "pair", "device", "0000:04:00.0");
	assert_string_equal(text(p, "verdict"), "bus");
	assert_string_equal(text(p, "source"), "kernel");
	assert_string_equal(text(p, "cause"), "common_bridge");
	assert_int_equal(number(p, "distance"), 4);
	p = find(&a, "pair", "device", "0000:06:00.0");
	assert_string_equal(text(p, "verdict"), "unsupported");
	assert_non_null(text(p, "reason"));
	assert_non_null(text(p, "remedy"));
	assert_false(json_object_object_get_ex(p, "distance", NULL));

	mock_driver_fail(f->driver, -ENOENT);
	call(f, &mallory, BROKER "ListPairs", true, NULL, &without);
	p = find(&without, "pair", "device", "0000:04:00.0");
	/* The rules alone, and nothing here says what the switch does of ACS. */
	assert_string_equal(text(p, "verdict"), "unknown");
	assert_string_equal(text(p, "source"), "computed");
	assert_string_equal(text(p, "cause"), "acs_unknown");
}

/* What the driver's hops say of ports is known from then on, also without it. */
static void learns_from_the_driver(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer a;
	struct json_object *p;

	f->broker.watched = true;
	assert_int_equal(count(f, &alice, BROKER "ListPairs"), 18);
	mock_driver_fail(f->driver, -ENOENT);
	call(f, &mallory, BROKER "ListPairs", true, "{\"region\":\"cmb0\"}", &a);
	assert_int_equal(json_object_array_length(a.list), 6);
	p = find(&a, "pair", "device", "0000:04:00.0");
	assert_string_equal(text(p, "verdict"), "bus");
	assert_string_equal(text(p, "source"), "computed");
}

static void explains(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer a, b;
	struct json_object *e, *path;

	call(f, &mallory, BROKER "Explain", false,
	     "{\"region\":\"p2pmem0\",\"device\":{\"major\":259,\"minor\":3}}", &a);
	assert_null(a.error);
	e = get(a.parameters, "explanation");
	assert_string_equal(text(e, "device"), "nvme2n1");
	assert_string_equal(text(e, "verdict"), "unsupported");
	path = json_object_array_get_idx(get(e, "paths"), 0);
	assert_string_equal(text(path, "source"), "kernel");
	assert_true(json_object_array_length(get(path, "hops")) > 4);

	/* A driver that is asleep is no reason to guess. */
	mock_driver_fail(f->driver, -ENOENT);
	call(f, &mallory, BROKER "Explain", false,
	     "{\"region\":\"03:00.0\",\"device\":{\"address\":\"06:00.0\"}}", &b);
	assert_string_equal(text(get(b.parameters, "explanation"), "verdict"), "unknown");
}

static void explains_what_there_is_alone(void **state)
{
	static const struct {
		const char *parameters;
		const char *error;
	} cases[] = {
		{ "{\"region\":\"p2pmem9\",\"device\":{\"address\":\"04:00.0\"}}",
		  BROKER "NoSuchRegion" },
		{ "{\"region\":\"multi\",\"device\":{\"address\":\"0f:00.0\"}}",
		  BROKER "NoSuchDevice" },
		{ "{\"region\":\"p2pmem0\",\"device\":{\"major\":8,\"minor\":1}}",
		  BROKER "NoSuchDevice" },
		{ "{\"region\":\"\",\"device\":{\"address\":\"04:00.0\"}}",
		  "org.varlink.service.InvalidParameter" },
		{ "{\"region\":\"p2pmem0\",\"device\":{}}",
		  "org.varlink.service.InvalidParameter" },
		{ "{\"region\":\"p2pmem0\"}", "org.varlink.service.InvalidParameter" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(answer_done) struct answer a;

		call(*state, &mallory, BROKER "Explain", false, cases[i].parameters, &a);
		fails_with(&a, cases[i].error);
	}
}

static void notices_changes(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer a;

	f->broker.watched = true;
	assert_int_equal(count(f, &alice, BROKER "ListRegions"), 3);
	machine_unlink(&f->machine, "bus/pci/devices/0000:81:00.0");
	broker_invalidate(&f->broker);
	assert_int_equal(count(f, &alice, BROKER "ListRegions"), 2);
	allocate(f, &alice, "{\"size\":1,\"devices\":[{\"address\":\"81:00.0\"}]}", &a);
	fails_with(&a, BROKER "NoSuchDevice");
}

static void come_events(void *userdata)
{
	broker_device_changed(userdata, "/devices/pci0000:80/0000:80:01.0/0000:81:00.0");
}

/* What is known to have changed is looked at before an answer is made, and nothing else. */
static void follows_events(void **state)
{
	struct fixture *f = *state;

	f->broker.watched = true;
	assert_int_equal(count(f, &alice, BROKER "ListRegions"), 3);
	machine_unlink(&f->machine, "bus/pci/devices/0000:81:00.0");
	machine_unlink(&f->machine, "bus/pci/devices/0000:05:00.0");
	assert_int_equal(count(f, &alice, BROKER "ListDevices"), 6);
	f->broker.drain = come_events;
	f->broker.drain_userdata = &f->broker;
	assert_int_equal(count(f, &alice, BROKER "ListDevices"), 5);
	broker_device_changed(&f->broker, NULL);
	assert_int_equal(count(f, &alice, BROKER "ListDevices"), 4);
}

/* A provider that went and came again, of which no event has arrived yet. */
static void reads_pools_of_now(void **state)
{
	struct fixture *f = *state;
	struct p2pmem_pci_address address;
	struct pools *pools = &f->broker.pools;
	uint64_t size, available;
	char path[128];

	assert_int_equal(pci_address_parse("0000:03:00.0", &address), 0);
	assert_int_equal(pools_read(pools, &f->machine.sysfs, &address, &size, &available), 0);
	assert_int_equal(size, 64 * MIB);
	machine_unlink(&f->machine, "bus/pci/devices/0000:03:00.0/p2pmem/size");
	machine_unlink(&f->machine, "bus/pci/devices/0000:03:00.0/p2pmem/available");
	snprintf(path, sizeof(path), "%s/bus/pci/devices/0000:03:00.0/p2pmem", f->machine.root);
	assert_int_equal(rmdir(path), 0);
	tree_p2pmem(f->machine.root, "0000:03:00.0", 32 * MIB, 16 * MIB);
	assert_int_equal(pools_read(pools, &f->machine.sysfs, &address, &size, &available), 0);
	assert_int_equal(size, 32 * MIB);
	assert_int_equal(available, 16 * MIB);
	assert_int_equal(pools->n, 1);
}

/* ---- lending --------------------------------------------------------- */

static void lends(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer a;
	struct json_object *l;
	char *p;

	allocate(
		f, &alice,
		"{\"size\":5000,\"devices\":[{\"major\":259,\"minor\":1},{\"address\":\"04:00.0\"},"
		"{\"major\":259,\"minor\":0}],\"name\":\"job\"}",
		&a);
	l = expect_lease(&a);
	assert_int_equal(number(l, "size"), 8192);
	assert_string_equal(text(l, "region"), "p2pmem0");
	assert_string_equal(text(l, "provider"), "0000:03:00.0");
	assert_string_equal(text(l, "tenant"), "group:50");
	assert_string_equal(text(l, "name"), "job");
	assert_string_equal(text(l, "verdict"), "bus");
	assert_string_equal(text(l, "state"), "live");
	assert_string_equal(json_object_to_json_string_ext(get(l, "devices"),
							   JSON_C_TO_STRING_PLAIN),
			    "[\"0000:03:00.0\",\"0000:04:00.0\"]");
	assert_true(fcntl(a.fd, F_GETFD) & FD_CLOEXEC);
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, a.fd, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	p[8191] = 1;
	munmap(p, 8192);
}

static void ends_leases_with_buffers(void **state)
{
	struct fixture *f = *state;
	struct answer a, b;

	allocate(f, &alice, "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"}]}", &a);
	allocate(f, &bob, "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"}]}", &b);
	assert_string_not_equal(text(expect_lease(&a), "id"), text(expect_lease(&b), "id"));
	assert_int_equal(count(f, &alice, BROKER "ListLeases"), 1);
	assert_int_equal(count(f, &bob, BROKER "ListLeases"), 1);
	assert_int_equal(count(f, &mallory, BROKER "ListLeases"), 0);
	assert_int_equal(count(f, &root, BROKER "ListLeases"), 2);
	answer_done(&a);
	assert_int_equal(count(f, &alice, BROKER "ListLeases"), 0);
	assert_int_equal(count(f, &bob, BROKER "ListLeases"), 1);
	answer_done(&b);
	assert_int_equal(count(f, &root, BROKER "ListLeases"), 0);
}

/* A driver that takes a buffer away, as with its device, when it is asked for a list. */
static struct {
	const struct region_driver *real;
	struct answer *holder;
} taker;

static int take_away_and_list(void *driver, struct p2pmem_buffer_info **ret, size_t *n)
{
	const struct region_ops *ops = taker.real->ops;

	if (taker.holder->fd >= 0) {
		assert_int_equal(ops->list_buffers(driver, ret, n), 0);
		assert_int_equal(*n, 1);
		assert_int_equal(ops->revoke(driver, (*ret)[0].id, false), 0);
		free(*ret);
		close(taker.holder->fd);
		taker.holder->fd = -1;
	}
	return ops->list_buffers(driver, ret, n);
}

static uint64_t times(const struct counters *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->list[i].name, name) == 0)
			return c->list[i].n;
	return 0;
}

static void tells_how_a_lease_ended_that_is_not_listed(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer a;
	struct region_ops ops = *f->broker.driver->ops;
	struct region_driver driver = { &ops, f->broker.driver->data };

	allocate(f, &alice, "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"}]}", &a);
	expect_lease(&a);
	taker.real = f->broker.driver;
	taker.holder = &a;
	ops.list_buffers = take_away_and_list;
	f->broker.driver = &driver;
	assert_int_equal(count(f, &root, BROKER "ListLeases"), 0);
	f->broker.driver = taker.real;
	assert_int_equal(f->broker.metrics.leases_ended, 1);
	assert_int_equal(times(&f->broker.metrics.revocations, "driver"), 1);
}

static void lends_to_the_permitted_only(void **state)
{
	_cleanup_(answer_done) struct answer a, b;

	allocate(*state, &mallory, "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"}]}", &a);
	fails_with(&a, BROKER "NotPermitted");
	assert_non_null(text(a.parameters, "remedy"));
	assert_int_equal(mock_driver_counts(((struct fixture *)*state)->driver).allocs, 0);
	allocate(*state, &root, "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"}]}", &b);
	expect_lease(&b);
}

static void expect_region(struct fixture *f, const char *parameters, const char *region)
{
	_cleanup_(answer_done) struct answer a;

	allocate(f, &alice, parameters, &a);
	assert_string_equal(text(expect_lease(&a), "region"), region);
}

/* p2pmem0 is 0000:03:00.0 with 64 MiB, p2pmem1 0000:05:00.0 with 2 MiB. */
static void chooses_nearest_region(void **state)
{
	struct fixture *f = *state;

	expect_region(f, "{\"size\":4096,\"devices\":[{\"address\":\"05:00.0\"}]}", "p2pmem1");
	expect_region(f, "{\"size\":4096,\"devices\":[{\"address\":\"03:00.0\"}]}", "p2pmem0");
	/* As far from both: the one with more room. */
	expect_region(f, "{\"size\":4096,\"devices\":[{\"address\":\"04:00.0\"}]}", "p2pmem0");
	expect_region(f, "{\"size\":4096,\"devices\":[{\"address\":\"81:00.0\"}]}", "p2pmem2");
	/* The nearest is too small. */
	expect_region(f, "{\"size\":4194304,\"devices\":[{\"address\":\"05:00.0\"}]}", "p2pmem0");
	/* The far bridge would do, and is no match for the near switch. */
	mock_driver_set_far(f->driver, P2PMEM_VERDICT_BRIDGE);
	expect_region(f, "{\"size\":4096,\"devices\":[{\"address\":\"04:00.0\"}]}", "p2pmem0");
}

/* As that of one that was bound a moment ago, to which udev has not come yet. */
static void passes_over_a_closed_region(void **state)
{
	static const int errors[] = { -EACCES, -EPERM };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		_cleanup_(answer_done) struct answer a;

		mock_driver_fail_region(f->driver, 1, errors[i]);
		expect_region(f, "{\"size\":4096,\"devices\":[{\"address\":\"05:00.0\"}]}",
			      "p2pmem0");
		allocate(
			f, &alice,
			"{\"size\":1,\"devices\":[{\"address\":\"05:00.0\"}],\"region\":\"p2pmem1\"}",
			&a);
		fails_with(&a, BROKER "DriverUnavailable");
		assert_non_null(strstr(text(a.parameters, "reason"), "may not open"));
	}
	assert_int_equal(count(f, &alice, BROKER "ListLeases"), 0);
}

static void takes_the_region_asked_for(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer none, far;

	expect_region(f,
		      "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"}],\"region\":\"p2pmem1\"}",
		      "p2pmem1");
	expect_region(f,
		      "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"}],\"region\":\"05:00.0\"}",
		      "p2pmem1");
	allocate(f, &alice,
		 "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"}],\"region\":\"p2pmem9\"}",
		 &none);
	fails_with(&none, BROKER "NoSuchRegion");
	allocate(f, &alice,
		 "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"}],\"region\":\"p2pmem2\"}",
		 &far);
	fails_with(&far, BROKER "NoCompatibleRegion");
	assert_int_equal(json_object_array_length(get(far.parameters, "refusals")), 1);
}

static void refuses_with_every_reason(void **state)
{
	_cleanup_(answer_done) struct answer a;
	struct json_object *refusals, *r;

	allocate(*state, &alice,
		 "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"},{\"major\":259,\"minor\":3}]}",
		 &a);
	fails_with(&a, BROKER "NoCompatibleRegion");
	refusals = get(a.parameters, "refusals");
	/* p2pmem0 and p2pmem1 do not reach 06:00.0, p2pmem2 reaches neither. */
	assert_int_equal(json_object_array_length(refusals), 4);
	r = json_object_array_get_idx(refusals, 0);
	assert_string_equal(text(r, "region"), "p2pmem0");
	assert_string_equal(text(r, "device"), "0000:06:00.0");
	assert_string_equal(text(r, "verdict"), "unsupported");
	assert_non_null(strstr(text(r, "reason"), "host bridge"));
	assert_non_null(strstr(text(r, "remedy"), "switch"));
}

/* Every path of a multipath device has to reach the region. */
static void checks_every_path(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer a, b;

	allocate(f, &alice, "{\"size\":1,\"devices\":[{\"major\":259,\"minor\":4}]}", &a);
	fails_with(&a, BROKER "NoCompatibleRegion");
	mock_driver_set_far(f->driver, P2PMEM_VERDICT_BRIDGE);
	allocate(f, &alice, "{\"size\":1,\"devices\":[{\"major\":259,\"minor\":4}]}", &b);
	assert_string_equal(text(expect_lease(&b), "verdict"), "bridge");
}

static void keeps_to_the_least_verdict(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer bridge, bus;

	mock_driver_set_far(f->driver, P2PMEM_VERDICT_BRIDGE);
	allocate(f, &alice, "{\"size\":1,\"devices\":[{\"address\":\"06:00.0\"}]}", &bridge);
	assert_string_equal(text(expect_lease(&bridge), "verdict"), "bridge");
	allocate(f, &alice,
		 "{\"size\":1,\"devices\":[{\"address\":\"06:00.0\"}],\"minVerdict\":\"bus\"}",
		 &bus);
	fails_with(&bus, BROKER "NoCompatibleRegion");
}

/* What the driver does not know is as good as unsupported; so is a word of it that we do not know. */
static void never_lends_on_unknown(void **state)
{
	static const enum p2pmem_verdict verdicts[] = {
		P2PMEM_VERDICT_UNKNOWN,
		(enum p2pmem_verdict)(P2PMEM_VERDICT_BUS + 1),
		(enum p2pmem_verdict)UINT32_MAX,
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		_cleanup_(answer_done) struct answer a;

		mock_driver_set_far(f->driver, verdicts[i]);
		allocate(f, &alice, "{\"size\":1,\"devices\":[{\"address\":\"06:00.0\"}]}", &a);
		fails_with(&a, BROKER "NoCompatibleRegion");
	}
}

static void asks_each_time(void **state)
{
	struct fixture *f = *state;
	const char *parameters = "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"}]}";
	unsigned int before;

	expect_region(f, parameters, "p2pmem0");
	before = mock_driver_counts(f->driver).queries;
	expect_region(f, parameters, "p2pmem0");
	assert_int_equal(mock_driver_counts(f->driver).queries, before + 3);
}

static void tells_of_no_space(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer held, a;

	allocate(
		f, &alice,
		"{\"size\":1048576,\"devices\":[{\"address\":\"05:00.0\"}],\"region\":\"p2pmem1\"}",
		&held);
	expect_lease(&held);
	allocate(
		f, &alice,
		"{\"size\":2097152,\"devices\":[{\"address\":\"05:00.0\"}],\"region\":\"p2pmem1\"}",
		&a);
	fails_with(&a, BROKER "NoSpace");
	assert_string_equal(text(a.parameters, "region"), "p2pmem1");
	assert_int_equal(number(a.parameters, "free"), MIB);
	assert_int_equal(number(a.parameters, "asked"), 2 * MIB);
}

static void falls_back_to_less(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer a, b;

	allocate(f, &alice,
		 "{\"size\":6291456,\"minSize\":4096,\"devices\":[{\"address\":\"05:00.0\"}],"
		 "\"region\":\"p2pmem1\"}",
		 &a);
	/* All that there is. */
	assert_int_equal(number(expect_lease(&a), "size"), 2097152);
	answer_done(&a);
	allocate(
		f, &alice,
		"{\"size\":1572864,\"devices\":[{\"address\":\"05:00.0\"}],\"region\":\"p2pmem1\"}",
		&a);
	assert_int_equal(number(expect_lease(&a), "size"), 1572864);
	/* 512 KiB are left, and halves of a megabyte and a bit go below it at once. */
	allocate(f, &alice,
		 "{\"size\":1052672,\"minSize\":524288,\"devices\":[{\"address\":\"05:00.0\"}],"
		 "\"region\":\"p2pmem1\"}",
		 &b);
	assert_int_equal(number(expect_lease(&b), "size"), 524288);
}

static void gives_back_what_was_closed(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 50; i++)
		expect_region(f,
			      "{\"size\":2097152,\"devices\":[{\"address\":\"05:00.0\"}],"
			      "\"region\":\"p2pmem1\"}",
			      "p2pmem1");
}

/* ---- refusals -------------------------------------------------------- */

static void refuses_layers(void **state)
{
	static const struct {
		const char *device;
		const char *name;
		const char *layer;
	} cases[] = {
		{ "\"major\":253,\"minor\":0", "dm-0", "device-mapper" },
		{ "\"major\":9,\"minor\":127", "md127", "md" },
		{ "\"major\":7,\"minor\":0", "loop0", "loop" },
		{ "\"major\":254,\"minor\":0", "vda", "virtio-blk" },
		{ "\"major\":259,\"minor\":9", "nvme9n1", "nvme-fabrics" },
		{ "\"major\":259,\"minor\":2", "nvme1n1", "nvme" },
	};
	struct fixture *f = *state;

	tree_file(f->machine.root, "class/block/nvme1n1/queue/no_p2p", "");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(answer_done) struct answer a;
		char parameters[128];

		snprintf(parameters, sizeof(parameters), "{\"size\":1,\"devices\":[{%s}]}",
			 cases[i].device);
		allocate(f, &alice, parameters, &a);
		fails_with(&a, BROKER "NotPeerToPeer");
		assert_string_equal(text(a.parameters, "device"), cases[i].name);
		assert_string_equal(text(a.parameters, "layer"), cases[i].layer);
		assert_non_null(text(a.parameters, "reason"));
	}
}

#define STRIPES "devices/virtual/block/md1"
#define NEAR "class/block/nvme1n1"
#define FAR "class/block/nvme2n1"

/* A device of two is checked for both, and named by the layer that is in the way. */
static void lends_for_all_members(void **state)
{
	static const char wanted[] = "{\"size\":1,\"devices\":[{\"major\":9,\"minor\":1}]}";
	_cleanup_(answer_done) struct answer lent, apart, queue, below;
	struct fixture *f = *state;
	const char *tree = f->machine.root;

	tree_block(tree, STRIPES, "9:1", NULL);
	tree_file(tree, STRIPES "/md/level", "raid0\n");
	tree_link(tree, STRIPES "/slaves/nvme0n1", "class/block/nvme0n1");
	tree_link(tree, STRIPES "/slaves/nvme1n1", NEAR);
	allocate(f, &alice, wanted, &lent);
	assert_null(lent.error);
	assert_int_equal(json_object_array_length(get(get(lent.parameters, "lease"), "devices")),
			 2);

	tree_link(tree, STRIPES "/slaves/nvme2n1", FAR);
	allocate(f, &alice, wanted, &apart);
	fails_with(&apart, BROKER "NoCompatibleRegion");
	machine_unlink(&f->machine, STRIPES "/slaves/nvme2n1");

	tree_file(tree, STRIPES "/queue/no_p2p", "");
	allocate(f, &alice, wanted, &queue);
	fails_with(&queue, BROKER "NotPeerToPeer");
	assert_string_equal(text(queue.parameters, "layer"), "md");

	tree_link(tree, STRIPES "/slaves/dm-0", "class/block/dm-0");
	allocate(f, &alice, wanted, &below);
	fails_with(&below, BROKER "NotPeerToPeer");
	assert_string_equal(text(below.parameters, "device"), "md1");
	assert_string_equal(text(below.parameters, "name"), "dm-0");
	assert_string_equal(text(below.parameters, "layer"), "device-mapper");
}

static void refuses_missing_devices(void **state)
{
	_cleanup_(answer_done) struct answer number_, address;

	allocate(*state, &alice, "{\"size\":1,\"devices\":[{\"major\":8,\"minor\":16}]}", &number_);
	fails_with(&number_, BROKER "NoSuchDevice");
	assert_string_equal(text(number_.parameters, "device"), "8:16");
	allocate(*state, &alice, "{\"size\":1,\"devices\":[{\"address\":\"0f:00.0\"}]}", &address);
	fails_with(&address, BROKER "NoSuchDevice");
	assert_string_equal(text(address.parameters, "device"), "0000:0f:00.0");
}

static void tells_of_missing_driver(void **state)
{
	static const struct {
		int error;
		const char *why;
	} cases[] = {
		{ -ENOENT, "p2pmem" },	    { -EACCES, "may not open" },
		{ -EPERM, "may not open" }, { -ENOTTY, P2PMEM_VERSION },
		{ -EIO, "as expected" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(answer_done) struct answer a;

		mock_driver_fail(f->driver, cases[i].error);
		allocate(f, &alice, "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"}]}", &a);
		fails_with(&a, BROKER "DriverUnavailable");
		assert_non_null(text(a.parameters, "remedy"));
		if (i > 0)
			assert_non_null(strstr(text(a.parameters, "reason"), cases[i].why));
		assert_int_equal(count(f, &alice, BROKER "ListLeases"), 0);
	}
}

static void refuses_without_regions(void **state)
{
	struct fixture *f = *state;
	_cleanup_(answer_done) struct answer a;

	machine_unlink(&f->machine, "bus/pci/devices/0000:03:00.0/p2pmem/size");
	machine_unlink(&f->machine, "bus/pci/devices/0000:05:00.0/p2pmem/size");
	machine_unlink(&f->machine, "bus/pci/devices/0000:81:00.0/p2pmem/size");
	assert_int_equal(count(f, &alice, BROKER "ListRegions"), 0);
	allocate(f, &alice, "{\"size\":1,\"devices\":[{\"address\":\"03:00.0\"}]}", &a);
	fails_with(&a, BROKER "NoCompatibleRegion");
	assert_int_equal(json_object_array_length(get(a.parameters, "refusals")), 0);
	assert_non_null(text(a.parameters, "remedy"));
}

/* ---- calls ----------------------------------------------------------- */

static void refuses_call(struct fixture *f, const char *method, bool more, const char *parameters,
			 const char *error)
{
	_cleanup_(answer_done) struct answer a;

	call(f, &alice, method, more, parameters, &a);
	fails_with(&a, error);
}

static void answers_wrong_calls(void **state)
{
	struct fixture *f = *state;

	refuses_call(f, BROKER "ListRegions", false, NULL, "org.varlink.service.ExpectedMore");
	refuses_call(f, BROKER "ListRegions", true, "{\"x\":1}",
		     "org.varlink.service.InvalidParameter");
	refuses_call(f, BROKER "Nothing", false, NULL, "org.varlink.service.MethodNotFound");
	refuses_call(f, "io.p2pmem.ListRegions", true, NULL,
		     "org.varlink.service.InterfaceNotFound");
	refuses_call(f, BROKER "Allocate", false, NULL, "org.varlink.service.InvalidParameter");
	refuses_call(f, "org.varlink.service.GetInterfaceDescription", false, "{}",
		     "org.varlink.service.InvalidParameter");
	refuses_call(f, "org.varlink.service.GetInterfaceDescription", false,
		     "{\"interface\":\"a.b\"}", "org.varlink.service.InterfaceNotFound");
}

static void describes_itself(void **state)
{
	_cleanup_(answer_done) struct answer info, idl;

	call(*state, &mallory, "org.varlink.service.GetInfo", false, "{}", &info);
	assert_string_equal(text(info.parameters, "product"), "p2pmemd");
	assert_int_equal(json_object_array_length(get(info.parameters, "interfaces")), 2);
	call(*state, &mallory, "org.varlink.service.GetInterfaceDescription", false,
	     "{\"interface\":\"io.p2pmem.Broker\"}", &idl);
	assert_non_null(
		strstr(text(idl.parameters, "description"), "interface io.p2pmem.Broker\n"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lists_regions),
		TEST(lists_regions_without_driver),
		TEST(lists_devices),
		TEST(lists_pairs),
		TEST(learns_from_the_driver),
		TEST(explains),
		TEST(explains_what_there_is_alone),
		TEST(notices_changes),
		TEST(reads_pools_of_now),
		TEST(follows_events),
		TEST(lends),
		TEST(ends_leases_with_buffers),
		TEST(tells_how_a_lease_ended_that_is_not_listed),
		TEST(lends_to_the_permitted_only),
		TEST(chooses_nearest_region),
		TEST(passes_over_a_closed_region),
		TEST(takes_the_region_asked_for),
		TEST(refuses_with_every_reason),
		TEST(checks_every_path),
		TEST(keeps_to_the_least_verdict),
		TEST(never_lends_on_unknown),
		TEST(asks_each_time),
		TEST(tells_of_no_space),
		TEST(falls_back_to_less),
		TEST(gives_back_what_was_closed),
		TEST(refuses_layers),
		TEST(lends_for_all_members),
		TEST(refuses_missing_devices),
		TEST(tells_of_missing_driver),
		TEST(refuses_without_regions),
		TEST(answers_wrong_calls),
		TEST(describes_itself),
	};

	log_set_max(LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
