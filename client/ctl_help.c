/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* help, the list of verbs, and what is common to reading their options. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client/ctl.h"
#include "client/ctl_help.h"
#include "client/say.h"

const struct verb *const verbs[] = {
	&verb_list,    &verb_pairs,   &verb_topology, &verb_explain, &verb_leases,
	&verb_revoke,  &verb_drain,   &verb_undrain,  &verb_copy,    &verb_run,
	&verb_verify,  &verb_bench,   &verb_doctor,   &verb_report,  &verb_policy,
	&verb_metrics, &verb_monitor, &verb_cdi,      &verb_help,    NULL,
};

#define N_VERBS (sizeof(verbs) / sizeof(*verbs) - 1)

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; verbs[i]; i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}

int verb_unknown(const char *name)
{
	const char *words[N_VERBS + 1] = {}, *near;

	for (size_t i = 0; i < N_VERBS; i++)
		words[i] = verbs[i]->name;
	near = suggest(name, words);
	problem("there is no verb '%s'", name);
	if (near)
		remedy("did you mean 'p2pmemctl %s'?", near);
	else
		remedy("p2pmemctl --help lists the verbs");
	return STATUS_USAGE;
}

static void print_statuses(void)
{
	printf("\nExit status:\n");
	for (int i = 0; i < STATUS_MAX; i++)
		printf("  %3d  %s\n", i, status_text(i));
	printf("  128+N  ended by signal N (130: Ctrl-C)\n");
}

void print_help(void)
{
	printf("Usage: p2pmemctl [VERB] [OPTION...] [ARGUMENT...]\n\n"
	       "Peer-to-peer memory of PCI devices: see what there is, and copy through it.\n"
	       "Without a verb, p2pmemctl says what state this machine is in.\n\n"
	       "Verbs:\n");
	for (size_t i = 0; verbs[i]; i++)
		printf("  %-9s%-16s %s\n", verbs[i]->name, verbs[i]->arguments, verbs[i]->summary);
	printf("\nOptions:\n"
	       "  --sysfs PATH   a captured machine instead of this one: a folder with a\n"
	       "                 sysfs tree, or what 'p2pmemctl report' wrote\n"
	       "  -h, --help     this text; after a verb, the verb's own\n"
	       "  -V, --version  the version\n\n"
	       "Environment:\n"
	       "  P2PMEM_SOCKET  socket of the broker (" P2PMEM_SOCKET_PATH ")\n"
	       "  NO_COLOR       if set and not empty, no colour on terminals\n");
	print_statuses();
}

void verb_print_help(const struct verb *v)
{
	printf("Usage: p2pmemctl %s%s%s%s\n\n%s.\n%s%s", v->name, " [OPTION...]",
	       *v->arguments ? " " : "", v->arguments, v->summary, *v->help ? "\n" : "", v->help);
}

enum colour verdict_colour(enum p2pmem_verdict verdict)
{
	switch (verdict) {
	case P2PMEM_VERDICT_BUS:
		return COLOUR_GREEN;
	case P2PMEM_VERDICT_BRIDGE:
		return COLOUR_YELLOW;
	case P2PMEM_VERDICT_UNSUPPORTED:
		return COLOUR_RED;
	default:
		return COLOUR_NONE;
	}
}

int usage_hint(const struct verb *v)
{
	remedy("p2pmemctl %s%s--help lists what can be given", v ? v->name : "", v ? " " : "");
	return STATUS_USAGE;
}

/* Of the whole program, but given to a verb, where one looks for it. */
static int misplaced_tree(const struct verb *v)
{
	problem("--sysfs goes before the verb");
	remedy("p2pmemctl --sysfs PATH %s", v->name);
	return STATUS_USAGE;
}

/*
 * Without getopt's own message, which would print whatever was given. A short
 * option in front of others leaves optind where it was.
 */
int option_problem(const struct verb *v, int c, char **argv)
{
	const char *what = c == ':' ? "a value is missing behind" : "there is no option";
	const char *given = argv[optind - 1];

	if (v && v->takes_tree && strncmp(given, "--sysfs", strlen("--sysfs")) == 0)
		return misplaced_tree(v);
	if (given[0] == '-')
		problem("%s '%s'", what, given);
	else
		problem("%s '-%c'", what, optopt);
	return usage_hint(v);
}

int parse_output(const struct verb *v, const char *value, bool *ret_json)
{
	if (strcmp(value, "json") != 0 && strcmp(value, "table") != 0) {
		problem("-o takes 'table' or 'json', not '%s'", value);
		return usage_hint(v);
	}
	*ret_json = strcmp(value, "json") == 0;
	return -1;
}

int parse_output_options(const struct verb *v, int argc, char **argv, bool *ret_json)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "output", required_argument, NULL, 'o' },
		{},
	};
	int c, r;

	while ((c = getopt_long(argc, argv, ":ho:", options, NULL)) >= 0) {
		switch (c) {
		case 'h':
			verb_print_help(v);
			return STATUS_OK;
		case 'o':
			r = parse_output(v, optarg, ret_json);
			if (r >= 0)
				return r;
			break;
		default:
			return option_problem(v, c, argv);
		}
	}
	return -1;
}

int parse_list_options(const struct verb *v, int argc, char **argv, bool *ret_json)
{
	int r = parse_output_options(v, argc, argv, ret_json);

	if (r >= 0)
		return r;
	if (optind < argc) {
		problem("%s takes no argument '%s'", v->name, argv[optind]);
		return usage_hint(v);
	}
	return -1;
}

static int run_help(int argc, char **argv)
{
	const struct verb *v;

	if (argc < 2) {
		print_help();
		return STATUS_OK;
	}
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		v = &verb_help;
	else
		v = verb_find(argv[1]);
	if (!v)
		return verb_unknown(argv[1]);
	verb_print_help(v);
	return STATUS_OK;
}

const struct verb verb_help = {
	.name = "help",
	.arguments = "[VERB]",
	.summary = "Says how p2pmemctl, or one verb of it, is used",
	.help = "",
	.run = run_help,
};
