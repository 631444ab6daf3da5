/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon.*: can the broker be reached, does it answer, does it fit? */
#include <errno.h>
#include <string.h>

#include "client/doctor.h"

static void check_socket(struct doctor *d)
{
	const struct world *w = d->world;
	int error = w->connect_error;

	if (!error) {
		doctor_add(d, "daemon.socket", DOCTOR_OK, "%s accepts connections", d->socket);
		return;
	}
	doctor_add(d, "daemon.socket", DOCTOR_FAILURE, "the daemon is not reachable: %s",
		   p2pmem_errmsg(w->client));
	doctor_status(d, STATUS_NO_DAEMON);
	if (error == -EACCES || error == -EPERM) {
		doctor_remedy(d,
			      "see the permissions of the socket and of the directories above it");
		doctor_status(d, STATUS_NOT_PERMITTED);
	} else if (error == -ETIMEDOUT) {
		doctor_remedy(d, "see what it is doing: journalctl -u p2pmemd");
	} else if (doctor_in_container(d)) {
		doctor_remedy(d, "see that the host's /run/p2pmem is mounted here; on the host, as "
				 "root: systemctl enable --now p2pmemd.socket");
	} else {
		doctor_remedy(d, "as root: systemctl enable --now p2pmemd.socket");
	}
}

static void check_answers(struct doctor *d)
{
	const struct world *w = d->world;

	if (!w->ask_error) {
		doctor_add(d, "daemon.answers", DOCTOR_OK, "%s %s answers", w->broker->product,
			   w->broker->version);
		return;
	}
	doctor_add(d, "daemon.answers", DOCTOR_FAILURE,
		   "the daemon does not answer as it should: %s", p2pmem_errmsg(w->client));
	doctor_remedy(d, "see what it has to say: journalctl -u p2pmemd");
	doctor_status(d, STATUS_NO_DAEMON);
}

static void check_version(struct doctor *d)
{
	const struct p2pmem_broker_info *broker = d->world->broker;

	if (strcmp(broker->version, P2PMEM_VERSION) == 0) {
		doctor_add(d, "daemon.version", DOCTOR_OK, "%s, like this tool", broker->version);
		return;
	}
	/* What a container brings is its own affair. */
	doctor_add(d, "daemon.version", doctor_in_container(d) ? DOCTOR_INFO : DOCTOR_WARNING,
		   "the daemon is %s %s, this tool is %s; they understand each other in all that "
		   "the older one knows",
		   broker->product, broker->version, P2PMEM_VERSION);
	if (!doctor_in_container(d))
		doctor_remedy(d, "install both of one version, then as root: systemctl restart "
				 "p2pmemd, which ends no lease");
}

/* One region that it does not have from the driver is enough. */
static bool is_driver_unused(const struct world *w)
{
	for (const struct p2pmem_region *r = w->regions; r; r = r->next)
		if (strcmp(r->name, r->provider) == 0)
			return true;
	return false;
}

/* It has them from the same sysfs, driver or not. */
static void check_blind(struct doctor *d)
{
	const struct machine *m = &d->world->machine;

	if (!m->providers)
		return;
	doctor_add(d, "daemon.driver", DOCTOR_FAILURE,
		   "%u device%s memory here, and the daemon knows of none", m->providers,
		   m->providers == 1 ? " has" : "s have");
	doctor_remedy(d, "as root: systemctl restart p2pmemd; should it still not see them, "
			 "journalctl -u p2pmemd");
	doctor_status(d, STATUS_NO_DRIVER);
}

static void check_driver(struct doctor *d)
{
	if (!is_driver_unused(d->world)) {
		doctor_add(d, "daemon.driver", DOCTOR_OK,
			   "the daemon has all regions from the driver");
		return;
	}
	doctor_add(d, "daemon.driver", DOCTOR_FAILURE,
		   d->world->machine.module_loaded ?
			   "the driver is loaded, but the daemon does not get its regions from it" :
			   "the daemon does without the driver, and can lend nothing");
	doctor_remedy(d, "p2pmemctl pairs says why; see also journalctl -u p2pmemd");
	doctor_status(d, STATUS_NO_DRIVER);
}

void doctor_daemon(struct doctor *d)
{
	const struct world *w = d->world;

	if (!w->client)
		return;
	check_socket(d);
	if (w->connect_error)
		return;
	check_answers(d);
	if (w->broker)
		check_version(d);
	if (w->regions)
		check_driver(d);
	else if (!w->ask_error)
		check_blind(d);
}
