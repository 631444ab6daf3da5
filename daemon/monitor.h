/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells when devices come, go or change, as soon as udev is done with them. */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

struct monitor;

/* @changed is told whether it was the driver's own devices. */
int monitor_new(sd_event *event, void (*changed)(bool regions, void *userdata), void *userdata,
		struct monitor **ret);
struct monitor *monitor_free(struct monitor *m);
