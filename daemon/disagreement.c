/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "common/array.h"
#include "common/log.h"
#include "common/pci.h"
#include "daemon/disagreement.h"
#include "daemon/entry.h"
#include "daemon/messages.h"

/* Who has seen that many needs no more; and devices that come and go fill no memory. */
#define DISAGREEMENTS_MAX 64

void disagreements_done(struct disagreements *d)
{
	free(d->list);
	*d = (struct disagreements){};
}

static bool is_known(const struct disagreements *d, const struct judgement *j)
{
	for (size_t i = 0; i < d->n; i++)
		if (pci_address_equal(&d->list[i].provider, &j->provider->address) &&
		    pci_address_equal(&d->list[i].client, &j->client->address))
			return true;
	return d->n >= DISAGREEMENTS_MAX;
}

void disagreement_log(struct disagreements *d, const struct judgement *j)
{
	const struct disagreement new = { j->provider->address, j->client->address };
	char provider[PCI_ADDRESS_MAX], client[PCI_ADDRESS_MAX];
	struct entry e;

	if (!j->from_kernel || !reason_is_disagreement(&j->verdict, &j->computed) || is_known(d, j))
		return;
	/* What cannot be remembered is not logged: it would be, each time. */
	if (array_push(d->list, d->n, new) < 0)
		return;
	pci_address_format(&new.provider, provider);
	pci_address_format(&new.client, client);
	entry_begin(&e, LOG_WARNING, MESSAGE_DISAGREEMENT);
	entry_text(&e, "P2PMEM_PROVIDER", provider);
	entry_text(&e, "P2PMEM_DEVICE", client);
	entry_text(&e, "P2PMEM_VERDICT", verdict_name(j->verdict.verdict));
	entry_text(&e, "P2PMEM_COMPUTED", verdict_name(j->computed.verdict));
	entry_send(&e,
		   "The kernel says %s of %s reaching the memory of %s, and its rules as p2pmem "
		   "knows them say %s. The kernel's word counts. Please report this with the "
		   "output of: p2pmemctl report.",
		   verdict_name(j->verdict.verdict), client, provider,
		   verdict_name(j->computed.verdict));
}
