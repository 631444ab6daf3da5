/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "common/utf8.h"
#include "daemon/record.h"

#define VERSION 1
#define DEPTH_MAX 4

/* The longest tenant is a cgroup's path. */
#define STRING_MAX (PATH_MAX + 16)

/* ---- writing --------------------------------------------------------- */

static struct json_object *devices_new(const struct lease *l)
{
	_cleanup_json_ struct json_object *a = json_object_new_array();
	char address[PCI_ADDRESS_MAX];

	if (!a)
		return NULL;
	for (size_t i = 0; i < l->n_devices; i++)
		if (json_append(a, json_object_new_string(
					   pci_address_format(&l->devices[i], address))) < 0)
			return NULL;
	return take_ptr(a);
}

static struct json_object *borrower_new(const struct borrower *b)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	if (!o || json_add_int(o, "uid", b->uid) < 0 ||
	    json_add_bool(o, "confined", b->confined) < 0 ||
	    json_add_string(o, "unit", b->unit) < 0 ||
	    json_add_string(o, "container", *b->container ? b->container : NULL) < 0 ||
	    json_add_string(o, "runtime", b->runtime) < 0 ||
	    json_add_string(o, "claimedBy", b->claimed_by) < 0)
		return NULL;
	return take_ptr(o);
}

char *record_format(const struct lease *l)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	const char *text;
	char id[LEASE_ID_MAX];

	if (!o || json_add_int(o, "version", VERSION) < 0 ||
	    json_add_string(o, "lease", lease_id(l, id)) < 0 ||
	    json_add_string(o, "tenant", l->tenant) < 0 || json_add_int(o, "uid", l->uid) < 0 ||
	    json_add_string(o, "rule", l->rule) < 0 || json_add_string(o, "name", l->name) < 0 ||
	    json_add(o, "devices", devices_new(l)) < 0 ||
	    json_add_string(o, "verdict", verdict_name(l->verdict)) < 0 ||
	    (l->borrower.known && json_add(o, "borrower", borrower_new(&l->borrower)) < 0) ||
	    json_add_int(o, "sinceUSec", (int64_t)l->since) < 0 ||
	    (l->revoke_at && json_add_int(o, "revokeAtUSec", (int64_t)l->revoke_at) < 0))
		return NULL;
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	return text ? strdup(text) : NULL;
}

/* ---- reading --------------------------------------------------------- */

/* As it was before it was written: nothing that would have to be replaced to be shown. */
static int string_keep(const char *found, char **ret)
{
	_cleanup_free_ char *clean = NULL;

	if (!found)
		return 0;
	if (!*found || strlen(found) > STRING_MAX)
		return -EBADMSG;
	clean = utf8_clean(found);
	if (!clean)
		return -ENOMEM;
	if (strcmp(clean, found) != 0)
		return -EBADMSG;
	*ret = take_ptr(clean);
	return 0;
}

static int devices_keep(struct json_object *array, struct lease *l)
{
	size_t n = json_object_array_length(array);

	if (n == 0 || n > LEASE_DEVICES_MAX)
		return -EBADMSG;
	l->devices = calloc(n, sizeof(*l->devices));
	if (!l->devices)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(array, i);

		if (!json_object_is_type(o, json_type_string) ||
		    pci_address_parse(json_object_get_string(o), &l->devices[i]) < 0)
			return -EBADMSG;
	}
	l->n_devices = n;
	return 0;
}

static int container_keep(const char *id, const char *runtime, struct borrower *b)
{
	if (!id && !runtime)
		return 0;
	if (!id || !container_id_valid(id) || !runtime)
		return -EBADMSG;
	memcpy(b->container, id, sizeof(b->container));
	b->runtime = container_runtime(runtime);
	return b->runtime ? 0 : -EBADMSG;
}

