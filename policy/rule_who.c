/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/utf8.h"
#include "policy/cgroup.h"
#include "policy/rule.h"
#include "policy/text.h"

#define UNIT_MAX 255
#define ACCOUNT_MAX 255

static int take_name(struct policy_who *w, enum who_kind kind, const char *name)
{
	free(w->name);
	w->kind = kind;
	w->name = strdup(name);
	return w->name ? 0 : -ENOMEM;
}

/* ---- users and groups ------------------------------------------------ */

/* A name that consists of digits is a number, too. -EINVAL: it is none. */
static int id_parse(struct json_object *v, uint32_t *ret)
{
	const char *s = json_object_get_string(v);
	uint64_t id = 0;

	if (!*s || strlen(s) > 10 || s[strspn(s, "0123456789")])
		return -EINVAL;
	for (; *s; s++)
		id = id * 10 + (uint64_t)(*s - '0');
	if (id >= UINT32_MAX)
		return -EINVAL;
	*ret = (uint32_t)id;
	return 0;
}

static bool is_account_name(const char *s)
{
	_cleanup_free_ char *clean = utf8_clean(s);

	return clean && *s && *s != '-' && strlen(s) <= ACCOUNT_MAX && strcmp(clean, s) == 0 &&
	       !s[strcspn(s, ":/, \t")] && s[strspn(s, "0123456789")];
}

static void warn_unknown(struct reader *r, struct json_object *v, const struct policy_who *w,
			 int error)
{
	if (error == -ENOENT)
		read_warning(r, v, "Create it, and reload the policy.",
			     "there is no %s '%s', so the rule names nobody",
			     who_kind_name(w->kind), w->name);
	else
		read_warning(r, v, "Reload the policy once it can be.",
			     "%s '%s' cannot be looked up (%s), so the rule names nobody",
			     who_kind_name(w->kind), w->name, strerror(-error));
}

static int look_up(struct reader *r, struct json_object *v, struct policy_who *w)
{
	const struct policy_directory *d = r->directory;
	int error;

	if (w->kind == WHO_USER)
		error = d->user(w->name, &w->id);
	else
		error = d->group(w->name, &w->id);
	w->known = error == 0;
	if (error == -ENOMEM)
		return error;
	if (error < 0)
		warn_unknown(r, v, w, error);
	return 0;
}

static int read_account(struct reader *r, struct json_object *v, struct policy_who *w,
			enum who_kind kind)
{
	const char *s = json_object_get_string(v);
	int error = take_name(w, kind, s);

	if (error < 0)
		return error;
	if (id_parse(v, &w->id) == 0) {
		w->known = true;
	} else if (is_account_name(s)) {
		error = look_up(r, v, w);
	} else {
		read_mistake(r, v, "Write a name, or a number from 0 to 4294967294.",
			     "'%.64s' can be no %s", s, who_kind_name(kind));
	}
	if (kind == WHO_USER && w->known && w->id == 0)
		read_warning(r, v, "Take the rule away.",
			     "uid 0 needs no rule, and is bound by none");
	return error;
}

static int read_user(struct reader *r, struct json_object *v, void *into)
{
	return read_account(r, v, into, WHO_USER);
}

static int read_group(struct reader *r, struct json_object *v, void *into)
{
	return read_account(r, v, into, WHO_GROUP);
}

/* ---- units and cgroups ----------------------------------------------- */

static bool has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && strcmp(s + n - m, suffix) == 0;
}

/* What is wrong with the name of a unit; NULL: nothing. */
static const char *unit_problem(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789:-_.\\@";

	if (has_suffix(s, ".slice"))
		return "is a slice: name it as a cgroup, like /backup.slice";
	if (strlen(s) > UNIT_MAX || s[strspn(s, allowed)])
		return "has characters that no unit has (a pattern is not taken here)";
	if (!has_suffix(s, ".service") && !has_suffix(s, ".scope") && !has_suffix(s, ".socket") &&
	    !has_suffix(s, ".mount") && !has_suffix(s, ".swap"))
		return "has to end in .service, .scope, .socket, .mount or .swap";
	if (strncmp(s, "user@", strlen("user@")) == 0)
		return "is no system unit but a user's: name the user";
	return NULL;
}

static int read_unit(struct reader *r, struct json_object *v, void *into)
{
	const char *s = json_object_get_string(v), *problem = unit_problem(s);

	if (problem)
		read_mistake(r, v, "Write the full name of a system unit, like backup.service.",
			     "'%.64s' %s", s, problem);
	return take_name(into, WHO_UNIT, s);
}

static int read_cgroup(struct reader *r, struct json_object *v, void *into)
{
	const char *s = json_object_get_string(v), *problem = cgroup_pattern_problem(s);
	_cleanup_free_ char *clean = utf8_clean(s);

	if (!clean)
		return -ENOMEM;
	if (!problem && strcmp(clean, s) != 0)
		problem = "has characters that cannot be printed";
	if (problem)
		read_mistake(
			r, v,
			"Write a path from the root, like /machine.slice/*.scope; '*' does not "
			"go over a '/', and users are named by \"user\".",
			"'%.64s' %s", s, problem);
	return take_name(into, WHO_CGROUP, s);
}

int read_who(struct reader *r, struct json_object *v, void *into)
{
	static const struct member kinds[] = {
		{ "user", IS_STRING | IS_INT, read_user, 0 },
		{ "group", IS_STRING | IS_INT, read_group, 0 },
		{ "unit", IS_STRING, read_unit, 0 },
		{ "cgroup", IS_STRING, read_cgroup, 0 },
		{},
	};

	if (json_object_object_length(v) != 1)
		read_mistake(r, v, "Name one user, group, unit or cgroup; make a rule for each.",
			     "has to have exactly one member");
	return read_object(r, v, kinds, into);
}
