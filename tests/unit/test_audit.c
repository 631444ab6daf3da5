/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reaches the journal, field by field, whatever clients put in. */
#include "common/json.h"
#include "common/log.h"
#include "common/varlink.h"
#include "daemon/audit.h"
#include "daemon/entry.h"
#include "daemon/messages.h"
#include "tests/unit/unit.h"

#define LINES_MAX 400

/* The entries, each its fields with line feeds between. */
static char *lines[LINES_MAX];
static size_t n_lines;

static void keep(const struct iovec *fields, size_t n)
{
	size_t length = 1;
	char *line;

	assert_true(n_lines < LINES_MAX);
	for (size_t i = 0; i < n; i++)
		length += fields[i].iov_len + 1;
	line = calloc(1, length);
	for (size_t i = 0; i < n; i++) {
		/* One field each: in the journal's protocol a line feed ends a field. */
		assert_null(memchr(fields[i].iov_base, '\n', fields[i].iov_len));
		assert_null(memchr(fields[i].iov_base, '\0', fields[i].iov_len));
		strncat(line, fields[i].iov_base, fields[i].iov_len);
		strcat(line, "\n");
	}
	lines[n_lines++] = line;
}

static int set_up(void **state)
{
	entry_set_sink(keep);
	return 0;
}

static int tear_down(void **state)
{
	while (n_lines > 0)
		free(lines[--n_lines]);
	entry_set_sink(NULL);
	return 0;
}

static bool has(size_t i, const char *field)
{
	size_t length = strlen(field);

	if (i >= n_lines)
		return false;
	for (const char *p = lines[i]; p && *p; p = strchr(p, '\n'), p += !!p)
		if (strncmp(p, field, length) == 0 && p[length] == '\n')
			return true;
	print_message("# no %s in:\n%s", field, lines[i]);
	return false;
}

static const struct peer alice = { .uid = 1000,
				   .gid = 1000,
				   .pid = 77,
				   .cgroup = (char *)"/a.service" };
static const struct peer root = { .pid = 1 };

static struct lease lease(void)
{
	return (struct lease){
		.cookie = { 0xab },
		.tenant = (char *)"group:p2pmem",
		.uid = 1000,
		.rule = (char *)"members",
		.name = (char *)"back\nMESSAGE_ID=up",
		.region = 3,
		.provider = { .bus = 3 },
		.size = 4096,
		.verdict = P2PMEM_VERDICT_BUS,
	};
}

static void grant(void **state)
{
	const struct lease l = lease();
	struct audit a;

	audit_init(&a);
	audit_granted(&a, &alice, &l);
	assert_int_equal(n_lines, 1);
	assert_true(has(0, "MESSAGE_ID=" MESSAGE_GRANTED));
	assert_true(has(0, "PRIORITY=6"));
	assert_true(has(0, "P2PMEM_LEASE=ab000000000000000000000000000000"));
	assert_true(has(0, "P2PMEM_TENANT=group:p2pmem"));
	assert_true(has(0, "P2PMEM_CHARGED_UID=1000"));
	assert_true(has(0, "P2PMEM_RULE=members"));
	assert_true(has(0, "P2PMEM_REGION=p2pmem3"));
	assert_true(has(0, "P2PMEM_PROVIDER=0000:03:00.0"));
	assert_true(has(0, "P2PMEM_VERDICT=bus"));
	assert_true(has(0, "P2PMEM_SIZE=4096"));
	assert_true(has(0, "P2PMEM_UID=1000"));
	assert_true(has(0, "P2PMEM_PID=77"));
	assert_true(has(0, "P2PMEM_CGROUP=/a.service"));
	assert_true(has(0, "P2PMEM_NAME=back\357\277\275MESSAGE_ID=up"));
	audit_done(&a);
}

static void refuse(struct audit *a, const struct peer *who, const char *error, const char *text)
{
	struct answer answer = ANSWER_INIT;

	answer.error = error;
	answer.parameters = json_tokener_parse(text);
	assert_non_null(answer.parameters);
	audit_refused(a, who, BROKER_INTERFACE ".Allocate", &answer);
	json_object_put(answer.parameters);
}

static void refusals(void **state)
{
	struct audit a;

	audit_init(&a);
	refuse(&a, &alice, BROKER_INTERFACE ".NotPermitted", "{\"reason\":\"no rule\\nx\"}");
	refuse(&a, &alice, BROKER_INTERFACE ".QuotaExceeded",
	       "{\"tenant\":\"uid:1\",\"rule\":\"r\",\"region\":\"p2pmem0\",\"what\":\"bytes\","
	       "\"limit\":10,\"used\":8,\"asked\":4}");
	refuse(&a, &alice, BROKER_INTERFACE ".NoSpace",
	       "{\"region\":\"p2pmem0\",\"free\":1,\"asked\":2}");
	refuse(&a, &alice, BROKER_INTERFACE ".NoCompatibleRegion",
	       "{\"refusals\":[{\"reason\":\"far\"},{\"reason\":\"away\"}]}");
	refuse(&a, &alice, BROKER_INTERFACE ".NoSuchDevice", "{\"device\":\"1:2\"}");
	refuse(&a, &alice, BROKER_INTERFACE ".NoCompatibleRegion", "{\"refusals\":[]}");
	refuse(&a, &alice, VARLINK_SERVICE_INTERFACE ".InvalidParameter", "{}");
	assert_int_equal(n_lines, 6);
	assert_true(has(0, "MESSAGE_ID=" MESSAGE_REFUSED));
	assert_true(has(0, "PRIORITY=5"));
	assert_true(has(0, "P2PMEM_METHOD=Allocate"));
	assert_true(has(0, "P2PMEM_ERROR=NotPermitted"));
	assert_true(has(0, "P2PMEM_REASON=no rule\357\277\275x"));
	assert_true(has(1, "P2PMEM_TENANT=uid:1"));
	assert_true(has(1, "P2PMEM_RULE=r"));
	assert_true(has(1, "P2PMEM_SIZE=4"));
	assert_true(has(1, "P2PMEM_REASON=bytes: the limit is 10, used are 8, asked for were 4"));
	assert_true(has(2, "P2PMEM_REASON=1 bytes are free, asked for were 2"));
	assert_true(has(3, "P2PMEM_REASON=far, and 1 more reasons"));
	assert_true(has(4, "P2PMEM_REASON=1:2"));
	assert_true(has(4, "MESSAGE=Refused Allocate to uid 1000 (pid 77): NoSuchDevice, 1:2."));
	assert_true(has(5, "MESSAGE=Refused Allocate to uid 1000 (pid 77): NoCompatibleRegion."));
	audit_done(&a);
}

