/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of leases: there and back, and what is no record. */
#include <errno.h>
#include <limits.h>

#include "common/cleanup.h"
#include "common/pci.h"
#include "daemon/record.h"
#include "daemon/state.h"
#include "tests/unit/unit.h"

#define ID "000102030405060708090a0b0c0d0e0f"

#define MEMBERS                                                                             \
	"\"lease\":\"" ID "\",\"tenant\":\"group:p2pmem\",\"uid\":1000,\"rule\":\"group\"," \
	"\"devices\":[\"0000:03:00.0\"],\"verdict\":\"bus\",\"sinceUSec\":5"

#define CONTAINER "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static int parse(const char *text, struct lease **ret)
{
	return record_parse(ID, text, strlen(text), ret);
}

static struct lease *lease_new(void)
{
	struct lease *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	for (size_t i = 0; i < sizeof(l->cookie); i++)
		l->cookie[i] = (uint8_t)i;
	l->tenant = strdup("cgroup:/machine.slice/*");
	l->rule = strdup("machines");
	l->uid = 4294967294U;
	l->devices = calloc(2, sizeof(*l->devices));
	l->n_devices = 2;
	assert_int_equal(pci_address_parse("0000:03:00.0", &l->devices[0]), 0);
	assert_int_equal(pci_address_parse("00010001:ff:1f.7", &l->devices[1]), 0);
	l->verdict = P2PMEM_VERDICT_BRIDGE;
	l->since = 123456789012345;
	return l;
}

static void comes_back(const struct lease *l)
{
	_cleanup_free_ char *text = record_format(l), *again = NULL;
	_cleanup_(lease_freep) struct lease *back = NULL;

	assert_non_null(text);
	assert_int_equal(record_parse(ID, text, strlen(text), &back), 0);
	assert_memory_equal(back->cookie, l->cookie, sizeof(l->cookie));
	assert_string_equal(back->tenant, l->tenant);
	assert_string_equal(back->rule, l->rule);
	assert_int_equal(back->uid, l->uid);
	assert_int_equal(back->n_devices, l->n_devices);
	for (size_t i = 0; i < l->n_devices; i++)
		assert_true(pci_address_equal(&back->devices[i], &l->devices[i]));
	assert_int_equal(back->verdict, l->verdict);
	assert_int_equal(back->since, l->since);
	assert_int_equal(back->revoke_at, l->revoke_at);
	assert_int_equal(!!back->name, !!l->name);
	assert_int_equal(back->borrower.known, l->borrower.known);
	assert_int_equal(back->borrower.uid, l->borrower.uid);
	assert_int_equal(back->borrower.confined, l->borrower.confined);
	assert_string_equal(back->borrower.container, l->borrower.container);
	again = record_format(back);
	assert_string_equal(again, text);
}

static void goes_there_and_back(void **state)
{
	_cleanup_(lease_freep) struct lease *l = lease_new();

	comes_back(l);
	l->name = strdup("nightly \"backup\" ä");
	l->revoke_at = 7;
	comes_back(l);
}

static void keeps_who_asked(void **state)
{
	struct peer root = { .uid = 0, .nested = true }, user = { .uid = 100001 };
	struct peer service = { .uid = 61184 };
	_cleanup_(lease_freep) struct lease *l = lease_new();

	assert_int_equal(peer_set_cgroup(&root, "/machine.slice/libpod-" CONTAINER ".scope"), 0);
	assert_int_equal(peer_set_cgroup(&user, "/user.slice/user-7.slice/x.scope/docker-" CONTAINER
						".scope"),
			 0);
	assert_int_equal(peer_set_cgroup(&service, "/system.slice/backup.service"), 0);
	assert_int_equal(borrower_set(&l->borrower, &root), 0);
	comes_back(l);
	assert_int_equal(borrower_set(&l->borrower, &user), 0);
	comes_back(l);
	assert_int_equal(borrower_set(&l->borrower, &service), 0);
	comes_back(l);
	peer_done(&root);
	peer_done(&user);
	peer_done(&service);
}

static void refuses_bad_borrowers(void **state)
{
	static const char *const bad[] = {
		"7",
		"{}",
		"{\"uid\":-1,\"confined\":false}",
		"{\"uid\":4294967295,\"confined\":false}",
		"{\"uid\":1}",
		"{\"uid\":1,\"confined\":1}",
		"{\"uid\":1,\"confined\":true,\"unit\":\"\"}",
		"{\"uid\":1,\"confined\":true,\"unit\":\"a\\nb\"}",
		"{\"uid\":1,\"confined\":true,\"claimedBy\":[]}",
		"{\"uid\":1,\"confined\":true,\"container\":\"" CONTAINER "\"}",
		"{\"uid\":1,\"confined\":true,\"runtime\":\"docker\"}",
		"{\"uid\":1,\"confined\":true,\"container\":\"abc\",\"runtime\":\"docker\"}",
		"{\"uid\":1,\"confined\":true,\"container\":\"" CONTAINER
		"0\",\"runtime\":\"docker\"}",
		"{\"uid\":1,\"confined\":true,\"container\":\"" CONTAINER
		"\",\"runtime\":\"rocket\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = NULL;
		struct lease *l = NULL;

		assert_true(asprintf(&text, "{\"version\":1," MEMBERS ",\"borrower\":%s}", bad[i]) >
			    0);
		if (parse(text, &l) != -EBADMSG || l)
			fail_msg("%s", bad[i]);
	}
}

