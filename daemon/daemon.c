/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/daemon.h"
#include "daemon/listen.h"

struct options {
	const char *socket;
	const char *state;
	bool done; /* there was only something to print */
};

static void print_help(void)
{
	puts("p2pmemd [OPTIONS]\n"
	     "\n"
	     "Lends the peer-to-peer memory of PCI devices to other programs. It is started by\n"
	     "systemd through p2pmemd.socket.\n"
	     "\n"
	     "  --socket PATH  listen on PATH instead of the socket handed over by systemd\n"
	     "  --state DIR    keep records of leases in DIR instead of $RUNTIME_DIRECTORY\n"
	     "  --debug        log more\n"
	     "  --help         this text\n"
	     "  --version      the version");
}

static int parse_options(int argc, char **argv, struct options *ret)
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "state", required_argument, NULL, 'r' },
		{ "debug", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		if (c == 's') {
			ret->socket = optarg;
		} else if (c == 'r') {
			ret->state = optarg;
		} else if (c == 'd') {
			log_set_max(LOG_DEBUG);
		} else if (c == 'h') {
			print_help();
			ret->done = true;
		} else if (c == 'v') {
			puts("p2pmemd " P2PMEM_VERSION);
			ret->done = true;
		} else {
			return -EINVAL;
		}
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "p2pmemd: takes no arguments, and got '%s'; see --help\n", argv[optind]);
	return -EINVAL;
}

static int open_socket(const struct options *o)
{
	int fd = o->socket ? listen_path(o->socket) : listen_inherited();

	if (fd == -ENOENT && !o->socket)
		log_error("No socket was handed over; start p2pmemd.socket, or use --socket PATH.");
	else if (fd < 0)
		log_error("Cannot listen on %s: %s.", o->socket ?: "the socket handed over",
			  strerror(-fd));
	return fd;
}

static const char *why_no_state(int error)
{
	switch (error) {
	case -EBUSY:
		return "another p2pmemd uses it. End that one first, or use --state with another "
		       "directory and another user";
	case -EPERM:
		return "it is another user's, or others can write to it. It has to be p2pmemd's own";
	default:
		return strerror(-error);
	}
}

static int open_state(const struct options *o, struct state **ret)
{
	const char *path = o->state ?: getenv("RUNTIME_DIRECTORY");
	int r;

	if (!path) {
		log_error(
			"No directory for the records of leases was given; start p2pmemd.service, "
			"or use --state DIR.");
		return -ENOENT;
	}
	r = state_open(path, ret);
	if (r < 0)
		log_error("Cannot keep records of leases in %s: %s.", path, why_no_state(r));
	return r;
}

int daemon_main(int argc, char **argv, const struct world *world)
{
	struct options o = {};
	struct state *state;
	int fd, r = parse_options(argc, argv, &o);

	if (r < 0 || o.done)
		return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	/* The lock comes before the socket: a second daemon does not take that away. */
	if (open_state(&o, &state) < 0)
		return EXIT_FAILURE;
	fd = open_socket(&o);
	if (fd < 0) {
		state_close(state);
		return EXIT_FAILURE;
	}
	r = manager_run(world, state, fd);
	if (r < 0)
		log_error("Stopped: %s.", strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
