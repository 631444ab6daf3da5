// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the library tells, as dictionaries with the names of its members. */
#include "python/module.h"

/* How all entries of lists begin. */
struct entry {
	const struct entry *next;
};

static PyObject *convert_all(const void *first, PyObject *(*convert)(const void *entry))
{
	PyObject *list = PyList_New(0);

	for (const struct entry *e = first; list && e; e = e->next) {
		PyObject *o = convert(e);

		if (!o || PyList_Append(list, o) < 0)
			Py_CLEAR(list);
		Py_XDECREF(o);
	}
	return list;
}

/* None for what the library calls -1. */
static PyObject *number(int64_t n)
{
	if (n < 0)
		Py_RETURN_NONE;
	return PyLong_FromLongLong(n);
}

static PyObject *answer(enum p2pmem_answer a)
{
	if (a == P2PMEM_ANSWER_UNKNOWN)
		Py_RETURN_NONE;
	return PyBool_FromLong(a == P2PMEM_ANSWER_YES);
}

static PyObject *from_region(const void *entry)
{
	const struct p2pmem_region *r = entry;

	return Py_BuildValue(
		"{s:z,s:z,s:z,s:z,s:z,s:K,s:K,s:K,s:K,s:K,s:I,s:I,s:N,s:N,s:N,s:N,s:N}", "name",
		r->name, "provider", r->provider, "driver", r->driver, "serial", r->serial, "model",
		r->model, "size", r->size, "free", r->free, "allocated", r->allocated, "draining",
		r->draining, "buffers", r->buffers, "vendor", r->vendor, "device", r->device,
		"numa_node", number(r->numa_node), "held_by_others", number(r->held_by_others),
		"largest_estimate", number(r->largest_estimate), "not_lent", number(r->not_lent),
		"drained", answer(r->drained));
}

PyObject *from_regions(const void *first)
{
	return convert_all(first, from_region);
}

static PyObject *from_block_device(const void *entry)
{
	const struct p2pmem_block_device *b = entry;
	const enum p2pmem_answer takes = b->queue == P2PMEM_QUEUE_UNKNOWN ? P2PMEM_ANSWER_UNKNOWN :
					 b->queue == P2PMEM_QUEUE_PEER_TO_PEER ? P2PMEM_ANSWER_YES :
										 P2PMEM_ANSWER_NO;

	return Py_BuildValue("{s:z,s:I,s:I,s:K,s:I,s:N}", "name", b->name, "major", b->major,
			     "minor", b->minor, "size", b->size, "logical_block_size",
			     b->logical_block_size, "peer_to_peer", answer(takes));
}

static PyObject *from_device(const void *entry)
{
	const struct p2pmem_device *d = entry;

	return Py_BuildValue("{s:z,s:z,s:z,s:z,s:I,s:I,s:N,s:N}", "address", d->address, "driver",
			     d->driver, "serial", d->serial, "model", d->model, "vendor", d->vendor,
			     "device", d->device, "numa_node", number(d->numa_node),
			     "block_devices", convert_all(d->block_devices, from_block_device));
}

PyObject *from_devices(const void *first)
{
	return convert_all(first, from_device);
}

static PyObject *from_pair(const void *entry)
{
	const struct p2pmem_pair *p = entry;

	return Py_BuildValue("{s:z,s:z,s:z,s:z,s:N,s:z,s:z,s:z,s:z,s:z}", "region", p->region,
			     "provider", p->provider, "device", p->device, "verdict",
			     p2pmem_verdict_name(p->verdict), "distance", number(p->distance),
			     "cause", p->cause, "reason", p->reason, "remedy", p->remedy, "cost",
			     p->cost, "source",
			     p->source == P2PMEM_SOURCE_KERNEL ? "kernel" : "computed");
}

PyObject *from_pairs(const void *first)
{
	return convert_all(first, from_pair);
}

static PyObject *from_refusal(const void *entry)
{
	const struct p2pmem_refusal *r = entry;

	return Py_BuildValue("{s:z,s:z,s:z,s:z,s:z,s:z}", "region", r->region, "provider",
			     r->provider, "device", r->device, "verdict",
			     p2pmem_verdict_name(r->verdict), "reason", r->reason, "remedy",
			     r->remedy);
}

PyObject *from_refusals(const void *first)
{
	return convert_all(first, from_refusal);
}

static PyObject *from_name(const void *entry)
{
	return Py_BuildValue("z", ((const struct p2pmem_name *)entry)->name);
}

PyObject *from_lease(const void *lease)
{
	const struct p2pmem_lease *l = lease;

	return Py_BuildValue("{s:z,s:z,s:z,s:z,s:z,s:N,s:K,s:K,s:I,s:z,s:z,s:z}", "id", l->id,
			     "tenant", l->tenant, "name", l->name, "region", l->region, "provider",
			     l->provider, "devices", convert_all(l->devices, from_name), "size",
			     l->size, "age_usec", l->age_usec, "uid", l->uid, "state",
			     p2pmem_state_name(l->state), "verdict",
			     p2pmem_verdict_name(l->verdict), "rule", l->rule);
}

PyObject *from_leases(const void *first)
{
	return convert_all(first, from_lease);
}
