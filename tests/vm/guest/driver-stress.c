// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Random use of the driver by many at once:
 *
 *   driver-stress [--seconds N] [--seed N] [--workers N] [--name TEXT]
 *                 [--revoke] [--unbind] [--remove] [--reset] [--unplug]
 *
 * Workers allocate, map, transfer, fork, pass on, abandon and are killed, each
 * knowing what every page of its buffers must hold: zeros until its owner had
 * something read into it, then what that was. A page that was handed on too
 * early shows as content that nobody asked for. All randomness is from the
 * seed, though not the order of events among the workers.
 *
 *   --revoke   somebody revokes whatever there is
 *   --unbind   somebody unbinds the provider and binds it again
 *   --remove   somebody removes the provider from the bus and looks for it again
 *   --reset    somebody resets the provider's controller; contents are not
 *              looked at then
 *   --unplug   regions may go and come, by whatever means
 *
 * SIGTERM ends it early, and well. In the end all memory must be free and no
 * buffer listed. $P2PMEM_TEST_DISK is overwritten.
 */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

#define MAX_PROCESSES 64U
#define PATIENCE_S 300U

struct options {
	unsigned int seconds, workers;
	unsigned long long seed;
	const char *name;
	int revoke, unbind, remove, reset, unplug;
};

typedef void (*part_fn)(struct worker *w);

static pid_t processes[MAX_PROCESSES];
static unsigned int n_processes;
static time_t end_time;
static struct shared *all; /* for the signal handler */

/* ---- a worker --------------------------------------------------------------- */

/* The table's entries by weight; *ret_index counts through both tables. */
static const struct action *choose(struct worker *w, unsigned int *ret_index)
{
	const struct action *tables[] = { io_actions, life_actions };
	unsigned int sum = 0, index = 0, point;

	for (int t = 0; t < 2; t++)
		for (const struct action *a = tables[t]; a->name; a++)
			sum += a->weight;
	point = rnd(w, sum);
	for (int t = 0; t < 2; t++)
		for (const struct action *a = tables[t]; a->name; a++, index++) {
			if (point < a->weight) {
				*ret_index = index;
				return a;
			}
			point -= a->weight;
		}
	return NULL;
}

/* Looks again in a moment, rather than as often as it can. */
static void take_or_wait(struct worker *w, struct slot *unused)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	if (take(w, unused))
		__atomic_add_fetch(&w->shared->total, 1, __ATOMIC_RELAXED);
	else
		nanosleep(&moment, NULL);
}

static void act(struct worker *w)
{
	struct slot *slot = used_slot(w), *unused = free_slot(w);
	const struct action *action;
	unsigned int index;

	if (!slot || (unused && !rnd(w, 4))) {
		take_or_wait(w, unused);
		return;
	}
	action = choose(w, &index);
	action->run(w, slot);
	__atomic_add_fetch(&w->shared->done[index], 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&w->shared->total, 1, __ATOMIC_RELAXED);
}

/* Where it took that long to begin, until something was done. */
static bool time_left(const struct worker *w)
{
	if (__atomic_load_n(&w->shared->stop, __ATOMIC_RELAXED))
		return false;
	return time(NULL) < end_time || !__atomic_load_n(&w->shared->total, __ATOMIC_RELAXED);
}

static void work(struct worker *w)
{
	while (time_left(w) && !w->shared->failures)
		act(w);
	for (unsigned int i = 0; i < SLOTS; i++)
		if (w->slots[i].memory && verify(w, &w->slots[i]))
			drop(&w->slots[i]);
}

static void on_term(int number)
{
	__atomic_store_n(&all->stop, true, __ATOMIC_RELAXED);
}

/* ---- the scene ---------------------------------------------------------------- */

static void be_process(struct worker *w, part_fn part)
{
	w->disk = open(w->lab.scratch, O_RDWR | O_DIRECT | O_CLOEXEC);
	w->host = mmap(NULL, MAX_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	if (w->disk < 0 || w->host == MAP_FAILED)
		fail(w, "cannot begin");
	guard_accesses();
	part(w);
	fflush(stdout);
	_exit(0);
}

static void start(struct worker *w, part_fn part)
{
	pid_t child;

	w->number = n_processes;
	w->random += 0x9e3779b97f4a7c15ULL;
	fflush(stdout);
	child = fork();
	if (!child)
		be_process(w, part);
	if (check(child > 0 && n_processes < MAX_PROCESSES))
		processes[n_processes++] = child;
}

static void wait_for(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++) {
		int status = -1;

		waitpid(processes[i], &status, 0);
		if (!check(status == 0))
			note("process %u ended with status %#x", i, status);
	}
}

