/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ctrl-C and the like: whatever is at work ends in order. */
#include <signal.h>

#include "client/ctl_copy.h"

volatile sig_atomic_t copy_stop;

/* What a signal has to end, set before it begins and unset before it is freed. */
static struct p2pmem_client *volatile client;
static struct p2pmem_io *volatile io;

int copy_stopped_status(void)
{
	return STATUS_SIGNAL + copy_stop;
}

static void on_signal(int number)
{
	copy_stop = number;
	if (client)
		p2pmem_client_cancel(client);
	if (io)
		p2pmem_io_cancel(io);
}

void copy_stops_client(struct p2pmem_client *c)
{
	client = c;
	if (c && copy_stop)
		p2pmem_client_cancel(c);
}

void copy_stops_io(struct p2pmem_io *i)
{
	io = i;
	if (i && copy_stop)
		p2pmem_io_cancel(i);
}

/*
 * A second one ends the program at once. Whoever calls nohup wants SIGHUP ignored.
 * A limit of the shell for files (ulimit -f) is an error like others.
 */
void copy_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
	struct sigaction before;

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGXFSZ, SIG_IGN);
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &sa, NULL);
}
