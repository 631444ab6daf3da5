/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a request came to: parameters of a reply, of several, or of an error. */
#pragma once

#include <stdbool.h>
#include <json-c/json.h>

struct answer;
struct broker;
struct waiter;

/*
 * What is still to come of a list that is too long to be made at once. Whoever
 * has one calls go_on() for the next part when there is room for it; that part
 * has the rest of it again, or it was the last.
 */
struct answer_rest {
	int (*go_on)(struct answer_rest *rest, struct broker *b, struct answer *ret);
	void (*done)(struct answer_rest *rest);
};

struct answer_rest *answer_rest_free(struct answer_rest *rest);

struct answer {
	const char *error; /* its full name; NULL: success */
	struct json_object *parameters; /* NULL: none */
	struct json_object *list; /* an array with the parameters of each of several replies */
	struct answer_rest *rest; /* of the list, owned; NULL: that is all of it */
	int fd; /* goes beside the reply; -1: none */
	struct waiter *waiter; /* for an answer that takes time; NULL: nobody can wait */
	bool later; /* the waiter was taken: there is no answer yet */
};

#define ANSWER_INIT ((struct answer){ .fd = -1 })

void answer_done(struct answer *a);

/* Make it an error. @parameters is taken over; -ENOMEM if it is NULL. */
int answer_error(struct answer *a, const char *error, struct json_object *parameters);

/* An error with one or two (a NULL @value2 is left out) parameters that are strings. */
int answer_error_strings(struct answer *a, const char *error, const char *name, const char *value,
			 const char *name2, const char *value2);

/* org.varlink.service.InvalidParameter */
int answer_invalid(struct answer *a, const char *parameter);

/* Appends { @name: @value } to the list. @value is taken over; -ENOMEM if it is NULL. */
int answer_append(struct answer *a, const char *name, struct json_object *value);