static void write_patterns(const struct lab *lab)
{
	size_t length = PATTERN_BLOCKS * PAGE;
	char *host = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int disk = open(lab->scratch, O_RDWR | O_DIRECT | O_CLOEXEC);

	for (uint32_t block = 0; block < PATTERN_BLOCKS; block++)
		fill(host + block * PAGE, pattern_word(block + 1), PAGE);
	check(pwrite(disk, host, length, 0) == (ssize_t)length);
	munmap(host, length);
	close(disk);
}

static void report(const struct shared *shared)
{
	const struct action *tables[] = { io_actions, life_actions };
	unsigned int index = 0;

	for (int t = 0; t < 2; t++)
		for (const struct action *a = tables[t]; a->name; a++)
			printf("#   %-26s %lu\n", a->name, shared->done[index++]);
	note("%lu actions, %lu buffers taken away, %lu blows", shared->total, shared->lost,
	     shared->done[MAX_ACTIONS - 1]);
}

static void start_disturbers(struct worker *w, const struct options *options)
{
	start(w, disturb_by_lists);
	if (options->revoke)
		start(w, disturb_by_revocation);
	if (options->unbind)
		start(w, disturb_by_unbinding);
	if (options->remove)
		start(w, disturb_by_removal);
	if (options->reset)
		start(w, disturb_by_resets);
}

static void stress(struct worker *w, const struct options *options)
{
	unsigned int workers;

	end_time = time(NULL) + options->seconds;
	for (unsigned int i = 0; i < options->workers; i++)
		start(w, work);
	workers = n_processes;
	start_disturbers(w, options);
	/* Whoever reopens the node after it came back must be the last to have it. */
	lab_close_region(&w->lab);
	wait_for(0, workers);
	w->shared->stop = true;
	wait_for(workers, n_processes);
	close(w->post[0]);
	close(w->post[1]);
}

static void check_after(struct worker *w)
{
	struct p2pmem_region_info *info = &w->lab.info;

	report(w->shared);
	check(!w->shared->failures);
	check(w->shared->total);
	lab_reopen_region(&w->lab);
	check_quiet(&w->lab);
	check(lab_find_region(&w->lab));
	check(!info->allocated && !info->draining && !info->buffers);
}

static void parse(int argc, char **argv, struct options *options)
{
	const struct option names[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'e' },
		{ "workers", required_argument, NULL, 'w' },
		{ "name", required_argument, NULL, 'n' },
		{ "revoke", no_argument, &options->revoke, 1 },
		{ "unbind", no_argument, &options->unbind, 1 },
		{ "remove", no_argument, &options->remove, 1 },
		{ "reset", no_argument, &options->reset, 1 },
		{ "unplug", no_argument, &options->unplug, 1 },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
		switch (option) {
		case 's':
			options->seconds = strtoul(optarg, NULL, 10);
			break;
		case 'e':
			options->seed = strtoull(optarg, NULL, 0);
			break;
		case 'w':
			options->workers = strtoul(optarg, NULL, 10);
			break;
		case 'n':
			options->name = optarg;
			break;
		case 0:
			break;
		default:
			exit(2);
		}
}

int main(int argc, char **argv)
{
	struct options options = { .seconds = 10, .workers = 4, .seed = 1, .name = "stress" };
	struct worker worker = { .lab.scratch = getenv("P2PMEM_TEST_DISK") };

	parse(argc, argv, &options);
	begin_test(options.name, options.seconds + PATIENCE_S);
	worker.random = options.seed * 0x2545f4914f6cdd1dULL | 1;
	worker.hazards.revocation = options.revoke || options.unbind || options.remove ||
				    options.unplug;
	worker.hazards.reset = options.reset;
	worker.shared = mmap(NULL, sizeof(*worker.shared), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	all = worker.shared;
	signal(SIGTERM, on_term);
	for (unsigned int i = 0; i < SLOTS; i++)
		worker.slots[i].fd = -1;
	lab_open(&worker.lab);
	write_patterns(&worker.lab);
	if (check(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, worker.post) == 0)) {
		note("seed %llu, %u workers, %u s", options.seed, options.workers, options.seconds);
		stress(&worker, &options);
		check_after(&worker);
	}
	end_test();
	return end_tests();
}
