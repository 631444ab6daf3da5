/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/follow.h"
#include "daemon/manager.h"
#include "daemon/monitor.h"
#include "daemon/reload.h"
#include "daemon/broker_status.h"
#include "daemon/sessions.h"

/* More connections at once than this wait a moment, so that established ones are served. */
#define ACCEPTS_MAX 2000U
#define ACCEPTS_USEC 50000U

/* A report is no older than this. */
#define STATUS_USEC 1000000U

struct manager {
	sd_event *event;
	sd_event_source *listener;
	int listen_fd;
	struct monitor *monitor;
	sd_event_source *status; /* enabled while there is something to report */
	sd_event_source *post;
	struct broker_status_key told; /* what the last report was about */
	struct broker broker;
	struct sessions sessions;
	int driver; /* what asking it came to; -EAGAIN: nodes came or went since */
	bool refusing; /* the last connection could not be taken */
	bool started;
};

static void manager_done(struct manager *m)
{
	sessions_done(&m->sessions);
	monitor_free(m->monitor);
	sd_event_source_disable_unref(m->post);
	sd_event_source_disable_unref(m->status);
	sd_event_source_disable_unref(m->listener);
	close_fd(&m->listen_fd);
	broker_done(&m->broker);
	sd_event_unref(m->event);
}

/*
 * The service manager's device filter knows the device numbers of the time
 * when it was made. A driver that was loaded later is behind it, and only a
 * new start makes a new filter, which the next connection brings about. There
 * can be no leases to lose. One that was shut out from the start stays.
 */
static bool leave_if_shut_out(struct manager *m, int driver)
{
	bool was = m->driver == -EPERM || !m->started;

	m->driver = driver;
	if (was || driver != -EPERM)
		return false;
	log_notice("The driver appeared, and this process may not open it; ending, so that it is "
		   "started anew.");
	sd_event_exit(m->event, 0);
	return true;
}

static void report_status(struct manager *m)
{
	char text[1024];
	int driver;

	/* What earlier daemons lent is found as soon as the driver is there. */
	broker_follow(&m->broker);
	broker_status_key(&m->broker, &m->told);
	if (broker_status(&m->broker, text, sizeof(text), &driver) < 0)
		return;
	sd_notifyf(false, "STATUS=%s", text);
	leave_if_shut_out(m, driver);
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct manager *m = userdata;
	int r, client;

	/* Whoever loaded the driver and comes at once is left to the process that may open it. */
	if (m->driver != 0 && leave_if_shut_out(m, broker_ask_driver(&m->broker)))
		return 0;
	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client < 0)
		r = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? 0 : -errno;
	else
		r = sessions_add(&m->sessions, client);
	/* The listener's rate limit keeps this from being repeated without end. */
	if (r < 0 && !m->refusing)
		log_warning("Cannot take a connection: %s.", strerror(-r));
	m->refusing = r < 0;
	return 0;
}

static int on_status(sd_event_source *source, void *userdata)
{
	report_status(userdata);
	return 0;
}

/* After whatever happened: did it change what was reported? */
static int on_post(sd_event_source *source, void *userdata)
{
	struct manager *m = userdata;
	struct broker_status_key key;

	broker_status_key(&m->broker, &key);
	if (memcmp(&key, &m->told, sizeof(key)) != 0)
		sd_event_source_set_enabled(m->status, SD_EVENT_ONESHOT);
	return 0;
}

/* Also called in the middle of a request, when reporting would ask for more events. */
static void on_device(const char *path, bool regions, void *userdata)
{
	struct manager *m = userdata;

	broker_device_changed(&m->broker, path);
	if (!regions)
		return;
	m->driver = -EAGAIN;
	sd_event_source_set_enabled(m->status, SD_EVENT_ONESHOT);
}

static void on_drain(void *userdata)
{
	struct manager *m = userdata;

	monitor_drain(m->monitor);
}

/* What is wrong is in the log and the status; a service manager that waits is not to wait in vain. */
static int on_reload(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	struct manager *m = userdata;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%llu",
		   (unsigned long long)t.tv_sec * 1000000U + (unsigned long long)t.tv_nsec / 1000U);
	if (broker_load_policy(&m->broker) == -ENOMEM)
		log_error("Out of memory: the policy stays as it was.");
	report_status(m);
	sd_notify(false, "READY=1");
	return 0;
}

static int add_signals(struct manager *m)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		bool reload = signals[i] == SIGHUP;
		/* Without a handler the loop ends, with what stands in its data as the result. */
		int r = sd_event_add_signal(m->event, NULL, signals[i], reload ? on_reload : NULL,
					    reload ? m : NULL);

		if (r < 0)
			return r;
	}
	return 0;
}

static int add_listener(struct manager *m)
{
	int r = sd_event_add_io(m->event, &m->listener, m->listen_fd, EPOLLIN, on_connect, m);

	if (r < 0)
		return r;
	return sd_event_source_set_ratelimit(m->listener, ACCEPTS_USEC, ACCEPTS_MAX);
}

/* Leases come and go by the thousand; the service manager hears of it once a while. */
static int add_status(struct manager *m)
{
	int r = sd_event_add_defer(m->event, &m->status, on_status, m);

	if (r >= 0)
		r = sd_event_source_set_enabled(m->status, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_source_set_ratelimit(m->status, STATUS_USEC, 1);
	if (r >= 0)
		r = sd_event_add_post(m->event, &m->post, on_post, m);
	return r;
}

/* Without the monitor every request looks for itself, which is slower and no less right. */
static void add_monitor(struct manager *m)
{
	int r = monitor_new(m->event, on_device, m, &m->monitor);

	if (r < 0) {
		log_warning("Cannot watch devices through udev, so every request reads sysfs: %s.",
			    strerror(-r));
		return;
	}
	m->broker.watched = true;
	m->broker.drain = on_drain;
	m->broker.drain_userdata = m;
}

static int init_broker(struct manager *m, const struct world *world, struct state *state)
{
	int r = broker_init(&m->broker, world->driver, world->sysfs, &(struct policy){});

	if (r < 0) {
		state_close(state);
		return r;
	}
	broker_set_event(&m->broker, m->event);
	return broker_set_state(&m->broker, state);
}

static int manager_init(struct manager *m, const struct world *world, struct state *state)
{
	int r = sd_event_new(&m->event);

	if (r < 0) {
		state_close(state);
		return r;
	}
	r = init_broker(m, world, state);
	if (r < 0)
		return r;
	m->broker.policy_folders = world->policy;
	r = broker_load_policy(&m->broker);
	if (r < 0 && r != -EBADMSG)
		return r;
	audit_set_event(&m->broker.audit, m->event);
	sessions_init(&m->sessions, m->event, &m->broker, world->allowance ?: &allowance_default);
	r = add_signals(m);
	if (r >= 0)
		r = add_status(m);
	if (r < 0)
		return r;
	m->broker.watched = world->still;
	if (world->udev)
		add_monitor(m);
	r = sd_event_set_watchdog(m->event, true);
	return r < 0 ? r : add_listener(m);
}

int manager_run(const struct world *world, struct state *state, int listen_fd)
{
	_cleanup_(manager_done) struct manager m = { .listen_fd = listen_fd };
	int r = manager_init(&m, world, state);

	if (r < 0)
		return r;
	report_status(&m);
	sd_notify(false, "READY=1");
	m.started = true;
	r = sd_event_loop(m.event);
	sd_notify(false, "STOPPING=1\nSTATUS=Stopping; lent buffers live on with their holders.");
	return r;
}
