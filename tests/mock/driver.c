/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/pci.h"
#include "topology/path.h"
#include "topology/scan.h"
#include "tests/mock/driver.h"
#include "tests/mock/tree.h"

struct buffer {
	struct p2pmem_buffer_info info;
	int watch;
};

struct region {
	struct p2pmem_region_info info;
	uint64_t size;
	uint64_t idle; /* what is available while there are no buffers */
	FILE *available; /* in a tree that is still, kept open */
};

struct mock_driver {
	struct sysfs sysfs;
	struct region_driver interface;
	int inotify;
	struct region *regions;
	size_t n_regions;
	struct buffer *buffers;
	size_t n_buffers;
	uint64_t last_id;
	struct p2pmem_event *events; /* not read yet, oldest first */
	size_t n_events;
	uint64_t lost; /* behind those */
	bool listening;
	int bell; /* readable while there are events */
	bool busy; /* transfers go on in every buffer until its last close */
	int error;
	uint32_t failing; /* the region that @region_error is of */
	int region_error;
	unsigned int refusals; /* revocations that are going to fail */
	int refusal;
	enum p2pmem_verdict far;
	struct mock_counts counts;
	bool still;
	struct topology topology; /* of a tree that is still */
};

static struct region *region_of(struct mock_driver *m, const struct p2pmem_pci_address *provider)
{
	for (size_t i = 0; i < m->n_regions; i++)
		if (pci_address_equal(&m->regions[i].info.provider, provider))
			return &m->regions[i];
	return NULL;
}

static void publish(struct mock_driver *m, struct region *r)
{
	char address[PCI_ADDRESS_MAX];
	int length;

	if (r->available) {
		rewind(r->available);
		length = fprintf(r->available, "%llu\n",
				 (unsigned long long)(r->idle - r->info.allocated));
		if (fflush(r->available) < 0 || ftruncate(fileno(r->available), length) < 0)
			err(1, "available");
		return;
	}
	tree_p2pmem(m->sysfs.root, pci_address_format(&r->info.provider, address), r->size,
		    r->idle - r->info.allocated);
}

/* ---- events ---------------------------------------------------------- */

static void ring(struct mock_driver *m)
{
	uint64_t one = 1;

	if (write(m->bell, &one, sizeof(one)) < 0)
		err(1, "eventfd");
}

static void silence(struct mock_driver *m)
{
	uint64_t rung;

	if (read(m->bell, &rung, sizeof(rung)) < 0 && errno != EAGAIN)
		err(1, "eventfd");
}

/* A queue of fixed length, as the driver's. */
static void tell(struct mock_driver *m, enum p2pmem_event_type type,
		 const struct p2pmem_buffer_info *b)
{
	struct p2pmem_event e = {
		.size = sizeof(e),
		.type = type,
		.id = b->id,
		.length = b->length,
		.provider = b->provider,
		.region = b->region,
		.uid = b->uid,
	};

	if (!m->listening)
		return;
	memcpy(e.cookie, b->cookie, sizeof(e.cookie));
	if (m->lost || m->n_events == MOCK_EVENTS_MAX)
		m->lost++;
	else
		m->events[m->n_events++] = e;
	ring(m);
}

/* ---- memory ---------------------------------------------------------- */

static void charge(struct mock_driver *m, const struct p2pmem_buffer_info *b, int sign)
{
	struct region *r = region_of(m, &b->provider);

	if (!r)
		return;
	r->info.allocated += (uint64_t)sign * b->length;
	r->info.buffers += (uint32_t)sign;
	publish(m, r);
}

static void free_buffer(struct mock_driver *m, struct buffer *b)
{
	charge(m, &b->info, -1);
	tell(m, P2PMEM_EVENT_FREED, &b->info);
	memmove(b, b + 1, (size_t)(m->buffers + --m->n_buffers - b) * sizeof(*b));
}

/* Watches are numbered one after the other, as buffers are. */
static int compare_watch(const void *a, const void *b)
{
	return ((const struct buffer *)a)->watch - ((const struct buffer *)b)->watch;
}

static void forget(struct mock_driver *m, int watch)
{
	const struct buffer key = { .watch = watch };
	struct buffer *b =
		m->n_buffers ? bsearch(&key, m->buffers, m->n_buffers, sizeof(key), compare_watch) :
			       NULL;

	if (b)
		free_buffer(m, b);
}