/* Records of earlier versions have none. */
static int borrower_keep(struct json_object *o, struct borrower *b)
{
	const char *unit = NULL, *container = NULL, *runtime = NULL, *claimed_by = NULL, *bad;
	int64_t uid;
	const struct json_field fields[] = {
		{ "uid", JSON_INT, true, &uid },
		{ "confined", JSON_BOOL, true, &b->confined },
		{ "unit", JSON_STRING, false, &unit },
		{ "container", JSON_STRING, false, &container },
		{ "runtime", JSON_STRING, false, &runtime },
		{ "claimedBy", JSON_STRING, false, &claimed_by },
		{},
	};
	int r;

	if (!o)
		return 0;
	if (json_read(o, fields, false, &bad) < 0 || uid < 0 || uid >= UINT32_MAX)
		return -EBADMSG;
	b->known = true;
	b->uid = (uid_t)uid;
	r = string_keep(unit, &b->unit);
	if (r == 0)
		r = string_keep(claimed_by, &b->claimed_by);
	return r == 0 ? container_keep(container, runtime, b) : r;
}

struct found {
	int64_t version;
	int64_t uid;
	int64_t since;
	int64_t revoke_at;
	const char *lease;
	const char *tenant;
	const char *rule;
	const char *name;
	const char *verdict;
	struct json_object *devices;
	struct json_object *borrower;
};

static int find(struct json_object *o, struct found *ret)
{
	const struct json_field fields[] = {
		{ "version", JSON_INT, true, &ret->version },
		{ "lease", JSON_STRING, true, &ret->lease },
		{ "tenant", JSON_STRING, true, &ret->tenant },
		{ "uid", JSON_INT, true, &ret->uid },
		{ "rule", JSON_STRING, true, &ret->rule },
		{ "name", JSON_STRING, false, &ret->name },
		{ "devices", JSON_ARRAY, true, &ret->devices },
		{ "verdict", JSON_STRING, true, &ret->verdict },
		{ "borrower", JSON_OBJECT, false, &ret->borrower },
		{ "sinceUSec", JSON_INT, true, &ret->since },
		{ "revokeAtUSec", JSON_INT, false, &ret->revoke_at },
		{},
	};
	const char *bad;

	return json_read(o, fields, false, &bad) < 0 ? -EBADMSG : 0;
}

/* The last uid is the one that stands for none. */
static bool numbers_are_sound(const struct found *f)
{
	return f->version == VERSION && f->uid >= 0 && f->uid < UINT32_MAX && f->since >= 0 &&
	       f->revoke_at >= 0;
}

static int keep(const struct found *f, struct lease *l)
{
	int r;

	if (verdict_parse(f->verdict, &l->verdict) < 0)
		return -EBADMSG;
	l->uid = (uid_t)f->uid;
	l->since = (uint64_t)f->since;
	l->revoke_at = (uint64_t)f->revoke_at;
	r = string_keep(f->tenant, &l->tenant);
	if (r == 0)
		r = string_keep(f->rule, &l->rule);
	if (r == 0)
		r = string_keep(f->name, &l->name);
	if (r == 0)
		r = borrower_keep(f->borrower, &l->borrower);
	return r == 0 ? devices_keep(f->devices, l) : r;
}

int record_parse(const char *id, const char *text, size_t n, struct lease **ret)
{
	_cleanup_(lease_freep) struct lease *l = calloc(1, sizeof(*l));
	_cleanup_json_ struct json_object *o = NULL;
	struct found f = {};
	int r;

	if (!l)
		return -ENOMEM;
	if (!lease_id_parse(id, l->cookie))
		return -EBADMSG;
	r = json_parse(text, n, DEPTH_MAX, &o);
	if (r == 0)
		r = find(o, &f);
	if (r < 0)
		return r;
	if (!numbers_are_sound(&f) || strcmp(f.lease, id) != 0)
		return -EBADMSG;
	r = keep(&f, l);
	if (r < 0)
		return r;
	*ret = take_ptr(l);
	return 0;
}