/* The longest name of a cgroup, each byte of which is replaced when it is shown. */
static void add_longest_borrower(struct lease *l)
{
	_cleanup_(peer_done) struct peer p = {};
	char unit[256], *path;

	memset(unit, 0xff, sizeof(unit));
	memcpy(unit + sizeof(unit) - sizeof(".service"), ".service", sizeof(".service"));
	assert_true(asprintf(&path, "/system.slice/%s/libpod-" CONTAINER, unit) > 0);
	assert_int_equal(peer_set_cgroup(&p, path), 0);
	assert_int_equal(borrower_set(&l->borrower, &p), 0);
	assert_non_null(l->borrower.unit);
	free(path);
}

/* A lease of which no part can be longer: what is written is not to be refused later. */
static void keeps_the_longest(void **state)
{
	_cleanup_(lease_freep) struct lease *l = lease_new();
	_cleanup_free_ char *text = NULL;

	free(l->devices);
	l->n_devices = LEASE_DEVICES_MAX;
	l->devices = calloc(l->n_devices, sizeof(*l->devices));
	for (size_t i = 0; i < l->n_devices; i++)
		l->devices[i] = (struct p2pmem_pci_address){ .domain = UINT32_MAX,
							     .bus = (uint8_t)(i >> 8),
							     .devfn = (uint8_t)i };
	free(l->tenant);
	l->tenant = calloc(1, strlen("cgroup:") + PATH_MAX + 1);
	memset(stpcpy(l->tenant, "cgroup:/"), '\\', PATH_MAX - 1);
	l->name = calloc(1, 129);
	memset(l->name, '"', 128);
	add_longest_borrower(l);
	comes_back(l);
	text = record_format(l);
	assert_true(strlen(text) <= STATE_FILE_MAX);
}

static void passes_over_what_is_newer(void **state)
{
	_cleanup_(lease_freep) struct lease *l = NULL;

	assert_int_equal(parse("{\"version\":1,\"colour\":\"red\"," MEMBERS "}", &l), 0);
	assert_int_equal(l->uid, 1000);
	assert_null(l->name);
	/* As 0.1.0 wrote them. */
	assert_false(l->borrower.known);
}

static void refuses_what_is_no_record(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"{}",
		"[]",
		"null",
		"{\"version\":1," MEMBERS,
		"{\"version\":2," MEMBERS "}",
		"{\"version\":\"1\"," MEMBERS "}",
		"{" MEMBERS "}",
		"{\"version\":1," MEMBERS ",\"uid\":1}",
		"{\"version\":1," MEMBERS ",\"revokeAtUSec\":-1}",
		"{\"version\":1," MEMBERS ",\"name\":\"\"}",
		"{\"version\":1," MEMBERS ",\"name\":\"\\u001b[31m\"}",
		"{\"version\":1," MEMBERS ",\"name\":7}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct lease *l = NULL;

		if (parse(bad[i], &l) != -EBADMSG || l)
			fail_msg("%s", bad[i]);
	}
}

/* One member of a good record replaced by something else. */
static void refuses_bad_members(void **state)
{
	static const char *const bad[][2] = {
		{ "\"lease\":\"" ID "\"", "\"lease\":\"ff0102030405060708090a0b0c0d0e0f\"" },
		{ "1000", "-1" },
		{ "1000", "4294967295" },
		{ "1000", "1e3" },
		{ "\"group:p2pmem\"", "null" },
		{ "\"group:p2pmem\"", "\"\"" },
		{ "\"group:p2pmem\"", "\"a\\nb\"" },
		{ "\"group:p2pmem\"", "[]" },
		{ "\"rule\"", "\"role\"" },
		{ "[\"0000:03:00.0\"]", "[]" },
		{ "[\"0000:03:00.0\"]", "[3]" },
		{ "[\"0000:03:00.0\"]", "[\"0000:03:00.8\"]" },
		{ "[\"0000:03:00.0\"]", "{}" },
		{ "\"bus\"", "\"train\"" },
		{ ":5", ":-5" },
		{ ":5", ":5.5" },
	};
	static const char good[] = "{\"version\":1," MEMBERS "}";

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *at = strstr(good, bad[i][0]);
		struct lease *l = NULL;
		char text[1024];

		assert_non_null(at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, bad[i][1],
			 at + strlen(bad[i][0]));
		if (parse(text, &l) != -EBADMSG || l)
			fail_msg("%s", text);
	}
}

static void refuses_what_is_cut_off(void **state)
{
	static const char good[] = "{\"version\":1," MEMBERS "}";

	for (size_t n = 0; n < strlen(good); n++) {
		struct lease *l = NULL;

		assert_int_equal(record_parse(ID, good, n, &l), -EBADMSG);
	}
}

static void refuses_too_much(void **state)
{
	_cleanup_(lease_freep) struct lease *l = lease_new();
	_cleanup_free_ char *text = NULL;
	struct lease *back = NULL;

	free(l->tenant);
	l->tenant = malloc(5000);
	memset(l->tenant, 'x', 4999);
	l->tenant[4999] = '\0';
	text = record_format(l);
	assert_int_equal(parse(text, &back), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_there_and_back),
		cmocka_unit_test(keeps_who_asked),
		cmocka_unit_test(refuses_bad_borrowers),
		cmocka_unit_test(keeps_the_longest),
		cmocka_unit_test(passes_over_what_is_newer),
		cmocka_unit_test(refuses_what_is_no_record),
		cmocka_unit_test(refuses_bad_members),
		cmocka_unit_test(refuses_what_is_cut_off),
		cmocka_unit_test(refuses_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
