/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells which devices come, go or change, as soon as udev is done with them. */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

struct monitor;

/*
 * @path is the device in sysfs, like /devices/pci0000:00/..., to be checked as
 * anything from outside; NULL: events were lost, and anything may have
 * changed. @regions: it was, or may have been, one of the driver's own.
 */
int monitor_new(sd_event *event, void (*changed)(const char *path, bool regions, void *userdata),
		void *userdata, struct monitor **ret);
struct monitor *monitor_free(struct monitor *m);

/* Tells now what came in and was not told yet. */
void monitor_drain(struct monitor *m);
