/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* leases: the buffers that are lent. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/ctl.h"
#include "client/ctl_tables.h"
#include "client/lib_shape.h"
#include "client/say.h"
#include "client/size.h"
#include "client/table.h"

static void add_age(struct table *t, uint64_t usec)
{
	uint64_t s = usec / 1000000;

	if (s < 60)
		table_addf(t, "%" PRIu64 "s", s);
	else if (s < 3600)
		table_addf(t, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else
		table_addf(t, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
}

/* "0000:03:00.0 0000:04:00.0" */
static char *join(const struct p2pmem_name *names)
{
	_cleanup_free_ char *text = strdup("");

	for (; text && names; names = names->next) {
		char *longer;

		if (asprintf(&longer, "%s%s%s", text, *text ? " " : "", names->name) < 0)
			longer = NULL;
		free(text);
		text = longer;
	}
	return take_ptr(text);
}

/* Digits of a container's id that are shown; runtimes show as many. */
#define ID_SHOWN 12

/* Where the process that asked was: "podman:0123456789ab", or the unit. */
static void add_place(struct table *t, const struct p2pmem_lease *l)
{
	if (!l->has_container)
		table_add(t, l->borrower_unit);
	else if (l->container_claimed_by)
		table_addf(t, "%s:%.*s (says %s)", l->container_runtime, ID_SHOWN, l->container,
			   l->container_claimed_by);
	else
		table_addf(t, "%s:%.*s", l->container_runtime, ID_SHOWN, l->container);
}

static int add_lease(struct table *t, const struct p2pmem_lease *l)
{
	_cleanup_free_ char *devices = join(l->devices);
	char size[SIZE_TEXT_MAX];

	if (!devices)
		return -ENOMEM;
	table_add(t, l->id);
	table_add(t, l->tenant);
	table_add(t, l->rule);
	table_add(t, l->region);
	table_add(t, size_short(l->size, size));
	table_add(t, p2pmem_state_name(l->state));
	table_add(t, p2pmem_verdict_name(l->verdict));
	add_age(t, l->age_usec);
	if (l->has_borrower)
		table_addf(t, "%" PRIu32, l->borrower_uid);
	else
		table_add(t, NULL);
	add_place(t, l);
	table_add(t, l->name);
	table_add(t, devices);
	return 0;
}

#define N_COLUMNS 12

int print_leases(const struct p2pmem_lease *leases)
{
	static const char *const headings[] = { "LEASE", "TENANT", "RULE",    "REGION",
						"SIZE",	 "STATE",  "VERDICT", "AGE",
						"UID",	 "FROM",   "NAME",    "DEVICES" };
	_cleanup_(table_freep) struct table *t = table_new(N_COLUMNS);

	if (!t)
		return no_memory();
	table_align_right(t, 4);
	table_align_right(t, 7);
	table_align_right(t, 8);
	for (size_t i = 0; i < N_COLUMNS; i++)
		table_add_coloured(t, COLOUR_BOLD, headings[i]);
	for (; leases; leases = leases->next)
		if (add_lease(t, leases) < 0)
			return no_memory();
	return table_print(t, stdout) < 0 ? no_memory() : STATUS_OK;
}

static int run_leases(int argc, char **argv)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	_cleanup_list_ struct p2pmem_lease *leases = NULL;
	bool json = false;
	int r = parse_list_options(&verb_leases, argc, argv, &json);

	if (r >= 0)
		return r;
	r = ctl_connect(&client);
	if (r != STATUS_OK)
		return r;
	r = p2pmem_list_leases(client, &leases);
	if (r < 0)
		return ctl_failure(client, r);
	if (json)
		return ctl_print_list("leases", shape_write_list(&shape_lease, leases));
	if (leases)
		return print_leases(leases);
	puts("No leases.");
	return STATUS_OK;
}

const struct verb verb_leases = {
	.name = "leases",
	.arguments = "",
	.summary = "Lists the buffers that are lent to you; to administrators, all of them",
	.help = "Options:\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"TENANT is whom it is charged to, RULE what in the policy granted it.\n"
		"UID is the user of the process that asked, as this machine counts, and FROM the\n"
		"container or the system unit that it was in. 'says user:1000' stands where a\n"
		"user, or a unit, names containers, and may have made that one up.\n"
		"DEVICES are those that a lease was checked for. It is no fence: a buffer can\n"
		"be used with other devices as well.\n",
	.run = run_leases,
};
