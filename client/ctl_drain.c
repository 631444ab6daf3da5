/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* drain: empties a region, so that its device can be taken out. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/ctl.h"
#include "client/ctl_grace.h"
#include "client/grace.h"
#include "client/names.h"
#include "client/say.h"
#include "client/size.h"

struct drain {
	const char *region;
	uint64_t grace_usec;
	bool json;
	int status; /* of printing */
};

int parse_grace(const struct verb *v, const char *value, uint64_t *ret_usec)
{
	int r = grace_parse(value, ret_usec);

	if (r == 0)
		return -1;
	if (r == -ERANGE)
		problem("--grace takes no more than a week, not '%s'", value);
	else
		problem("--grace takes a time like 90, 90s, 5m or 2h, not '%s'", value);
	return usage_hint(v);
}

static int parse(int argc, char **argv, struct drain *d)
{
	static const struct option options[] = {
		{ "grace", required_argument, NULL, 'g' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c, r = -1;

	while (r < 0 && (c = getopt_long(argc, argv, ":ho:", options, NULL)) >= 0) {
		if (c == 'h') {
			verb_print_help(&verb_drain);
			return STATUS_OK;
		}
		if (c == 'g')
			r = parse_grace(&verb_drain, optarg, &d->grace_usec);
		else if (c == 'o')
			r = parse_output(&verb_drain, optarg, &d->json);
		else
			r = option_problem(&verb_drain, c, argv);
	}
	if (r < 0 && argc - optind != 1) {
		problem("drain takes one region");
		return usage_hint(&verb_drain);
	}
	d->region = argv[optind];
	return r;
}

static int print_json(const struct p2pmem_drain_progress *p)
{
	_cleanup_json_ struct json_object *root = ctl_json_new();

	if (!root || json_add_string(root, "provider", p->provider) < 0 ||
	    json_add_int(root, "buffers", (int64_t)p->buffers) < 0 ||
	    json_add_int(root, "bytes", (int64_t)p->bytes) < 0 ||
	    json_add_bool(root, "safeToRemove", p->safe_to_remove) < 0)
		return no_memory();
	return ctl_print_json(root);
}

static void on_progress(const struct p2pmem_drain_progress *p, void *userdata)
{
	struct drain *d = userdata;
	char size[SIZE_TEXT_MAX];

	if (d->json && p->safe_to_remove)
		d->status = print_json(p);
	else if (!d->json && p->safe_to_remove)
		say(stdout, "%s is drained and empty: safe to remove.", p->provider);
	else if (!d->json)
		say(stdout, "%s: %" PRIu64 " buffer%s in use, %s", p->provider, p->buffers,
		    p->buffers == 1 ? "" : "s", size_exact(p->bytes, size));
	fflush(stdout);
}

static int run_drain(int argc, char **argv)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	_cleanup_list_ struct p2pmem_region *regions = NULL;
	_cleanup_list_ struct p2pmem_device *devices = NULL;
	const struct p2pmem_region *region;
	struct drain d = {};
	int r = parse(argc, argv, &d);

	if (r >= 0)
		return r;
	r = ctl_connect(&client);
	if (r != STATUS_OK)
		return r;
	r = p2pmem_list_regions(client, &regions);
	if (r >= 0)
		r = p2pmem_list_devices(client, &devices);
	if (r < 0)
		return ctl_failure(client, r);
	r = names_region(&(struct names){ .regions = regions, .devices = devices }, d.region,
			 &region);
	if (r != STATUS_OK)
		return r;
	r = p2pmem_drain(client, region->provider, d.grace_usec, on_progress, &d);
	return r < 0 ? ctl_failure(client, r) : d.status;
}

const struct verb verb_drain = {
	.name = "drain",
	.arguments = "REGION",
	.summary = "Empties a region, so that its device can be taken out",
	.help = "Options:\n"
		"      --grace TIME     give notice, and revoke after TIME (90, 90s, 5m, 2h)\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"Nothing is lent from the region any more, until undrain. All its buffers are\n"
		"revoked, those that were not lent by the daemon as well. Ends when the last one\n"
		"is free; when it is interrupted, draining goes on.\n",
	.run = run_drain,
};
