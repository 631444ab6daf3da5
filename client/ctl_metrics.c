/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* metrics: the daemon's numbers, for whatever collects such. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "client/ctl.h"
#include "client/lib.h"
#include "client/metrics.h"
#include "client/say.h"

struct options {
	const char *file; /* NULL: standard output */
	bool json;
};

static int parse_format(const char *value, bool *ret_json)
{
	*ret_json = strcmp(value, "json") == 0;
	if (*ret_json || strcmp(value, "prometheus") == 0)
		return -1;
	problem("-o takes 'prometheus' or 'json', not '%s'", value);
	return usage_hint(&verb_metrics);
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{ "file", required_argument, NULL, 'f' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c, r = -1;

	while (r < 0 && (c = getopt_long(argc, argv, ":ho:", options, NULL)) >= 0) {
		if (c == 'h') {
			verb_print_help(&verb_metrics);
			return STATUS_OK;
		}
		if (c == 'f')
			o->file = optarg;
		else if (c == 'o')
			r = parse_format(optarg, &o->json);
		else
			r = option_problem(&verb_metrics, c, argv);
	}
	if (r < 0 && optind < argc) {
		problem("metrics takes no argument '%s'", argv[optind]);
		return usage_hint(&verb_metrics);
	}
	return r;
}

/* ---- text -------------------------------------------------------------- */

/* All of it before any of it is shown, since a part would be taken for the whole. */
static int make_text(struct json_object *metrics, char **ret, size_t *ret_n)
{
	FILE *f = open_memstream(ret, ret_n);
	int r;

	if (!f)
		return -ENOMEM;
	r = metrics_write(metrics, f);
	if (fclose(f) != 0 && r == 0)
		r = -ENOMEM;
	return r;
}

static int make_json(struct json_object *metrics, char **ret, size_t *ret_n)
{
	_cleanup_json_ struct json_object *root = ctl_json_new();
	int n;

	if (!root || json_add(root, "metrics", json_object_get(metrics)) < 0)
		return -ENOMEM;
	n = asprintf(ret, "%s\n", json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY));
	if (n < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	*ret_n = (size_t)n;
	return 0;
}

/* ---- a file ------------------------------------------------------------ */

static int write_all(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, text, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		text += done;
		n -= (size_t)done;
	}
	return 0;
}

/* Whoever reads meanwhile sees what was there before, or all that is there now. */
static int replace(const char *file, const char *text, size_t n)
{
	_cleanup_free_ char *temporary = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	/* Collectors pass over names that do not end as they expect. */
	if (asprintf(&temporary, "%s.XXXXXX", file) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, n);
	if (r == 0 && (fchmod(fd, 0644) < 0 || rename(temporary, file) < 0))
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}

static int put_out(const struct options *o, const char *text, size_t n)
{
	int r;

	if (!o->file) {
		fwrite(text, 1, n, stdout);
		return STATUS_OK;
	}
	r = replace(o->file, text, n);
	if (r == 0)
		return STATUS_OK;
	problem("'%s' could not be written: %s", o->file, strerror(-r));
	remedy("give a file in a folder that exists and that you may write to");
	return STATUS_FAILURE;
}

/* ---- the verb ---------------------------------------------------------- */

static int take(struct p2pmem_client *client, struct json_object *parameters, void *data)
{
	struct json_object *metrics;
	const struct json_field fields[] = { { "metrics", JSON_OBJECT, true, &metrics }, {} };
	const char *bad;

	if (json_read(parameters, fields, false, &bad) < 0)
		return -EBADMSG;
	*(struct json_object **)data = json_object_get(metrics);
	return 0;
}

static int run_metrics(int argc, char **argv)
{
	_cleanup_(client_freep) struct p2pmem_client *client = NULL;
	_cleanup_json_ struct json_object *metrics = NULL;
	_cleanup_free_ char *text = NULL;
	struct options o = {};
	size_t n = 0;
	int r = parse(argc, argv, &o);

	if (r >= 0)
		return r;
	r = ctl_connect(&client);
	if (r != STATUS_OK)
		return r;
	failure_clear(&client->failure);
	r = client_call(client, BROKER_INTERFACE ".GetMetrics", NULL, false, take, &metrics);
	if (r < 0)
		return ctl_failure(client, r);
	r = o.json ? make_json(metrics, &text, &n) : make_text(metrics, &text, &n);
	if (r == -EBADMSG) {
		problem("the daemon's metrics are not what its interface says");
		remedy("use the p2pmemctl of the daemon's version (p2pmemctl --version)");
		return STATUS_FAILURE;
	}
	return r < 0 ? no_memory() : put_out(&o, text, n);
}

const struct verb verb_metrics = {
	.name = "metrics",
	.arguments = "",
	.summary = "Prints the daemon's numbers for monitoring, as Prometheus reads them",
	.help = "Options:\n"
		"      --file FILE      into FILE, which is replaced at once as a whole\n"
		"  -o, --output FORMAT  'prometheus' (default) or 'json'\n"
		"  -h, --help           this text\n\n"
		"Which tenant holds how much is told to administrators only.\n",
	.run = run_metrics,
};
