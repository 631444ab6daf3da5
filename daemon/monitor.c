/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <libudev.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/cleanup.h"
#include "daemon/monitor.h"

/* Taken at once, so that a storm of events does not keep others from being served. */
#define EVENTS_PER_ROUND 64U

/* Beyond these, looking at everything once is no more work than at each. */
#define EVENTS_PER_DRAIN 4096U

/* Best effort: without privilege the kernel grants less. */
#define BUFFER_SIZE (4 << 20)

struct monitor {
	struct udev *udev;
	struct udev_monitor *monitor;
	sd_event_source *source;
	void (*changed)(const char *path, bool regions, void *userdata);
	void *userdata;
};

struct monitor *monitor_free(struct monitor *m)
{
	if (!m)
		return NULL;
	sd_event_source_disable_unref(m->source);
	udev_monitor_unref(m->monitor);
	udev_unref(m->udev);
	free(m);
	return NULL;
}

static void monitor_freep(struct monitor **m)
{
	monitor_free(*m);
}

/* A region, or the node that answers for all of them. */
static bool is_ours(struct udev_device *d)
{
	const char *subsystem = udev_device_get_subsystem(d), *name = udev_device_get_sysname(d);

	return (subsystem && strcmp(subsystem, "p2pmem") == 0) ||
	       (name && strcmp(name, "p2pmem-control") == 0);
}

/* Tells of at most @max events. Whether that was all of them. */
static bool receive(struct monitor *m, unsigned int max)
{
	for (unsigned int i = 0; i < max; i++) {
		struct udev_device *d = udev_monitor_receive_device(m->monitor);

		if (!d) {
			/* Whatever cannot be received (a full socket, say) may have been anything. */
			if (errno != EAGAIN)
				m->changed(NULL, true, m->userdata);
			return true;
		}
		m->changed(udev_device_get_devpath(d), is_ours(d), m->userdata);
		udev_device_unref(d);
	}
	return false;
}

static int on_event(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	receive(userdata, EVENTS_PER_ROUND);
	return 0;
}

void monitor_drain(struct monitor *m)
{
	if (!receive(m, EVENTS_PER_DRAIN))
		m->changed(NULL, true, m->userdata);
}

static int filter(struct udev_monitor *m)
{
	static const char *const subsystems[] = { "p2pmem", "misc", "pci",
						  "block",  "nvme", "nvme-subsystem" };

	for (size_t i = 0; i < sizeof(subsystems) / sizeof(subsystems[0]); i++) {
		int r = udev_monitor_filter_add_match_subsystem_devtype(m, subsystems[i], NULL);

		if (r < 0)
			return r;
	}
	udev_monitor_set_receive_buffer_size(m, BUFFER_SIZE);
	return udev_monitor_enable_receiving(m);
}

int monitor_new(sd_event *event, void (*changed)(const char *path, bool regions, void *userdata),
		void *userdata, struct monitor **ret)
{
	_cleanup_(monitor_freep) struct monitor *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->changed = changed;
	m->userdata = userdata;
	m->udev = udev_new();
	m->monitor = m->udev ? udev_monitor_new_from_netlink(m->udev, "udev") : NULL;
	if (!m->monitor)
		return errno ? -errno : -ENOMEM;
	r = filter(m->monitor);
	if (r < 0)
		return r;
	r = sd_event_add_io(event, &m->source, udev_monitor_get_fd(m->monitor), EPOLLIN, on_event,
			    m);
	if (r < 0)
		return r;
	*ret = take_ptr(m);
	return 0;
}
