/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "common/pci.h"
#include "common/varlink.h"
#include "daemon/audit_fields.h"
#include "topology/topology.h"

void audit_add_peer(struct entry *e, const struct peer *who)
{
	if (!who)
		return;
	entry_number(e, "P2PMEM_UID", who->uid);
	entry_number(e, "P2PMEM_PID", (uint64_t)who->pid);
	entry_text(e, "P2PMEM_CGROUP", who->cgroup);
}

void audit_add_lease(struct entry *e, const struct lease *l)
{
	char id[LEASE_ID_MAX], address[PCI_ADDRESS_MAX], region[32];

	snprintf(region, sizeof(region), "p2pmem%u", l->region);
	entry_text(e, "P2PMEM_LEASE", lease_id(l, id));
	entry_text(e, "P2PMEM_NAME", l->name);
	entry_text(e, "P2PMEM_TENANT", l->tenant);
	entry_number(e, "P2PMEM_CHARGED_UID", l->uid);
	entry_text(e, "P2PMEM_RULE", l->rule);
	entry_text(e, "P2PMEM_REGION", region);
	entry_text(e, "P2PMEM_PROVIDER", pci_address_format(&l->provider, address));
	entry_text(e, "P2PMEM_VERDICT", verdict_name(l->verdict));
	entry_number(e, "P2PMEM_SIZE", l->size);
}

const char *audit_last_word(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* ---- refusals ---------------------------------------------------------- */

static const char *text_of(struct json_object *o, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, name, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static long long number_of(struct json_object *o, const char *name)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(o, name, &value) ? json_object_get_int64(value) : 0;
}

static const char *first_text_of(struct json_object *o)
{
	static const char *const names[] = { "device", "region", "lease", "remedy" };
	const char *text = NULL;

	for (size_t i = 0; !text && i < sizeof(names) / sizeof(names[0]); i++)
		text = text_of(o, names[i]);
	return text;
}

/* The first of many, and how many there are. */
static bool read_pairs(struct json_object *o, char *text, size_t size)
{
	struct json_object *refusals = NULL, *first;
	const char *reason = NULL;
	size_t n = 0;

	if (json_object_object_get_ex(o, "refusals", &refusals) &&
	    json_object_is_type(refusals, json_type_array))
		n = json_object_array_length(refusals);
	if (n > 0) {
		first = json_object_array_get_idx(refusals, 0);
		reason = text_of(first, "reason");
	}
	if (!reason)
		return false;
	if (n > 1)
		snprintf(text, size, "%s, and %zu more reasons", reason, n - 1);
	else
		snprintf(text, size, "%s", reason);
	return true;
}

static void read_reason(struct json_object *o, char *text, size_t size)
{
	const char *reason = text_of(o, "reason"), *what = text_of(o, "what");

	if (reason)
		snprintf(text, size, "%s", reason);
	else if (what)
		snprintf(text, size, "%s: the limit is %lld, used are %lld, asked for were %lld",
			 what, number_of(o, "limit"), number_of(o, "used"), number_of(o, "asked"));
	else if (json_object_object_get_ex(o, "free", NULL))
		snprintf(text, size, "%lld bytes are free, asked for were %lld",
			 number_of(o, "free"), number_of(o, "asked"));
	else if (!read_pairs(o, text, size))
		snprintf(text, size, "%s", first_text_of(o) ?: "");
}

bool audit_refusal_of(const struct answer *a, struct audit_refusal *ret)
{
	static const char ours[] = BROKER_INTERFACE ".";

	if (!a->error || strncmp(a->error, ours, strlen(ours)) != 0)
		return false;
	*ret = (struct audit_refusal){ audit_last_word(a->error), a->parameters, "" };
	if (a->parameters)
		read_reason(a->parameters, ret->reason, sizeof(ret->reason));
	return true;
}

void audit_add_refusal(struct entry *e, const char *method, const struct audit_refusal *r)
{
	static const struct {
		const char *field;
		const char *name;
	} known[] = {
		{ "P2PMEM_TENANT", "tenant" }, { "P2PMEM_RULE", "rule" },
		{ "P2PMEM_REGION", "region" }, { "P2PMEM_LEASE", "lease" },
		{ "P2PMEM_DEVICE", "device" },
	};

	entry_text(e, "P2PMEM_METHOD", audit_last_word(method));
	entry_text(e, "P2PMEM_ERROR", r->error);
	entry_text(e, "P2PMEM_REASON", *r->reason ? r->reason : NULL);
	for (size_t i = 0; r->parameters && i < sizeof(known) / sizeof(known[0]); i++)
		entry_text(e, known[i].field, text_of(r->parameters, known[i].name));
	if (r->parameters && json_object_object_get_ex(r->parameters, "asked", NULL))
		entry_number(e, "P2PMEM_SIZE", (uint64_t)number_of(r->parameters, "asked"));
}
