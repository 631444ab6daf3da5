/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* revoke: ends leases. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/ctl.h"
#include "client/ctl_grace.h"
#include "client/say.h"

struct revocation {
	struct p2pmem_revoke_options options;
	bool yes;
	bool json;
};

static int take_option(struct revocation *v, int c)
{
	switch (c) {
	case 'l':
		v->options.lease = optarg;
		return -1;
	case 't':
		v->options.tenant = optarg;
		return -1;
	case 'r':
		v->options.region = optarg;
		return -1;
	case 'a':
		v->options.all = 1;
		return -1;
	case 'y':
		v->yes = true;
		return -1;
	case 'g':
		return parse_grace(&verb_revoke, optarg, &v->options.grace_usec);
	default:
		return parse_output(&verb_revoke, optarg, &v->json);
	}
}

static int check(const struct revocation *v, int argc, char **argv)
{
	const struct p2pmem_revoke_options *o = &v->options;

	if (optind < argc)
		problem("revoke takes no argument '%s'", argv[optind]);
	else if (!!o->lease + !!o->tenant + !!o->region + !!o->all != 1)
		problem("revoke takes one of --lease, --tenant, --region and --all");
	else
		return -1;
	return usage_hint(&verb_revoke);
}

static int parse(int argc, char **argv, struct revocation *v)
{
	static const struct option options[] = {
		{ "lease", required_argument, NULL, 'l' },
		{ "tenant", required_argument, NULL, 't' },
		{ "region", required_argument, NULL, 'r' },
		{ "all", no_argument, NULL, 'a' },
		{ "grace", required_argument, NULL, 'g' },
		{ "yes", no_argument, NULL, 'y' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c, r;

	while ((c = getopt_long(argc, argv, ":ho:", options, NULL)) >= 0) {
		if (c == 'h') {
			verb_print_help(&verb_revoke);
			return STATUS_OK;
		}
		if (c == '?' || c == ':')
			return option_problem(&verb_revoke, c, argv);
		r = take_option(v, c);
		if (r >= 0)
			return r;
	}
	return check(v, argc, argv);
}

/* The lease that @v->options.lease is the beginning of; ids are long. */
static int complete(struct p2pmem_client *client, struct p2pmem_lease *leases, struct revocation *v)
{
	const char *given = v->options.lease, *found = NULL;

	for (; leases; leases = leases->next) {
		if (strncmp(leases->id, given, strlen(given)) != 0)
			continue;
		if (found) {
			problem("more than one lease begins with '%s'", given);
			remedy("give more of it; p2pmemctl leases lists them");
			return STATUS_USAGE;
		}
		found = leases->id;
	}
	if (!found || !*given) {
		problem("there is no lease '%s'", given);
		remedy("p2pmemctl leases lists them");
		return STATUS_NO_DEVICE;
	}
	v->options.lease = found;
	return STATUS_OK;
}

/* Whoever types is asked; a script is believed. */
static bool is_meant(const struct revocation *v)
{
	char answer[16] = "";

	if (!v->options.all || v->yes || !isatty(STDIN_FILENO))
		return true;
	fputs("End all leases that you may end? Their holders' I/O fails. [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int print(const struct revocation *v, uint64_t count)
{
	_cleanup_json_ struct json_object *root = NULL;

	if (v->json) {
		root = ctl_json_new();
		if (!root || json_add_int(root, "leases", (int64_t)count) < 0)
			return no_memory();
		return ctl_print_json(root);
	}
	printf("%s %" PRIu64 " lease%s.\n",
	       v->options.grace_usec ? "Gave notice of the end of" : "Revoked", count,
	       count == 1 ? "" : "s");
	return STATUS_OK;
}

static int run_revoke(int argc, char **argv)
{
	struct revocation v = { .options.struct_size = sizeof(v.options) };
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	_cleanup_list_ struct p2pmem_lease *leases = NULL;
	uint64_t count = 0;
	int r = parse(argc, argv, &v);

	if (r >= 0)
		return r;
	if (!is_meant(&v)) {
		note("nothing was revoked");
		return STATUS_OK;
	}
	r = ctl_connect(&client);
	if (r != STATUS_OK)
		return r;
	if (v.options.lease) {
		r = p2pmem_list_leases(client, &leases);
		if (r < 0)
			return ctl_failure(client, r);
		r = complete(client, leases, &v);
		if (r != STATUS_OK)
			return r;
	}
	r = p2pmem_revoke_leases(client, &v.options, &count);
	return r < 0 ? ctl_failure(client, r) : print(&v, count);
}

const struct verb verb_revoke = {
	.name = "revoke",
	.arguments = "",
	.summary = "Ends leases: your own, or as an administrator anybody's",
	.help = "Options:\n"
		"      --lease ID       this one; the beginning of its id will do\n"
		"      --tenant TENANT  those that are charged to TENANT, like group:p2pmem\n"
		"      --region REGION  those of a region: its name or PCI address\n"
		"      --all            all of them\n"
		"      --grace TIME     give notice, and revoke after TIME (90, 90s, 5m, 2h)\n"
		"      --yes            do not ask before --all\n"
		"  -o, --output FORMAT  'table' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"Transfers in flight end as they would have; later ones fail with EFAULT.\n",
	.run = run_revoke,
};
