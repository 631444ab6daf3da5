/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Allocate, step by step: who asks, what the devices are, which regions all
 * of them reach, which of these has room. Each step returns 0 to go on,
 * STOP when the answer is settled, or -errno.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/log.h"
#include "common/pci.h"
#include "common/varlink.h"
#include "daemon/block.h"
#include "daemon/diagnosis.h"
#include "daemon/request.h"
#include "daemon/topology_sysfs.h"
#include "daemon/view.h"

#define STOP 1

struct allocation {
	struct broker *broker;
	const struct peer *who;
	struct request request;
	struct view view;
	struct p2pmem_pci_address *devices; /* each once */
	size_t n_devices;
	struct candidate *candidates;
	size_t n_candidates;
	struct json_object *refusals;
	struct answer *answer;
};

static void allocation_done(struct allocation *a)
{
	view_done(&a->view);
	free(a->devices);
	free(a->candidates);
	json_object_put(a->refusals);
}

static int stop(int r)
{
	return r < 0 ? r : STOP;
}

static int check_policy(struct allocation *a)
{
	if (policy_may_allocate(&a->broker->policy, a->who))
		return 0;
	return stop(answer_error_strings(
		a->answer, BROKER_INTERFACE ".NotPermitted", "reason",
		"only root and the members of the group p2pmem may be lent memory", "remedy",
		"Have an administrator add the user to the group (usermod -aG p2pmem USER), and log "
		"in again."));
}

static int refuse_driver(struct allocation *a, const struct reason *why)
{
	return stop(answer_error_strings(a->answer, BROKER_INTERFACE ".DriverUnavailable", "reason",
					 why->why, "remedy", why->remedy));
}

static int check_driver(struct allocation *a)
{
	int r = view_open(a->broker, &a->view);

	if (r < 0)
		return r;
	return a->view.driver_error ? refuse_driver(a, &a->view.driver_reason) : 0;
}

/* ---- devices --------------------------------------------------------- */

static int refuse_device(struct allocation *a, const char *device)
{
	return stop(answer_error_strings(a->answer, BROKER_INTERFACE ".NoSuchDevice", "device",
					 device, NULL, NULL));
}

static int refuse_layer(struct allocation *a, const char *device, const char *layer)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	struct reason why;

	reason_for_layer(layer, &why);
	if (!p || json_add_string(p, "device", device) < 0 ||
	    json_add_string(p, "layer", layer) < 0 || json_add_string(p, "reason", why.why) < 0 ||
	    json_add_string(p, "remedy", why.remedy) < 0)
		return -ENOMEM;
	return stop(answer_error(a->answer, BROKER_INTERFACE ".NotPeerToPeer", take_ptr(p)));
}

static int add_device(struct allocation *a, const struct p2pmem_pci_address *address)
{
	char text[PCI_ADDRESS_MAX];

	for (size_t i = 0; i < a->n_devices; i++)
		if (pci_address_equal(&a->devices[i], address))
			return 0;
	if (!topology_find(a->view.topology, address))
		return refuse_device(a, pci_address_format(address, text));
	return array_push(a->devices, a->n_devices, *address);
}

/* Says whether the device's own queue takes P2P pages; what lies below was looked at before. */
static int check_queue(struct allocation *a, const struct device_reference *d, const char *name)
{
	const struct region_driver *driver = a->broker->driver;
	struct p2pmem_query_block q = { .major = d->major, .minor = d->minor };
	int r = driver->ops->query_block(driver->data, &q);

	if (r == -ENODEV)
		return refuse_device(a, name);
	if (r < 0)
		return r;
	return q.flags & P2PMEM_BLOCK_P2P ? 0 : refuse_layer(a, name, "queue");
}

static int resolve_block(struct allocation *a, const struct device_reference *d)
{
	_cleanup_(block_target_done) struct block_target target = {};
	char number[32];
	int r = block_resolve(&a->broker->sysfs, d->major, d->minor, &target);

	if (r == -ENODEV) {
		snprintf(number, sizeof(number), "%u:%u", d->major, d->minor);
		return refuse_device(a, number);
	}
	if (r < 0)
		return r;
	if (r == BLOCK_REFUSED)
		return refuse_layer(a, target.name, target.layer);
	r = check_queue(a, d, target.name);
	for (size_t i = 0; r == 0 && i < target.n_functions; i++)
		r = add_device(a, &target.functions[i]);
	return r;
}

