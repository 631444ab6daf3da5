/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "daemon/answer.h"

struct answer_rest *answer_rest_free(struct answer_rest *rest)
{
	if (rest)
		rest->done(rest);
	return NULL;
}

void answer_done(struct answer *a)
{
	json_object_put(a->parameters);
	json_object_put(a->list);
	answer_rest_free(a->rest);
	close_fd(&a->fd);
	*a = ANSWER_INIT;
}

int answer_error(struct answer *a, const char *error, struct json_object *parameters)
{
	if (!parameters)
		return -ENOMEM;
	answer_done(a);
	a->error = error;
	a->parameters = parameters;
	return 0;
}

int answer_error_strings(struct answer *a, const char *error, const char *name, const char *value,
			 const char *name2, const char *value2)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();

	if (!p || json_add_string(p, name, value) < 0 ||
	    (name2 && json_add_string(p, name2, value2) < 0))
		return -ENOMEM;
	return answer_error(a, error, take_ptr(p));
}

int answer_invalid(struct answer *a, const char *parameter)
{
	return answer_error_strings(a, VARLINK_ERROR_INVALID_PARAMETER, "parameter", parameter,
				    NULL, NULL);
}

int answer_append(struct answer *a, const char *name, struct json_object *value)
{
	_cleanup_json_ struct json_object *v = value, *p = json_object_new_object();

	if (!a->list)
		a->list = json_object_new_array();
	if (!v || !p || !a->list || json_add(p, name, take_ptr(v)) < 0)
		return -ENOMEM;
	return json_append(a->list, take_ptr(p));
}
