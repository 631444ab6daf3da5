/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's word, the rules', and what is told of both. */
#include "common/json.h"
#include "common/log.h"
#include "daemon/disagreement.h"
#include "topology/describe.h"
#include "tests/unit/model.h"

struct fixture {
	struct topology t;
	struct topology_function *up, *memory, *near, *far;
};

/* Two drives below a switch and one beside it, under a host bridge that is on no list. */
static int set_up(void **state)
{
	static struct fixture f;
	struct topology_function *port, *down1, *down2, *other;

	f = (struct fixture){ .t.cpu = { .known = true, .kernel = 7 << 16 | 3 } };
	model_host_bridge(&f.t, "00:00.0", 0x1b36, 8);
	port = model_add(&f.t, "00:01.0", TOPOLOGY_TYPE_ROOT_PORT, NULL);
	f.up = model_add(&f.t, "01:00.0", TOPOLOGY_TYPE_UPSTREAM, port);
	down1 = model_add(&f.t, "02:00.0", TOPOLOGY_TYPE_DOWNSTREAM, f.up);
	down2 = model_add(&f.t, "02:01.0", TOPOLOGY_TYPE_DOWNSTREAM, f.up);
	f.memory = model_add(&f.t, "03:00.0", TYPE_ENDPOINT, down1);
	f.near = model_add(&f.t, "04:00.0", TYPE_ENDPOINT, down2);
	other = model_add(&f.t, "00:02.0", TOPOLOGY_TYPE_ROOT_PORT, NULL);
	f.far = model_add(&f.t, "06:00.0", TYPE_ENDPOINT, other);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	topology_done(&f->t);
	return 0;
}

static size_t count_turns(const struct judgement *j, const char *expected)
{
	const struct p2pmem_pci_address at = model_address(expected);
	size_t n = 0;

	for (size_t i = 0; i < j->path.n_hops; i++)
		if (judgement_turns_at(j, &j->path.hops[i])) {
			assert_true(pci_address_equal(&j->path.hops[i].address, &at));
			n++;
		}
	return n;
}

static void turns_where_requests_do(void **state)
{
	struct fixture *f = *state;
	struct judgement near, far, redirected;

	assert_int_equal(judge_by_model(&f->t, f->memory, f->near, &near), 0);
	assert_int_equal(near.verdict.verdict, P2PMEM_VERDICT_BUS);
	assert_false(near.from_kernel);
	assert_int_equal(count_turns(&near, "01:00.0"), 1);
	judgement_done(&near);

	assert_int_equal(judge_by_model(&f->t, f->memory, f->far, &far), 0);
	assert_int_equal(far.verdict.verdict, P2PMEM_VERDICT_UNSUPPORTED);
	assert_int_equal(count_turns(&far, "00:00.0"), 1);
	judgement_done(&far);

	model_acs(f->near->parent, 0x04);
	assert_int_equal(judge_by_model(&f->t, f->memory, f->near, &redirected), 0);
	assert_int_equal(redirected.reason.cause, CAUSE_ACS_REDIRECT);
	assert_int_equal(count_turns(&redirected, "00:00.0"), 1);
	judgement_done(&redirected);
}

static void takes_the_kernel_at_its_word(void **state)
{
	const struct verdict said = { P2PMEM_VERDICT_BRIDGE, 7 };
	struct fixture *f = *state;
	struct path none = {};
	struct judgement j;

	assert_int_equal(judge_by_kernel(&f->t, f->memory, f->far, &said, &none, &j), 0);
	assert_true(j.from_kernel);
	assert_int_equal(j.verdict.verdict, P2PMEM_VERDICT_BRIDGE);
	assert_int_equal(j.computed.verdict, P2PMEM_VERDICT_UNSUPPORTED);
	assert_int_equal(j.reason.cause, CAUSE_KERNEL_DISAGREES);
	assert_non_null(strstr(j.reason.why, "bridge"));
	assert_non_null(strstr(j.reason.why, "unsupported"));
	/* Without hops of its own, those of the model. */
	assert_true(j.path.n_hops > 0);
	judgement_done(&j);
}

static void logs_each_disagreement_once(void **state)
{
	const struct verdict said = { P2PMEM_VERDICT_BUS, 4 };
	struct fixture *f = *state;
	struct disagreements d = {};
	struct path none = {};
	struct judgement j;

	assert_int_equal(judge_by_kernel(&f->t, f->memory, f->near, &said, &none, &j), 0);
	disagreement_log(&d, &j);
	assert_int_equal(d.n, 0);
	judgement_done(&j);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(judge_by_kernel(&f->t, f->memory, f->far, &said, &none, &j), 0);
		disagreement_log(&d, &j);
		assert_int_equal(d.n, 1);
		judgement_done(&j);
	}
	/* What one of them does not know is no disagreement. */
	model_acs_unknown(f->near->parent);
	assert_int_equal(judge_by_kernel(&f->t, f->memory, f->near, &said, &none, &j), 0);
	assert_int_equal(j.computed.verdict, P2PMEM_VERDICT_UNKNOWN);
	disagreement_log(&d, &j);
	assert_int_equal(d.n, 1);
	judgement_done(&j);
	disagreements_done(&d);
}

/* A driver that cannot tell leaves it open, whatever the rules say. */
static void knows_nothing_without_the_driver(void **state)
{
	struct fixture *f = *state;
	struct reason why = {};
	struct judgement j;

	assert_int_equal(reason_set(&why, CAUSE_DRIVER_FAILED, NULL, "it is asleep"), 0);
	assert_int_equal(judge_nothing(&f->t, f->memory, f->near, &why, &j), 0);
	assert_int_equal(j.verdict.verdict, P2PMEM_VERDICT_UNKNOWN);
	assert_int_equal(j.computed.verdict, P2PMEM_VERDICT_BUS);
	assert_int_equal(j.reason.cause, CAUSE_DRIVER_FAILED);
	assert_non_null(strstr(j.reason.why, "it is asleep"));
	assert_non_null(strstr(j.reason.why, "bus"));
	judgement_done(&j);
}

static int64_t number(struct json_object *o, const char *name)
{
	struct json_object *v = json_object_object_get(o, name);

	return v ? json_object_get_int64(v) : -1;
}

static void tells_who_holds_what(void **state)
{
	struct fixture *f = *state;
	struct p2pmem_region_info i = {
		.allocated = 3 << 20, .draining = 1 << 20, .buffers = 3, .granule = 4096
	};
	struct pool_use use = { .size = 64 << 20, .free = 59 << 20, .known = true };
	struct json_object *o = describe_region(f->memory, &i, &use);

	assert_int_equal(number(o, "heldByOthers"), 1 << 20);
	assert_int_equal(number(o, "largestEstimate"), (59 << 20) / 4);
	json_object_put(o);
	/* Read one after the other, they need not add up. */
	use.free = 63 << 20;
	o = describe_region(f->memory, &i, &use);
	assert_int_equal(number(o, "heldByOthers"), 0);
	json_object_put(o);
	use.known = false;
	o = describe_region(f->memory, NULL, &use);
	assert_int_equal(number(o, "heldByOthers"), -1);
	assert_int_equal(number(o, "largestEstimate"), -1);
	json_object_put(o);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(turns_where_requests_do),	   TEST(takes_the_kernel_at_its_word),
		TEST(logs_each_disagreement_once), TEST(knows_nothing_without_the_driver),
		TEST(tells_who_holds_what),
	};

	log_set_max(LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