/* Frees what was closed for the last time. */
static void reap(struct mock_driver *m)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	while ((n = read(m->inotify, events, sizeof(events))) > 0)
		for (char *p = events; p < events + n;
		     p += sizeof(struct inotify_event) + ((struct inotify_event *)p)->len)
			if (((struct inotify_event *)p)->mask & IN_DELETE_SELF)
				forget(m, ((struct inotify_event *)p)->wd);
}

/* ---- regions --------------------------------------------------------- */

/* Providers that came or went since; numbers stay with those that remain. */
static int rescan(struct mock_driver *m)
{
	_cleanup_(topology_done) struct topology t = {};
	size_t kept = 0;
	int r = topology_scan(&m->sysfs, &t);

	if (r < 0)
		return r;
	for (size_t i = 0; i < m->n_regions; i++) {
		const struct topology_function *f = topology_find(&t, &m->regions[i].info.provider);

		if (f && f->provider)
			m->regions[kept++] = m->regions[i];
	}
	m->n_regions = kept;
	for (size_t i = 0; i < t.n_functions; i++) {
		struct region new = { .info.provider = t.functions[i]->address };

		if (!t.functions[i]->provider || region_of(m, &t.functions[i]->address))
			continue;
		new.info.size = sizeof(new.info);
		new.info.region = kept ? m->regions[m->n_regions - 1].info.region + 1 : 0;
		new.info.granule = 4096;
		new.info.numa_node = -1;
		if (topology_pool(&m->sysfs, &new.info.provider, &new.size, &new.idle) < 0)
			continue;
		r = array_push(m->regions, m->n_regions, new);
		if (r < 0)
			return r;
		kept++;
	}
	return 0;
}

/* What stands in the file that P2PMEM_MOCK_FAIL names, while there is one. */
static int error_of_file(void)
{
	const char *path = getenv("P2PMEM_MOCK_FAIL");
	_cleanup_fclose_ FILE *f = path ? fopen(path, "re") : NULL;
	int number = 0;

	if (f && fscanf(f, "%d", &number) != 1)
		number = EIO;
	return -number;
}

static int begin(struct mock_driver *m)
{
	int error;

	reap(m);
	error = m->error ?: error_of_file();
	return error || m->still ? error : rescan(m);
}

static int list_regions(void *driver, struct p2pmem_region_info **ret, size_t *ret_n)
{
	struct mock_driver *m = driver;
	struct p2pmem_region_info *list;
	int r = begin(m);

	if (r < 0)
		return r;
	list = calloc(m->n_regions + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_regions; i++)
		list[i] = m->regions[i].info;
	*ret = list;
	*ret_n = m->n_regions;
	return 0;
}

static int list_buffers(void *driver, struct p2pmem_buffer_info **ret, size_t *ret_n)
{
	struct mock_driver *m = driver;
	struct p2pmem_buffer_info *list;
	int r = begin(m);

	if (r < 0)
		return r;
	list = calloc(m->n_buffers + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_buffers; i++)
		list[i] = m->buffers[i].info;
	*ret = list;
	*ret_n = m->n_buffers;
	return 0;
}

static int steps(const struct topology_function *from, const struct topology_function *to)
{
	int n = 0;

	for (; from != to; from = from->parent)
		n++;
	return n;
}

static void judge(struct mock_driver *m, const struct topology_function *p,
		  const struct topology_function *c, struct p2pmem_query *q)
{
	const struct topology_function *common = topology_common(p, c);

	q->verdict = common ? P2PMEM_VERDICT_BUS : m->far;
	q->distance =
		q->verdict == P2PMEM_VERDICT_UNSUPPORTED ? -1 : steps(p, common) + steps(c, common);
}

/* As a driver sees them: what the tree does not say of ACS is not there. */
static void put_hops(const struct topology *t, const struct topology_function *p,
		     const struct topology_function *c, struct p2pmem_query *q)
{
	const uint32_t flags = P2PMEM_HOP_PROVIDER_SIDE | P2PMEM_HOP_CLIENT_SIDE | P2PMEM_HOP_ACS;
	struct p2pmem_hop *hops = (struct p2pmem_hop *)(uintptr_t)q->hops;
	struct path path;

	if (path_find(t, p, c, &path) < 0)
		errx(1, "no path");
	q->hop_count = (uint32_t)path.n_hops;
	for (size_t i = 0; i < path.n_hops && i < q->hop_capacity; i++) {
		hops[i] = path.hops[i];
		hops[i].flags &= flags;
	}
	path_done(&path);
}

