/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/pci.h"
#include "common/varlink.h"
#include "daemon/drain_work.h"

int drain_describe(const struct drain *d, const struct rest *rest, struct answer *ret)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	char address[PCI_ADDRESS_MAX];

	if (!p || json_add_string(p, "provider", pci_address_format(&d->provider, address)) < 0 ||
	    json_add_int(p, "buffers", rest->buffers) < 0 ||
	    json_add_int(p, "bytes", rest->bytes) < 0 ||
	    json_add_bool(p, "safeToRemove", rest->buffers == 0) < 0)
		return -ENOMEM;
	ret->parameters = take_ptr(p);
	return 0;
}

static void forget(struct waiter *w, void *userdata)
{
	struct drain *d = userdata;
	struct waiter **p = &d->waiters;

	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
}

void drain_wait(struct drain *d, struct answer *a)
{
	struct waiter *w = a->waiter;

	w->next = d->waiters;
	w->forget = forget;
	w->userdata = d;
	d->waiters = w;
	a->later = true;
}

/* Without memory for an answer the connection ends, which is one as well. */
void drain_tell(struct drain *d, const struct rest *rest)
{
	bool last = rest->buffers == 0, news = memcmp(rest, &d->told, sizeof(*rest)) != 0;

	d->told = *rest;
	for (struct waiter *w = d->waiters, *next; w; w = next) {
		_cleanup_(answer_done) struct answer a = ANSWER_INIT;

		next = w->next;
		if (!last && !(news && w->more))
			continue;
		w->deliver(w, drain_describe(d, rest, &a) < 0 ? NULL : &a, last);
	}
	if (last)
		d->waiters = NULL;
}

void drain_tell_undrained(struct drain *d)
{
	char address[PCI_ADDRESS_MAX];

	pci_address_format(&d->provider, address);
	for (struct waiter *w = d->waiters, *next; w; w = next) {
		_cleanup_(answer_done) struct answer a = ANSWER_INIT;
		int r = answer_error_strings(&a, BROKER_INTERFACE ".Undrained", "provider", address,
					     NULL, NULL);

		next = w->next;
		w->deliver(w, r < 0 ? NULL : &a, true);
	}
	d->waiters = NULL;
}
