/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/lib.h"
#include "client/lib_shape.h"

/* What every list entry begins with. */
struct entry {
	struct entry *next;
};

static const struct shape shape_name = { .size = sizeof(struct p2pmem_name) };

/* ---- numbers --------------------------------------------------------- */

static int64_t least_of(const struct member *m)
{
	return m->required && m->kind == MEMBER_S32 ? INT32_MIN : 0;
}

static int64_t most_of(const struct member *m)
{
	switch (m->kind) {
	case MEMBER_U16:
		return UINT16_MAX;
	case MEMBER_U32:
		return UINT32_MAX;
	case MEMBER_S32:
		return INT32_MAX;
	default:
		return INT64_MAX;
	}
}

static void put_number(const struct member *m, void *to, int64_t value)
{
	switch (m->kind) {
	case MEMBER_U16:
		*(uint16_t *)to = (uint16_t)value;
		break;
	case MEMBER_U32:
		*(uint32_t *)to = (uint32_t)value;
		break;
	case MEMBER_S32:
		*(int32_t *)to = (int32_t)value;
		break;
	default:
		*(int64_t *)to = value;
		break;
	}
}

static int64_t get_number(const struct member *m, const void *from)
{
	switch (m->kind) {
	case MEMBER_U16:
		return *(const uint16_t *)from;
	case MEMBER_U32:
		return *(const uint32_t *)from;
	case MEMBER_S32:
		return *(const int32_t *)from;
	default:
		return *(const int64_t *)from;
	}
}

static int parse_number(const struct member *m, struct json_object *v, void *to)
{
	int64_t value = json_object_get_int64(v);

	if (!json_object_is_type(v, json_type_int))
		return -EBADMSG;
	/* Absent and -1 are the same. */
	if (value == -1 && !m->required && (m->kind == MEMBER_S32 || m->kind == MEMBER_S64))
		value = -1;
	else if (value < least_of(m) || value > most_of(m))
		return -EBADMSG;
	put_number(m, to, value);
	return 0;
}

/* ---- words ----------------------------------------------------------- */

static int parse_word(const struct member *m, struct json_object *v, void *to)
{
	const char *word = json_object_get_string(v);

	if (!json_object_is_type(v, json_type_string))
		return -EBADMSG;
	if (m->kind == MEMBER_VERDICT)
		*(enum p2pmem_verdict *)to = verdict_from_name(word);
	else if (m->kind == MEMBER_STATE)
		*(enum p2pmem_state *)to = state_from_name(word);
	else if (m->kind == MEMBER_SOURCE)
		*(enum p2pmem_source *)to = source_from_name(word);
	else if (m->kind == MEMBER_KIND)
		*(enum p2pmem_hop_kind *)to = kind_from_name(word);
	else
		*(uint32_t *)to = sides_from_name(word);
	return 0;
}

static const char *word_of(const struct member *m, const void *from)
{
	switch (m->kind) {
	case MEMBER_VERDICT:
		return p2pmem_verdict_name(*(const enum p2pmem_verdict *)from);
	case MEMBER_STATE:
		return p2pmem_state_name(*(const enum p2pmem_state *)from);
	case MEMBER_SOURCE:
		return source_name(*(const enum p2pmem_source *)from);
	case MEMBER_KIND:
		return kind_name(*(const enum p2pmem_hop_kind *)from);
	default:
		return sides_name(*(const uint32_t *)from);
	}
}

/* ---- lists ----------------------------------------------------------- */

static int parse_element(const struct shape *s, struct json_object *v, struct pool *pool,
			 void *entry)
{
	if (s != &shape_name)
		return shape_parse(s, v, pool, entry);
	if (!json_object_is_type(v, json_type_string))
		return -EBADMSG;
	return pool_string(pool, json_object_get_string(v), &((struct p2pmem_name *)entry)->name);
}

static int parse_list(const struct shape *s, struct json_object *array, struct pool *pool,
		      struct entry **tail)
{
	if (!json_object_is_type(array, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		int r;

		*tail = pool_alloc(pool, s->size);
		if (!*tail)
			return -ENOMEM;
		r = parse_element(s, json_object_array_get_idx(array, i), pool, *tail);
		if (r < 0)
			return r;
		tail = &(*tail)->next;
	}
	return 0;
}

struct json_object *shape_write_list(const struct shape *s, const void *first)
{
	_cleanup_json_ struct json_object *a = json_object_new_array();

