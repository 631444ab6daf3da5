/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/log.h"
#include "common/varlink.h"
#include "daemon/refusal.h"
#include "daemon/reload.h"
#include "policy/directory.h"
#include "policy/load.h"

static void log_mistakes(const struct mistakes *m)
{
	for (size_t i = 0; i < m->n; i++) {
		_cleanup_free_ char *text = mistake_text(&m->list[i]);

		if (text)
			log_line(m->list[i].warning ? LOG_WARNING : LOG_ERR, "%s. %s", text,
				 m->list[i].remedy ?: "");
	}
}

static const struct mistake *first_error(const struct mistakes *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (!m->list[i].warning)
			return &m->list[i];
	return NULL;
}

/* One line on what is wrong; a NULL in the place of one is no harm. */
static char *problem_text(const struct mistakes *m)
{
	const struct mistake *first = first_error(m);

	return first ? mistake_text(first) : NULL;
}

static void set_policy(struct broker *b, struct policy *policy)
{
	policy_done(&b->policy);
	b->policy = *policy;
	*policy = (struct policy){};
	b->policy_read = true;
}

/* @who: whoever asked for it by method, or NULL. */
static int load(struct broker *b, const struct peer *who, struct mistakes *m)
{
	struct policy policy;
	int r = policy_load(b->policy_folders, &policy_directory_system, &policy, m);

	log_mistakes(m);
	if (r == -ENOMEM)
		return r;
	b->policies++;
	free(b->policy_problem);
	b->policy_problem = r < 0 ? problem_text(m) : NULL;
	if (r < 0) {
		watch_policy(b);
		audit_policy_invalid(who, b->policy_problem, m->n_errors, b->policy_read);
		return r;
	}
	set_policy(b, &policy);
	watch_policy(b);
	audit_policy_loaded(who, b->policy.n);
	return 0;
}

int broker_load_policy(struct broker *b)
{
	_cleanup_(mistakes_done) struct mistakes m = {};

	return load(b, NULL, &m);
}

/* ---- the method ------------------------------------------------------ */

static struct json_object *describe_mistake(const struct mistake *m)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_string(o, "file", m->file) < 0 ||
	    (m->line && json_add_int(o, "line", m->line) < 0) ||
	    (*m->field && json_add_string(o, "field", m->field) < 0) ||
	    json_add_string(o, "problem", m->what) < 0 ||
	    json_add_string(o, "remedy", m->remedy) < 0 ||
	    json_add_bool(o, "warning", m->warning) < 0)
		return NULL;
	return take_ptr(o);
}

static struct json_object *describe_mistakes(const struct mistakes *m)
{
	_cleanup_json_ struct json_object *a = json_object_new_array();

	if (!a)
		return NULL;
	for (size_t i = 0; i < m->n; i++)
		if (json_append(a, describe_mistake(&m->list[i])) < 0)
			return NULL;
	return take_ptr(a);
}

int broker_reload(struct broker *b, const struct peer *who, struct answer *ret)
{
	_cleanup_(mistakes_done) struct mistakes m = {};
	_cleanup_json_ struct json_object *p = NULL;
	int r;

	if (!policy_may_administer(&b->policy, who))
		return refuse_no_administrator(ret);
	r = load(b, who, &m);
	if (r == -ENOMEM)
		return r;
	p = json_object_new_object();
	if (!p || json_add(p, "mistakes", describe_mistakes(&m)) < 0)
		return -ENOMEM;
	if (r < 0)
		return answer_error(ret, BROKER_INTERFACE ".PolicyInvalid", take_ptr(p));
	if (json_add_int(p, "rules", (int64_t)b->policy.n) < 0)
		return -ENOMEM;
	ret->parameters = take_ptr(p);
	return 0;
}
