/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A drain goes: on record, nothing is lent any more, holders get notice, their
 * time is up and everything of the region is revoked, the last transfer ends,
 * the region is empty. It goes on by itself; callers only wait for it, and may
 * come and go. All buffers are meant, those of others as well, since a device
 * is not to be taken out under anybody; what others allocate while it goes on
 * is revoked in turn.
 *
 * It goes on when the driver tells of the region. Nothing is told of what the
 * driver could not do, nor of what others allocate, so from the time to revoke
 * until the region is empty it is looked at every now and then as well.
 */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/pci.h"
#include "daemon/audit.h"
#include "daemon/deadline.h"
#include "daemon/drain_record.h"
#include "daemon/drain_work.h"

struct drain *drain_find(const struct broker *b, const struct p2pmem_pci_address *provider)
{
	for (struct drain *d = b->drains; d; d = d->next)
		if (pci_address_equal(&d->provider, provider))
			return d;
	return NULL;
}

bool drains_have(const struct broker *b, const struct p2pmem_pci_address *provider)
{
	return drain_find(b, provider);
}

size_t drains_count(const struct broker *b)
{
	size_t n = 0;

	for (const struct drain *d = b->drains; d; d = d->next)
		n++;
	return n;
}

int drain_add(struct broker *b, const struct p2pmem_pci_address *provider, struct drain **ret)
{
	struct drain *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->provider = *provider;
	d->next = b->drains;
	b->drains = d;
	*ret = d;
	return 0;
}

void drain_take_out(struct broker *b, struct drain *d)
{
	struct drain **p = &b->drains;

	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	free(d);
}

void drains_done(struct broker *b)
{
	while (b->drains)
		drain_take_out(b, b->drains);
}

bool drains_busy(const struct broker *b)
{
	for (const struct drain *d = b->drains; d; d = d->next)
		if (d->revoke_at)
			return true;
	return false;
}

uint64_t drains_deadline(const struct broker *b)
{
	uint64_t at = UINT64_MAX;

	for (const struct drain *d = b->drains; d; d = d->next) {
		if (d->revoke_at && !d->due && d->revoke_at < at)
			at = d->revoke_at;
		if (d->again_at && d->again_at < at)
			at = d->again_at;
	}
	return at;
}

/* ---- records --------------------------------------------------------- */

int drain_save(struct broker *b, const struct drain *d)
{
	_cleanup_free_ char *text = drain_record_format(d->revoke_at);
	char address[PCI_ADDRESS_MAX];

	if (!text)
		return -ENOMEM;
	return state_write(b->state, STATE_DRAINS, pci_address_format(&d->provider, address), text);
}

static int restore(const char *name, const char *text, size_t n, void *userdata)
{
	struct p2pmem_pci_address provider;
	char address[PCI_ADDRESS_MAX];
	uint64_t revoke_at;
	struct drain *d;
	int r;

	if (pci_address_parse(name, &provider) < 0 ||
	    strcmp(pci_address_format(&provider, address), name) != 0)
		return STATE_PUT_ASIDE;
	r = drain_record_parse(text, n, &revoke_at);
	if (r < 0)
		return r == -ENOMEM ? r : STATE_PUT_ASIDE;
	r = drain_add(userdata, &provider, &d);
	if (r < 0)
		return r;
	d->revoke_at = revoke_at;
	d->touched = true;
	log_info("The region of %s is drained: nothing is lent from it.", address);
	return STATE_KEEP;
}

int drains_restore(struct broker *b)
{
	return state_read(b->state, STATE_DRAINS, restore, b);
}

/* ---- going on -------------------------------------------------------- */

static int look(struct broker *b, const struct drain *d, struct rest *ret)
{
	_cleanup_free_ struct p2pmem_region_info *regions = NULL;
	size_t n = 0;
	int r = b->driver->ops->list_regions(b->driver->data, &regions, &n);

	*ret = (struct rest){};
	for (size_t i = 0; i < n; i++)
		if (pci_address_equal(&regions[i].provider, &d->provider))
			*ret = (struct rest){
				.buffers = regions[i].buffers,
				.bytes = (int64_t)(regions[i].allocated + regions[i].draining),
			};
	return r;
}

static int revoke_buffer(struct broker *b, const struct p2pmem_buffer_info *buffer, bool notice)
{
	int r = b->driver->ops->revoke(b->driver->data, buffer->id, notice);

	return r == -ENOENT ? 0 : r;
}

/* All buffers of the region that @notice, or revocation, is news to. -errno: the last failure. */
static int revoke_all(struct broker *b, const struct drain *d, bool notice)
{
	uint32_t before = notice ? P2PMEM_STATE_NOTICE : P2PMEM_STATE_REVOKED;
	_cleanup_free_ struct p2pmem_buffer_info *buffers = NULL;
	size_t n = 0;
	int result = b->driver->ops->list_buffers(b->driver->data, &buffers, &n);

	for (size_t i = 0; i < n; i++) {
		int r;

		if (buffers[i].state >= before ||
		    !pci_address_equal(&buffers[i].provider, &d->provider))
			continue;
		r = revoke_buffer(b, &buffers[i], notice);
		result = r < 0 ? r : result;
	}
	return result;
}

/* What was empty once is the business of whoever uses it then. */
static void conclude(struct broker *b, struct drain *d)
{
	char address[PCI_ADDRESS_MAX];
	int r;

	if (!d->revoke_at)
		return;
	d->revoke_at = 0;
	d->due = false;
	r = drain_save(b, d);
	pci_address_format(&d->provider, address);
	if (r < 0)
		log_warning("Cannot record in %s that %s is empty: %s.", state_path(b->state),
			    address, strerror(-r));
	audit_drain(NULL, &d->provider, AUDIT_DRAIN_EMPTY);
}

/* Notice once, revocation as often as there is somebody to revoke. */
static int end_buffers(struct broker *b, struct drain *d)
{
	int r = 0;

	if (d->due || (d->revoke_at && !d->noticed))
		r = revoke_all(b, d, !d->due);
	d->noticed = d->noticed || r == 0;
	return r;
}

int drain_step(struct broker *b, struct drain *d, struct rest *ret)
{
	uint64_t now = broker_now();
	int r;

	d->touched = false;
	d->due = d->revoke_at && d->revoke_at <= now;
	r = end_buffers(b, d);
	if (r == 0)
		r = look(b, d, ret);
	if (r == 0 && ret->buffers == 0)
		conclude(b, d);
	d->again_at = r < 0 || d->due ? now + DEADLINE_RETRY_USEC : 0;
	return r;
}

void drains_touch(struct broker *b, const struct p2pmem_pci_address *provider)
{
	for (struct drain *d = b->drains; d; d = d->next)
		if (!provider || pci_address_equal(&d->provider, provider))
			d->touched = true;
}

void drains_step(struct broker *b)
{
	bool stepped = false;

	for (struct drain *d = b->drains; d; d = d->next) {
		char address[PCI_ADDRESS_MAX];
		struct rest rest;
		int r;

		if (!d->touched)
			continue;
		r = drain_step(b, d, &rest);
		if (r < 0)
			log_error("Cannot go on draining %s: %s; trying again.",
				  pci_address_format(&d->provider, address), strerror(-r));
		else
			drain_tell(d, &rest);
		stepped = true;
	}
	if (stepped)
		broker_arm(b);
}