	for (const struct entry *e = first; a && e; e = e->next) {
		const struct p2pmem_name *name = (const void *)e;

		if (json_append(a, s == &shape_name ? json_object_new_string(name->name) :
						      shape_write(s, e)) < 0)
			return NULL;
	}
	return take_ptr(a);
}

/* ---- one member ------------------------------------------------------ */

static int parse_flag(struct json_object *v, int yes, int no, int *to)
{
	if (!json_object_is_type(v, json_type_boolean))
		return -EBADMSG;
	*to = json_object_get_boolean(v) ? yes : no;
	return 0;
}

static int parse_member(const struct member *m, struct json_object *v, struct pool *pool,
			char *entry)
{
	void *to = entry + m->offset;

	switch (m->kind) {
	case MEMBER_STRING:
		if (!json_object_is_type(v, json_type_string))
			return -EBADMSG;
		return pool_string(pool, json_object_get_string(v), to);
	case MEMBER_FLAG:
		return parse_flag(v, 1, 0, to);
	case MEMBER_ANSWER:
		return parse_flag(v, P2PMEM_ANSWER_YES, P2PMEM_ANSWER_NO, to);
	case MEMBER_VERDICT:
	case MEMBER_STATE:
	case MEMBER_SOURCE:
	case MEMBER_KIND:
	case MEMBER_SIDE:
		return parse_word(m, v, to);
	case MEMBER_NAMES:
		return parse_list(&shape_name, v, pool, to);
	case MEMBER_LIST:
		return parse_list(m->of, v, pool, to);
	case MEMBER_INNER:
		return shape_parse(m->of, v, pool, entry);
	default:
		return parse_number(m, v, to);
	}
}

int shape_parse(const struct shape *s, struct json_object *o, struct pool *pool, void *entry)
{
	if (!json_object_is_type(o, json_type_object))
		return -EBADMSG;
	for (const struct member *m = s->members; m->name; m++) {
		struct json_object *v = json_object_object_get(o, m->name);
		int r = 0;

		if (v)
			r = parse_member(m, v, pool, entry);
		else if (m->required)
			r = -EBADMSG;
		else if (m->kind == MEMBER_S32 || m->kind == MEMBER_S64)
			put_number(m, (char *)entry + m->offset, -1);
		if (r < 0)
			return r;
		if (v && m->flag)
			*(int *)((char *)entry + m->flag) = 1;
	}
	return 0;
}

/* Is there something to be written of an optional member? */
static bool is_there(const struct member *m, const char *entry)
{
	const void *from = entry + m->offset;

	if (m->flag)
		return *(const int *)(entry + m->flag);
	if (m->required)
		return true;
	switch (m->kind) {
	case MEMBER_STRING:
		return *(const char *const *)from;
	case MEMBER_S32:
	case MEMBER_S64:
		return get_number(m, from) >= 0;
	case MEMBER_U16:
		return get_number(m, from) != 0;
	case MEMBER_ANSWER:
		return *(const enum p2pmem_answer *)from != P2PMEM_ANSWER_UNKNOWN;
	default:
		return true;
	}
}

static struct json_object *write_member(const struct member *m, const char *entry)
{
	const void *from = entry + m->offset;

	switch (m->kind) {
	case MEMBER_STRING:
		return json_object_new_string(*(const char *const *)from);
	case MEMBER_FLAG:
		return json_object_new_boolean(*(const int *)from);
	case MEMBER_ANSWER:
		return json_object_new_boolean(*(const enum p2pmem_answer *)from ==
					       P2PMEM_ANSWER_YES);
	case MEMBER_VERDICT:
	case MEMBER_STATE:
	case MEMBER_SOURCE:
	case MEMBER_KIND:
	case MEMBER_SIDE:
		return json_object_new_string(word_of(m, from));
	case MEMBER_NAMES:
		return shape_write_list(&shape_name, *(const void *const *)from);
	case MEMBER_LIST:
		return shape_write_list(m->of, *(const void *const *)from);
	case MEMBER_INNER:
		return shape_write(m->of, entry);
	default:
		return json_object_new_int64(get_number(m, from));
	}
}

struct json_object *shape_write(const struct shape *s, const void *entry)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	for (const struct member *m = s->members; o && m->name; m++)
		if (is_there(m, entry) && json_add(o, m->name, write_member(m, entry)) < 0)
			return NULL;
	return take_ptr(o);
}