static void a_loop_ends_in_a_number(void **state)
{
	struct audit a;
	size_t said;

	audit_init(&a);
	for (int i = 0; i < 1000; i++)
		refuse(&a, &alice, BROKER_INTERFACE ".NotPermitted", "{\"reason\":\"no\"}");
	said = n_lines;
	assert_true(said > 0 && said < 100);
	audit_done(&a);
	assert_int_equal(n_lines, said + 1);
	assert_true(has(said, "MESSAGE_ID=" MESSAGE_LEFT_OUT));
	assert_true(has(said, "P2PMEM_KIND=refusals"));
	assert_true(has(said, "P2PMEM_CHARGED_UID=1000"));
	assert_true(has(said, "P2PMEM_COUNT=984"));
	assert_true(has(said, "MESSAGE=And 984 more refusals of uid 1000, of 0 bytes in all."));
}

static void root_is_always_told_of(void **state)
{
	const struct lease l = lease();
	struct audit a;

	audit_init(&a);
	for (int i = 0; i < 300; i++)
		audit_revoked(&a, &root, &l, AUDIT_REVOKED);
	audit_done(&a);
	assert_int_equal(n_lines, 300);
}

/* As a process that is gone, a container has any uid that it likes. */
static void nobody_lost_is_told_of_as_root(void **state)
{
	const struct peer lost = { .uid = 0, .pid = 77, .lost = true };
	struct audit a;

	audit_init(&a);
	for (int i = 0; i < 300; i++)
		refuse(&a, &lost, BROKER_INTERFACE ".NotPermitted", "{\"reason\":\"no\"}");
	audit_done(&a);
	assert_true(n_lines > 1 && n_lines < 100);
	assert_true(has(n_lines - 1, "P2PMEM_CHARGED_UID=65534"));
}

static void ends(void **state)
{
	const struct lease l = lease();
	struct audit a;

	audit_init(&a);
	audit_revoked(&a, &alice, &l, AUDIT_NOTICE);
	audit_revoked(&a, NULL, &l, AUDIT_BY_DRIVER);
	audit_done(&a);
	assert_true(has(0, "MESSAGE_ID=" MESSAGE_NOTICE));
	assert_true(has(0, "P2PMEM_PID=77"));
	assert_true(has(1, "MESSAGE_ID=" MESSAGE_REVOKED));
	assert_true(has(1, "P2PMEM_REASON=driver"));
	assert_null(strstr(lines[1], "P2PMEM_PID="));
}

static void regions_and_policy(void **state)
{
	const struct p2pmem_pci_address provider = { .bus = 3 };

	audit_drain(&root, &provider, AUDIT_DRAIN_BEGUN);
	audit_drain(NULL, &provider, AUDIT_DRAIN_EMPTY);
	audit_drain(&root, &provider, AUDIT_DRAIN_ENDED);
	audit_policy_loaded(NULL, 2);
	audit_policy_invalid(NULL, "/etc/p2pmem/policy.json:3: x", 1, true);
	assert_int_equal(n_lines, 5);
	assert_true(has(0, "MESSAGE_ID=" MESSAGE_DRAINING));
	assert_true(has(0, "P2PMEM_PROVIDER=0000:03:00.0"));
	assert_true(has(1, "MESSAGE_ID=" MESSAGE_DRAINED));
	assert_true(has(2, "MESSAGE_ID=" MESSAGE_UNDRAINED));
	assert_true(has(3, "MESSAGE=The policy has 2 rules."));
	assert_true(has(4, "P2PMEM_REASON=/etc/p2pmem/policy.json:3: x"));
	assert_true(has(4, "PRIORITY=3"));
}

/* A value that is too long is cut, also in the middle of a character. */
static void long_values(void **state)
{
	char text[3 * ENTRY_VALUE_MAX];
	struct entry e;

	memset(text, 'x', sizeof(text));
	memcpy(text + ENTRY_VALUE_MAX - 1, "\303\244", 2);
	text[sizeof(text) - 1] = '\0';
	entry_begin(&e, LOG_INFO, MESSAGE_GRANTED);
	entry_text(&e, "P2PMEM_REASON", text);
	for (int i = 0; i < 2 * ENTRY_FIELDS_MAX; i++)
		entry_number(&e, "P2PMEM_COUNT", 1);
	entry_send(&e, "%s", text);
	assert_int_equal(n_lines, 1);
	assert_non_null(strstr(lines[0], "\nMESSAGE=x"));
	assert_non_null(strstr(lines[0], "\nPRIORITY=6\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(grant, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_loop_ends_in_a_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(root_is_always_told_of, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_lost_is_told_of_as_root, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(regions_and_policy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_values, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
