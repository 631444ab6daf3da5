/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* doctor: all checks of this machine, or of a captured one. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/files.h"
#include "common/json.h"
#include "client/ctl.h"
#include "client/ctl_doctor.h"
#include "client/say.h"
#include "client/origin.h"
#include "client/table.h"

/* Of the unified hierarchy, which is the one that policy is about. */
static bool is_unified(const char *line)
{
	return strncmp(line, "0::", 3) == 0;
}

static char *own_cgroup(void)
{
	_cleanup_fclose_ FILE *f = file_open("/proc/self/cgroup");
	_cleanup_free_ char *line = file_find_line(f, is_unified);

	return line ? strdup(line + 3) : NULL;
}

static int user_here(struct doctor_user *ret)
{
	int n = getgroups(0, NULL);
	unsigned int *groups = calloc((size_t)n + 1, sizeof(*groups));

	if (!groups)
		return -ENOMEM;
	n = getgroups(n, groups);
	if (n < 0)
		n = 0;
	groups[n] = getegid();
	*ret = (struct doctor_user){ geteuid(), groups, (size_t)n + 1, own_cgroup() };
	return 0;
}

int doctor_here(const struct world *w, struct doctor *ret)
{
	struct doctor d = { .root = "", .sysfs = "/sys", .world = w, .socket = ctl_socket_path() };
	struct doctor_user user;
	int r = user_here(&user);

	if (r < 0)
		return r;
	d.user = &user;
	r = doctor_run(&d);
	free((void *)user.groups);
	free((void *)user.cgroup);
	d.user = NULL;
	if (r < 0) {
		doctor_done(&d);
		return r;
	}
	*ret = d;
	return 0;
}

static enum colour colour_of(enum doctor_result result)
{
	static const enum colour colours[] = {
		[DOCTOR_OK] = COLOUR_GREEN,	  [DOCTOR_INFO] = COLOUR_NONE,
		[DOCTOR_UNKNOWN] = COLOUR_YELLOW, [DOCTOR_WARNING] = COLOUR_YELLOW,
		[DOCTOR_FAILURE] = COLOUR_RED,
	};

	return colours[result];
}

/* What is in order needs no remedy. */
static void add_check(struct table *t, const struct doctor_check *c)
{
	table_add(t, c->id);
	table_add_coloured(t, colour_of(c->result), doctor_result_name(c->result));
	table_add(t, c->reason);
	if (c->result <= DOCTOR_INFO || !c->remedy)
		return;
	table_add(t, " ");
	table_add(t, " ");
	table_addf(t, "remedy: %s", c->remedy);
}

static int print_table(const struct doctor *d)
{
	static const char *const headings[] = { "CHECK", "RESULT", "REASON" };
	_cleanup_(table_freep) struct table *t = table_new(3);

	if (!t)
		return no_memory();
	for (size_t i = 0; i < 3; i++)
		table_add_coloured(t, COLOUR_BOLD, headings[i]);
	for (size_t i = 0; i < d->n_checks; i++)
		add_check(t, &d->checks[i]);
	if (table_print(t, stdout) < 0)
		return no_memory();
	printf("\nWorst result: %s%s\n", doctor_result_name(doctor_worst(d)),
	       world_is_without_hardware(d->world) ? "; nothing to do" : "");
	return STATUS_OK;
}

static struct json_object *check_to_json(const struct doctor_check *c)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "id", c->id) < 0 ||
	    json_add_string(o, "result", doctor_result_name(c->result)) < 0 ||
	    json_add_string(o, "reason", c->reason) < 0 ||
	    json_add_string(o, "remedy", c->remedy) < 0)
		return NULL;
	return take_ptr(o);
}

struct json_object *doctor_to_json(const struct doctor *d)
{
	_cleanup_json_ struct json_object *root = ctl_json_new(), *array = json_object_new_array();

	if (!root || !array)
		return NULL;
	for (size_t i = 0; i < d->n_checks; i++)
		if (json_append(array, check_to_json(&d->checks[i])) < 0)
			return NULL;
	if (json_add_string(root, "worst", doctor_result_name(doctor_worst(d))) < 0 ||
	    json_add(root, "checks", take_ptr(array)) < 0)
		return NULL;
	return take_ptr(root);
}

static int print_json(const struct doctor *d)
{
	_cleanup_json_ struct json_object *o = doctor_to_json(d);

	return ctl_print_json(o);
}

static int status_for(enum doctor_result worst)
{
	static const int statuses[] = {
		[DOCTOR_OK] = STATUS_OK,
		[DOCTOR_INFO] = STATUS_OK,
		[DOCTOR_UNKNOWN] = STATUS_DOCTOR_UNKNOWN,
		[DOCTOR_WARNING] = STATUS_DOCTOR_WARNING,
		[DOCTOR_FAILURE] = STATUS_DOCTOR_FAILURE,
	};

	return statuses[worst];
}

static int conclude(const struct doctor *d, bool json)
{
	int status = json ? print_json(d) : print_table(d);

	return status != STATUS_OK ? status : status_for(doctor_worst(d));
}

int doctor_tree(const struct tree *tree, bool json)
{
	_cleanup_(world_clear) struct world w = {};
	_cleanup_(doctor_done) struct doctor d = { .root = tree->root,
						   .sysfs = tree->sysfs,
						   .world = &w };

	if (world_look_at(tree->root, tree->sysfs, &w) < 0 || doctor_run(&d) < 0)
		return no_memory();
	return conclude(&d, json);
}

static int run_on_tree(bool json)
{
	struct tree tree;
	int status, r = tree_open(origin_tree_path(), &tree);

	if (r < 0)
		return r == -ENOENT ? STATUS_NO_DEVICE : STATUS_FAILURE;
	status = doctor_tree(&tree, json);
	tree_close(&tree);
	return status;
}

static int run_doctor(int argc, char **argv)
{
	_cleanup_(world_clear) struct world w = {};
	_cleanup_(doctor_done) struct doctor d = {};
	bool json = false;
	int r = parse_list_options(&verb_doctor, argc, argv, &json);

	if (r >= 0)
		return r;
	if (origin_tree_path())
		return run_on_tree(json);
	if (world_look(true, &w) < 0 || doctor_here(&w, &d) < 0)
		return no_memory();
	return conclude(&d, json);
}

const struct verb verb_doctor = {
	.name = "doctor",
	.arguments = "",
	.summary = "Checks the whole machine, from the kernel up to your rights",
	.help = "Options:\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"Results, and what the worst of them makes the exit status:\n"
		"  ok, info  0\n"
		"  unknown   20  could not be found out; the remedy says how it could\n"
		"  warning   18  works, or may, with a catch\n"
		"  failure   19  does not work\n"
		"A machine without such hardware is in order.\n",
	.takes_tree = true,
	.run = run_doctor,
};