static int query_in(struct mock_driver *m, const struct topology *t, struct p2pmem_query *q)
{
	const struct topology_function *p = topology_find(t, &q->provider);
	const struct topology_function *c = topology_find(t, &q->client);

	m->counts.queries++;
	if (!p || !c || !region_of(m, &q->provider))
		return -ENODEV;
	judge(m, p, c, q);
	put_hops(t, p, c, q);
	return 0;
}

static int query(void *driver, struct p2pmem_query *q)
{
	_cleanup_(topology_done) struct topology t = {};
	struct mock_driver *m = driver;
	int r = begin(m);

	if (r == 0 && m->still)
		return query_in(m, &m->topology, q);
	if (r == 0)
		r = topology_scan(&m->sysfs, &t);
	return r < 0 ? r : query_in(m, &t, q);
}

/* A queue takes P2P pages unless the tree says otherwise, by a file beside its attributes. */
static int query_block(void *driver, struct p2pmem_query_block *q)
{
	_cleanup_free_ char *dir = NULL;
	struct mock_driver *m = driver;
	char number[32];
	int r = begin(m);

	if (r < 0)
		return r;
	snprintf(number, sizeof(number), "%u:%u", q->major, q->minor);
	r = sysfs_resolve(&m->sysfs, "dev/block", number, &dir);
	if (r < 0)
		return -ENODEV;
	q->flags = sysfs_exists(&m->sysfs, dir, "queue/no_p2p") ? 0 : P2PMEM_BLOCK_P2P;
	q->max_segments = 127;
	q->max_bytes = 512 << 10;
	return 0;
}

static int make_memory(struct mock_driver *m, uint64_t length, int *ret_watch)
{
	_cleanup_close_ int fd = memfd_create("p2pmem-mock", MFD_CLOEXEC);
	char path[64];

	if (fd < 0 || ftruncate(fd, (off_t)length) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*ret_watch = inotify_add_watch(m->inotify, path, IN_DELETE_SELF);
	if (*ret_watch < 0)
		return -errno;
	return take_fd(&fd);
}

static int alloc(void *driver, const struct p2pmem_region_info *region, struct p2pmem_alloc *a)
{
	struct mock_driver *m = driver;
	struct buffer b = { .info = { .size = sizeof(b.info), .state = P2PMEM_STATE_LIVE } };
	struct region *r;
	int fd, error = begin(m);

	m->counts.allocs++;
	if (error < 0)
		return error;
	r = region_of(m, &region->provider);
	if (!r || r->info.region != region->region)
		return -ENODEV;
	if (m->region_error && m->failing == region->region)
		return m->region_error;
	if (a->length == 0 || a->length % r->info.granule)
		return -EINVAL;
	if (a->length > r->idle - r->info.allocated)
		return -ENOMEM;
	fd = make_memory(m, a->length, &b.watch);
	if (fd < 0)
		return fd;
	b.info.id = ++m->last_id;
	b.info.length = a->length;
	b.info.provider = r->info.provider;
	b.info.region = r->info.region;
	b.info.uid = getuid();
	b.info.pid = getpid();
	memcpy(b.info.cookie, a->cookie, sizeof(a->cookie));
	if (array_push(m->buffers, m->n_buffers, b) < 0) {
		close(fd);
		return -ENOMEM;
	}
	charge(m, &b.info, 1);
	a->fd = fd;
	a->id = b.info.id;
	return 0;
}

static int revoke_buffer(void *driver, uint64_t id, bool notice)
{
	enum p2pmem_state state = notice ? P2PMEM_STATE_NOTICE : P2PMEM_STATE_REVOKED;
	struct mock_driver *m = driver;
	struct buffer *b = NULL;
	int r = begin(m);

	if (r < 0)
		return r;
	for (size_t i = 0; i < m->n_buffers; i++)
		if (m->buffers[i].info.id == id)
			b = &m->buffers[i];
	if (!b)
		return -ENOENT;
	if (m->refusals > 0) {
		m->refusals--;
		return m->refusal;
	}
	if (b->info.state >= state)
		return 0;
	b->info.state = state;
	tell(m, notice ? P2PMEM_EVENT_NOTICE : P2PMEM_EVENT_REVOKED, &b->info);
	if (!notice && !m->busy)
		free_buffer(m, b);
	return 0;
}

/* One queue, for whoever opened it last. */
static int open_events(void *driver)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct mock_driver *m = driver;
	_cleanup_close_ int fd = epoll_create1(EPOLL_CLOEXEC);
	int r = begin(m);

	if (r < 0)
		return r;
	if (fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, m->inotify, &e) < 0 ||
	    epoll_ctl(fd, EPOLL_CTL_ADD, m->bell, &e) < 0)
		return -errno;
	m->listening = true;
	m->n_events = 0;
	m->lost = 0;
	silence(m);
	return take_fd(&fd);
}

