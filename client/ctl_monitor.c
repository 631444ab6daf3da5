/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* monitor: what happens, until somebody has enough of it. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "client/ctl.h"
#include "client/ctl_monitor.h"
#include "client/lib.h"
#include "client/say.h"

/* On one line, so that programs read it line by line. */
static int print_json(struct json_object *event)
{
	_cleanup_json_ struct json_object *root = ctl_json_new();

	if (!root || json_add(root, "event", json_object_get(event)) < 0)
		return -ENOMEM;
	return puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN)) < 0 ? -EIO : 0;
}

struct monitor {
	bool json;
	struct view *view; /* NULL: a line for each event */
};

/* Drawn once for all that has arrived, so that much at once does not fall behind. */
static int show(struct monitor *m, struct p2pmem_client *client, struct json_object *event)
{
	int r = view_add(m->view, event);

	return r < 0 || stream_has_next(client->stream) ? r : view_draw(m->view);
}

static int take(struct p2pmem_client *client, struct json_object *parameters, void *data)
{
	struct monitor *m = data;
	struct json_object *o;
	const struct json_field fields[] = { { "event", JSON_OBJECT, true, &o }, {} };
	const char *bad;
	int r;

	if (json_read(parameters, fields, false, &bad) < 0)
		return -EBADMSG;
	if (m->view)
		r = show(m, client, o);
	else
		r = m->json ? print_json(o) : monitor_say(stdout, o);
	/* Whoever reads it does so now; who reads no more ends it. */
	return r == 0 && fflush(stdout) != 0 ? -errno : r;
}

/* ---- the verb ------------------------------------------------------------ */

static int parse(int argc, char **argv, struct monitor *m, bool *ret_lines)
{
	static const struct option options[] = {
		{ "lines", no_argument, NULL, 'l' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c, r = -1;

	while (r < 0 && (c = getopt_long(argc, argv, ":ho:", options, NULL)) >= 0) {
		if (c == 'h') {
			verb_print_help(&verb_monitor);
			return STATUS_OK;
		}
		if (c == 'l')
			*ret_lines = true;
		else if (c == 'o')
			r = parse_output(&verb_monitor, optarg, &m->json);
		else
			r = option_problem(&verb_monitor, c, argv);
	}
	if (r < 0 && optind < argc) {
		problem("monitor takes no argument '%s'", argv[optind]);
		return usage_hint(&verb_monitor);
	}
	return r;
}

/* Whole lines are out by then. */
static void on_end(int number)
{
	_exit(STATUS_OK);
}

static void on_end_of_view(int number)
{
	view_leave();
	_exit(STATUS_OK);
}

static void end_in_order(bool of_view)
{
	static const int signals[] = { SIGINT, SIGTERM };
	struct sigaction end = { .sa_handler = of_view ? on_end_of_view : on_end };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &end, NULL);
}

static int monitor(struct monitor *m, struct p2pmem_client *client)
{
	int r;

	end_in_order(m->view);
	failure_clear(&client->failure);
	client->timeout_ms = -1;
	r = client_call(client, BROKER_INTERFACE ".Monitor", NULL, true, take, m);
	if (r == -ECONNRESET)
		failure_set_remedy(&client->failure,
				   "start it again, and list what there is: what happens until "
				   "then is not told");
	/* What is said now is for the screen that stays. */
	view_closep(&m->view);
	m->view = NULL;
	return r < 0 ? ctl_failure(client, r) : STATUS_OK;
}

static int run_monitor(int argc, char **argv)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	struct monitor m = {};
	bool lines = false;
	int r = parse(argc, argv, &m, &lines);

	if (r >= 0)
		return r;
	r = ctl_connect(&client);
	if (r == STATUS_OK && !m.json && !lines && view_wanted())
		r = view_open(&m.view);
	return r == STATUS_OK ? monitor(&m, client) : r;
}

const struct verb verb_monitor = {
	.name = "monitor",
	.arguments = "",
	.summary = "Tells what happens to leases, regions and policy, as it happens",
	.help = "Options:\n"
		"      --lines          a line for each event, also on a terminal\n"
		"  -o, --output FORMAT  'table' (default) or 'json', an object on each line\n"
		"  -h, --help           this text\n\n"
		"On a terminal, a screen with regions, leases and the last events, drawn anew\n"
		"when something happens; elsewhere a line for each event. Of leases, your own;\n"
		"to administrators, everybody's. Ends with Ctrl-C, and when the daemon ends:\n"
		"start it again, and list what there is.\n",
	.run = run_monitor,
};
