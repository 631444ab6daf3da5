/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leases outlive the daemon. It may be killed between any two system calls,
 * and what it was about to do is left in one of these states:
 *
 * 1. The record is not under its name yet: there may be the file `unfinished`,
 *    which the next daemon removes. Nothing was allocated.
 * 2. The record is there, and no buffer: dropped. Nothing is charged.
 * 3. The buffer is there, and its only descriptor was the daemon's, in a
 *    variable or in the queue of a connection: it went with the process, and
 *    the kernel freed the buffer. What is left is 2. If transfers or the kernel
 *    are not done with it by the time of the list, it is 4, and its event ends
 *    the lease.
 * 4. The descriptor was sent: it is in the client's socket or hands. Record and
 *    buffer are there, and the lease goes on. From here on, and before, the
 *    daemon has no descriptor of it.
 * 5. A buffer was freed, its event read or not, and the record not removed: as
 *    2. An event that was not read is lost with the daemon, and not needed.
 * 6. A call that ends leases was answered or not: the deadline is in the record
 *    before notice is given, so the next daemon goes by it. Without a grace
 *    there is no deadline: buffers that were not revoked yet stay leases, and
 *    the caller has no answer.
 * 7. A region is drained once the file that says so has its name, and by then
 *    no buffer of it was touched.
 *
 * A buffer of this user without a record is none of these. It stems from
 * somebody who uses the driver as this user, or the records were removed:
 * whose it is cannot be known, so it is charged to nobody, and revoked. The
 * driver's cookie of a buffer allocated by mmap() of a node is zero, which is
 * never one of a lease; those are not touched. Neither are other users'
 * buffers, whatever their cookies.
 *
 * Records are read again each time when the driver is reached, since without
 * it there is no telling which of them are still good.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/pci.h"
#include "daemon/deadline.h"
#include "daemon/entry.h"
#include "daemon/messages.h"
#include "daemon/record.h"
#include "daemon/recovery.h"

struct recovery {
	struct broker *broker;
	struct leases found; /* recorded, and not seen as a buffer yet */
};

int broker_record(struct broker *b, const struct lease *l)
{
	_cleanup_free_ char *text = record_format(l);
	char id[LEASE_ID_MAX];

	return text ? state_write(b->state, STATE_LEASES, lease_id(l, id), text) : -ENOMEM;
}

static int read_record(const char *name, const char *text, size_t n, void *userdata)
{
	_cleanup_(lease_freep) struct lease *l = NULL;
	struct recovery *recovery = userdata;
	int r = record_parse(name, text, n, &l);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return STATE_PUT_ASIDE;
	if (leases_find(&recovery->broker->leases, l->cookie))
		return STATE_KEEP;
	r = leases_add(&recovery->found, l);
	if (r < 0)
		return r;
	take_ptr(l);
	return STATE_KEEP;
}

static void drop_records(struct recovery *recovery)
{
	for (const struct lease *l = recovery->found.first; l; l = l->next) {
		char id[LEASE_ID_MAX];

		state_remove(recovery->broker->state, STATE_LEASES, lease_id(l, id));
		log_debug("Lease %s ended while no daemon was there.", id);
	}
}

static int adopt(struct broker *b, struct lease *lease, const struct p2pmem_buffer_info *buffer)
{
	_cleanup_(lease_freep) struct lease *l = lease;
	int r;

	l->buffer = buffer->id;
	l->region = buffer->region;
	l->provider = buffer->provider;
	l->size = buffer->length;
	lease_advance(l, buffer->state);
	r = charge_take(&b->accounts, l->tenant, l->uid, &l->provider, l->size, &l->charge);
	if (r == 0)
		r = leases_add(&b->leases, l);
	if (r == 0)
		take_ptr(l);
	return r;
}

static void revoke_unknown(struct broker *b, const struct p2pmem_buffer_info *buffer)
{
	static const uint8_t none[P2PMEM_COOKIE_SIZE];
	char region[32], address[PCI_ADDRESS_MAX];
	struct entry e;
	int r;

	if (memcmp(buffer->cookie, none, sizeof(none)) == 0 ||
	    buffer->state >= P2PMEM_STATE_REVOKED)
		return;
	r = b->driver->ops->revoke(b->driver->data, buffer->id, false);
	snprintf(region, sizeof(region), "p2pmem%u", buffer->region);
	entry_begin(&e, LOG_WARNING, MESSAGE_STRANGER);
	entry_text(&e, "P2PMEM_REGION", region);
	entry_text(&e, "P2PMEM_PROVIDER", pci_address_format(&buffer->provider, address));
	entry_number(&e, "P2PMEM_SIZE", buffer->length);
	entry_send(&e,
		   "Buffer %llu of %s (%llu bytes) was allocated by this user, and there is no "
		   "record of whom it was lent to: %s%s.",
		   (unsigned long long)buffer->id, region, (unsigned long long)buffer->length,
		   r < 0 ? "it cannot be revoked, " : "it was revoked", r < 0 ? strerror(-r) : "");
}

static int settle(struct recovery *recovery, const struct p2pmem_buffer_info *buffer)
{
	struct broker *b = recovery->broker;
	struct lease *l;

	if (buffer->uid != getuid() || leases_find(&b->leases, buffer->cookie))
		return 0;
	l = leases_find(&recovery->found, buffer->cookie);
	if (l)
		return adopt(b, leases_take(&recovery->found, l), buffer);
	revoke_unknown(b, buffer);
	return 0;
}

static int recover(struct recovery *recovery)
{
	_cleanup_free_ struct p2pmem_buffer_info *buffers = NULL;
	struct broker *b = recovery->broker;
	size_t n = 0;
	int r = state_read(b->state, STATE_LEASES, read_record, recovery);

	if (r == 0)
		r = b->driver->ops->list_buffers(b->driver->data, &buffers, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = settle(recovery, &buffers[i]);
	if (r < 0)
		return r;
	drop_records(recovery);
	if (b->leases.n > 0)
		log_info("Found %zu leases of before.", b->leases.n);
	broker_arm(b);
	return 0;
}

int broker_recover(struct broker *b)
{
	struct recovery recovery = { .broker = b };
	int r = recover(&recovery);

	leases_done(&recovery.found);
	return r;
}