static int resolve_devices(struct allocation *a)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->request.n_devices; i++) {
		const struct device_reference *d = &a->request.devices[i];

		r = d->by_number ? resolve_block(a, d) : add_device(a, &d->address);
	}
	return r;
}

/* ---- regions --------------------------------------------------------- */

static bool is_asked_for(const struct request *q, const struct p2pmem_region_info *region,
			 const struct topology_function *provider)
{
	struct p2pmem_pci_address address;
	char name[REGION_NAME_MAX];

	if (!q->region || strcmp(q->region, region_name(region, provider, name)) == 0)
		return true;
	return pci_address_parse(q->region, &address) == 0 &&
	       pci_address_equal(&address, &provider->address);
}

/* Notes why a pair does not do. */
static int refuse_pair(struct allocation *a, struct judgement *j)
{
	if (j->pair.verdict >= P2PMEM_VERDICT_BRIDGE) {
		reason_below_minimum(j->pair.verdict, a->request.min_verdict, &j->reason);
		j->pair.why = j->reason.why;
		j->pair.remedy = j->reason.remedy;
	}
	return json_append(a->refusals, describe_refusal(&j->pair));
}

/* All devices with one region. Every pair is asked, so that a refusal names them all. */
static int judge_region(struct allocation *a, const struct topology_function *provider,
			struct candidate *c, bool *ret_fits)
{
	bool fits = true;

	for (size_t i = 0; i < a->n_devices; i++) {
		struct judgement j;

		view_judge(&a->view, provider, topology_find(a->view.topology, &a->devices[i]), &j);
		if (j.pair.verdict < a->request.min_verdict || j.pair.distance < 0) {
			fits = false;
			if (refuse_pair(a, &j) < 0)
				return -ENOMEM;
			continue;
		}
		c->distance += (unsigned int)j.pair.distance;
		if (j.pair.verdict < c->verdict)
			c->verdict = j.pair.verdict;
	}
	*ret_fits = fits;
	return 0;
}

static int consider(struct allocation *a, const struct topology_function *provider,
		    const struct p2pmem_region_info *region)
{
	struct candidate c = { .region = region, .verdict = P2PMEM_VERDICT_BUS };
	uint64_t size;
	bool fits;
	int r = judge_region(a, provider, &c, &fits);

	if (r < 0 || !fits)
		return r;
	/* Only for the order: whether there is room is seen when it is taken. */
	if (topology_pool(&a->broker->sysfs, &provider->address, &size, &c.free) < 0)
		c.free = 0;
	return array_push(a->candidates, a->n_candidates, c);
}

static int refuse_incompatible(struct allocation *a)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	size_t n = json_object_array_length(a->refusals);

	if (!p || json_add(p, "refusals", take_ptr(a->refusals)) < 0)
		return -ENOMEM;
	if (n == 0 &&
	    json_add_string(p, "remedy",
			    "No PCI device here has peer-to-peer memory that the kernel "
			    "knows, such as an NVMe drive with a controller memory buffer.") < 0)
		return -ENOMEM;
	return stop(answer_error(a->answer, BROKER_INTERFACE ".NoCompatibleRegion", take_ptr(p)));
}

static int find_candidates(struct allocation *a)
{
	bool asked_for = false;
	int r = 0;

	a->refusals = json_object_new_array();
	if (!a->refusals)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < a->view.topology->n_functions; i++) {
		const struct topology_function *f = &a->view.topology->functions[i];
		const struct p2pmem_region_info *region = view_region(&a->view, f);

		if (!region || !is_asked_for(&a->request, region, f))
			continue;
		asked_for = true;
		r = consider(a, f, region);
	}
	if (r < 0)
		return r;
	if (a->request.region && !asked_for)
		return stop(answer_error_strings(a->answer, BROKER_INTERFACE ".NoSuchRegion",
						 "region", a->request.region, NULL, NULL));
	candidates_sort(a->candidates, a->n_candidates);
	return a->n_candidates > 0 ? 0 : refuse_incompatible(a);
}

/* ---- memory ---------------------------------------------------------- */

static int refuse_space(struct allocation *a)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	const struct candidate *c = &a->candidates[0];
	char name[REGION_NAME_MAX];

	for (size_t i = 1; i < a->n_candidates; i++)
		if (a->candidates[i].free > c->free)
			c = &a->candidates[i];
	if (!p || json_add_string(p, "region", region_name(c->region, NULL, name)) < 0 ||
	    json_add_int(p, "free", (int64_t)c->free) < 0 ||
	    json_add_int(p, "asked", (int64_t)a->request.min_size) < 0)
		return -ENOMEM;
	return stop(answer_error(a->answer, BROKER_INTERFACE ".NoSpace", take_ptr(p)));
}