static int read_events(void *driver, int fd, struct p2pmem_event *events)
{
	struct mock_driver *m = driver;
	size_t n;
	int r = begin(m);

	if (r < 0)
		return r;
	silence(m);
	n = m->n_events < EVENTS_MAX ? m->n_events : EVENTS_MAX;
	if (n > 0) {
		memcpy(events, m->events, n * sizeof(*events));
		m->n_events -= n;
		memmove(m->events, m->events + n, m->n_events * sizeof(*events));
	} else if (m->lost) {
		events[n++] = (struct p2pmem_event){
			.size = sizeof(*events),
			.type = P2PMEM_EVENT_LOST,
			.lost = m->lost,
		};
		m->lost = 0;
	}
	if (m->n_events || m->lost)
		ring(m);
	return (int)n;
}

static const struct region_ops mock_ops = {
	.list_regions = list_regions,
	.list_buffers = list_buffers,
	.query = query,
	.query_block = query_block,
	.alloc = alloc,
	.revoke = revoke_buffer,
	.open_events = open_events,
	.read_events = read_events,
};

struct mock_driver *mock_driver_new(const char *sysfs)
{
	struct mock_driver *m = calloc(1, sizeof(*m));

	if (!m || sysfs_open(sysfs, &m->sysfs) < 0)
		err(1, "%s", sysfs);
	m->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (m->inotify < 0)
		err(1, "inotify");
	m->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	m->events = calloc(MOCK_EVENTS_MAX, sizeof(*m->events));
	if (m->bell < 0 || !m->events)
		err(1, "eventfd");
	m->far = P2PMEM_VERDICT_UNSUPPORTED;
	m->interface.ops = &mock_ops;
	m->interface.data = m;
	return m;
}

struct mock_driver *mock_driver_free(struct mock_driver *m)
{
	if (!m)
		return NULL;
	close(m->inotify);
	close(m->bell);
	free(m->events);
	for (size_t i = 0; i < m->n_regions; i++)
		if (m->regions[i].available)
			fclose(m->regions[i].available);
	free(m->regions);
	topology_done(&m->topology);
	free(m->buffers);
	sysfs_done(&m->sysfs);
	free(m);
	return NULL;
}

const struct region_driver *mock_driver_interface(struct mock_driver *m)
{
	return &m->interface;
}

void mock_driver_fail(struct mock_driver *m, int error)
{
	m->error = error;
}

void mock_driver_fail_revocations(struct mock_driver *m, unsigned int n, int error)
{
	m->refusals = n;
	m->refusal = error;
}

void mock_driver_set_busy(struct mock_driver *m, bool busy)
{
	m->busy = busy;
}

static void keep_open(struct mock_driver *m, struct region *r)
{
	char address[PCI_ADDRESS_MAX], path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/p2pmem/available", m->sysfs.root,
		 pci_address_format(&r->info.provider, address));
	r->available = fopen(path, "re+");
	if (!r->available)
		err(1, "%s", path);
}

void mock_driver_set_still(struct mock_driver *m)
{
	if (rescan(m) < 0 || topology_scan(&m->sysfs, &m->topology) < 0)
		errx(1, "cannot read the tree");
	for (size_t i = 0; i < m->n_regions; i++)
		keep_open(m, &m->regions[i]);
	m->still = true;
}

void mock_driver_fail_region(struct mock_driver *m, uint32_t region, int error)
{
	m->failing = region;
	m->region_error = error;
}

void mock_driver_set_far(struct mock_driver *m, enum p2pmem_verdict verdict)
{
	m->far = verdict;
}

struct mock_counts mock_driver_counts(const struct mock_driver *m)
{
	return m->counts;
}
