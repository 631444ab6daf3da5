// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What happens beside the workers. Each of these lets them get on between its
 * blows: it waits until they have done some more.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

#define MANY 256U

static bool is_over(const struct worker *w)
{
	return __atomic_load_n(&w->shared->stop, __ATOMIC_RELAXED);
}

/* Until the workers have done so much more, or all is over. */
static bool let_work(const struct worker *w, unsigned long actions)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	unsigned long end = __atomic_load_n(&w->shared->total, __ATOMIC_RELAXED) + actions;

	while (!is_over(w) && __atomic_load_n(&w->shared->total, __ATOMIC_RELAXED) < end)
		nanosleep(&moment, NULL);
	return !is_over(w);
}

static unsigned int list(struct worker *w, struct p2pmem_buffer_info infos[MANY])
{
	struct p2pmem_list list = { .size = sizeof(list),
				    .entry_size = sizeof(infos[0]),
				    .entries = (uintptr_t)infos,
				    .capacity = MANY };

	if (ioctl(w->lab.control, P2PMEM_CONTROL_LIST_BUFFERS, &list) < 0)
		fail(w, "LIST");
	return list.count;
}

/* Asks all there is to ask, and reads events, or leaves them to overflow. */
void disturb_by_lists(struct worker *w)
{
	static struct p2pmem_buffer_info infos[MANY];
	char events[P2PMEM_EVENT_READ_SIZE];
	int reader = open("/dev/p2pmem-control", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (reader < 0)
		fail(w, "no reader of events");
	while (let_work(w, 5)) {
		struct p2pmem_query query = { .size = sizeof(query),
					      .provider = w->lab.info.provider,
					      .client = w->lab.info.provider };
		unsigned int count = list(w, infos);

		for (unsigned int i = 1; i < count; i++)
			if (infos[i].id <= infos[i - 1].id || !infos[i].length)
				fail(w, "entry %u of %u makes no sense", i, count);
		if (!rnd(w, 4) && ioctl(w->lab.control, P2PMEM_CONTROL_QUERY, &query) < 0 &&
		    errno != ENODEV)
			fail(w, "QUERY");
		if (!rnd(w, 50))
			while (read(reader, events, sizeof(events)) > 0)
				;
	}
	close(reader);
}

void disturb_by_revocation(struct worker *w)
{
	static struct p2pmem_buffer_info infos[MANY];

	while (let_work(w, 20)) {
		unsigned int count = list(w, infos);

		if (count &&
		    revoke_buffer(&w->lab, infos[rnd(w, count)].id,
				  rnd(w, 3) ? 0 : P2PMEM_REVOKE_NOTICE) < 0 &&
		    errno != ENOENT)
			fail(w, "revocation");
	}
}

static bool drive_provider(struct worker *w, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/nvme/%s", file);
	if (write_text(path, w->lab.provider) == 0)
		return true;
	fail(w, "%s of %s", file, w->lab.provider);
	return false;
}

void disturb_by_unbinding(struct worker *w)
{
	close(w->lab.region);
	w->lab.region = -1;
	while (let_work(w, 100) && drive_provider(w, "unbind") && drive_provider(w, "bind"))
		__atomic_add_fetch(&w->shared->done[MAX_ACTIONS - 1], 1, __ATOMIC_RELAXED);
}

/* As hot removal does it, but for the slot: the function is gone, then found again. */
void disturb_by_removal(struct worker *w)
{
	char path[64];

	close(w->lab.region);
	w->lab.region = -1;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", w->lab.provider);
	while (let_work(w, 100)) {
		if (write_text(path, "1") < 0)
			fail(w, "%s", path);
		if (write_text("/sys/bus/pci/rescan", "1") < 0)
			fail(w, "rescan");
		__atomic_add_fetch(&w->shared->done[MAX_ACTIONS - 1], 1, __ATOMIC_RELAXED);
	}
}

/* Its controller's number is another after each time that it was bound. */
static bool find_reset(const struct worker *w, char ret_path[512])
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/nvme", w->lab.provider);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			snprintf(ret_path, 512, "%s/%s/reset_controller", path, entry->d_name);
	if (dir)
		closedir(dir);
	return *ret_path;
}

void disturb_by_resets(struct worker *w)
{
	char path[512] = "";

	if (!find_reset(w, path))
		fail(w, "%s has no NVMe controller", w->lab.provider);
	while (let_work(w, 50)) {
		if (write_text(path, "1") < 0)
			fail(w, "%s", path);
		__atomic_add_fetch(&w->shared->done[MAX_ACTIONS - 1], 1, __ATOMIC_RELAXED);
	}
}