/* 0: @m->fd is a buffer. -ENOMEM: no candidate has room for @length. */
static int try_length(struct allocation *a, uint64_t length, struct p2pmem_alloc *m,
		      const struct candidate **ret)
{
	const struct region_driver *d = a->broker->driver;

	for (size_t i = 0; i < a->n_candidates; i++) {
		int r;

		m->length = length;
		r = d->ops->alloc(d->data, a->candidates[i].region, m);
		if (r == 0) {
			*ret = &a->candidates[i];
			return 0;
		}
		/* A region may have gone since it was listed. */
		if (r != -ENOMEM && r != -ENODEV)
			return r;
	}
	return -ENOMEM;
}

static uint64_t next_length(uint64_t length, uint64_t least)
{
	uint64_t page = least < 4096 ? least : 4096, half = length / 2 / page * page;

	return half > least ? half : least;
}

static int take_memory(struct allocation *a, struct p2pmem_alloc *m, const struct candidate **ret)
{
	uint64_t length = a->request.size;
	struct reason why;
	int r;

	for (;;) {
		r = try_length(a, length, m, ret);
		if (r != -ENOMEM || length == a->request.min_size)
			break;
		length = next_length(length, a->request.min_size);
	}
	if (r == -ENOMEM)
		return refuse_space(a);
	if (r == -EACCES || r == -EPERM) {
		diagnose_driver(&a->broker->sysfs, r, &why);
		return refuse_driver(a, &why);
	}
	return r;
}

/* ---- lease ----------------------------------------------------------- */

static int record(struct allocation *a, const struct p2pmem_alloc *m, const struct candidate *c)
{
	struct lease l = {
		.buffer = m->id,
		.uid = a->who->uid,
		.region = c->region->region,
		.provider = c->region->provider,
		.size = m->length,
		.devices = take_ptr(a->devices),
		.n_devices = a->n_devices,
		.verdict = c->verdict,
		.since = broker_now(),
		.state = P2PMEM_STATE_LIVE,
	};

	memcpy(l.cookie, m->cookie, sizeof(l.cookie));
	if (a->request.name) {
		l.name = strdup(a->request.name);
		if (!l.name) {
			lease_done(&l);
			return -ENOMEM;
		}
	}
	return leases_add(&a->broker->leases, &l);
}

static int reply(struct allocation *a, int *fd)
{
	const struct leases *ls = &a->broker->leases;
	const struct lease *l = &ls->list[ls->n - 1];
	_cleanup_json_ struct json_object *p = json_object_new_object();

	if (!p || json_add(p, "lease", describe_lease(l, l->since)) < 0 ||
	    json_add_int(p, "bufferFileDescriptor", 0) < 0)
		return -ENOMEM;
	a->answer->parameters = take_ptr(p);
	a->answer->fd = take_fd(fd);
	log_info("Lent %llu bytes of p2pmem%u to uid %u (pid %d).", (unsigned long long)l->size,
		 l->region, (unsigned int)a->who->uid, (int)a->who->pid);
	return 0;
}

static int lend(struct allocation *a)
{
	struct p2pmem_alloc m = { .fd = -1 };
	_cleanup_close_ int fd = -1;
	const struct candidate *c;
	int r;

	if (getrandom(m.cookie, sizeof(m.cookie), 0) != sizeof(m.cookie))
		return -EIO;
	r = take_memory(a, &m, &c);
	if (r != 0)
		return r;
	fd = m.fd;
	r = record(a, &m, c);
	return r < 0 ? r : reply(a, &fd);
}

int broker_allocate(struct broker *b, const struct peer *who, struct json_object *parameters,
		    struct answer *ret)
{
	static int (*const steps[])(struct allocation *) = {
		check_policy, check_driver, resolve_devices, find_candidates, lend,
	};
	_cleanup_(allocation_done) struct allocation a = { .broker = b, .who = who, .answer = ret };
	int r = request_parse(parameters, &a.request, ret);

	if (r == REQUEST_OK)
		/* Leases that ended leave the list here as well, so that it stays short. */
		r = broker_refresh_leases(b) == -ENOMEM ? -ENOMEM : 0;
	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		r = steps[i](&a);
	return r < 0 ? r : 0;
}
