// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Clients that are killed in the middle of a read that takes seconds.
 *
 *   driver-slow
 *
 * The provider's own drive is throttled, and is overwritten. Almost all of
 * the region is taken beforehand, so that what the killed client had would be
 * the first to be handed out again. Until the read has ended it must stay
 * charged; all that can be allocated meanwhile must stay zero, although the
 * drive goes on to write.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load-ring.h"
#include "load.h"

#define LENGTH (4 * MIB)
#define SPARE (512 * KIB)
#define PIECE (32 * KIB)
#define MAX_PIECES ((LENGTH + SPARE) / PIECE)
#define PATTERN 0x5a5a5a5a5a5a5a5aULL
#define LIMIT_S 300

struct client {
	struct lab *lab;
	int disk, buffer;
	char *memory;
	int told; /* one byte is written here once the read is under way */
};

/* ---- the ways to read ----------------------------------------------------- */

static void tell(const struct client *client)
{
	if (write(client->told, "", 1) != 1)
		_exit(1);
}

static void let_go(const struct client *client)
{
	munmap(client->memory, LENGTH);
	close(client->buffer);
}

static void read_and_wait(struct client *client)
{
	tell(client);
	if (pread(client->disk, client->memory, LENGTH, 0) < 0)
		_exit(1);
}

static void read_by_aio(struct client *client)
{
	aio_context_t context;

	if (aio_open(&context, 1) || aio_read(context, client->disk, client->memory, LENGTH, 0))
		_exit(1);
	tell(client);
}

static void read_by_aio_and_let_go(struct client *client)
{
	aio_context_t context;

	if (aio_open(&context, 1) || aio_read(context, client->disk, client->memory, LENGTH, 0))
		_exit(1);
	let_go(client);
	tell(client);
}

static void read_by_ring(struct client *client)
{
	static struct ring ring;

	if (ring_open(&ring, 1) || ring_read(&ring, client->disk, client->memory, LENGTH, 0))
		_exit(1);
	tell(client);
}

/* Those that drain lose their mapping at once; the others only with the read. */
static const struct way {
	const char *name;
	void (*start)(struct client *client);
	bool drains;
} ways[] = {
	{ "slow: killed in read()", read_and_wait, false },
	{ "slow: killed with AIO in flight", read_by_aio, false },
	{ "slow: killed with AIO in flight, unmapped and closed", read_by_aio_and_let_go, true },
	{ "slow: killed with io_uring in flight", read_by_ring, true },
};

static void run_client(struct lab *lab, const struct way *way, int told)
{
	struct client client = {
		.lab = lab,
		.told = told,
		.disk = open(lab->scratch, O_RDONLY | O_DIRECT | O_CLOEXEC),
		.buffer = alloc(lab, LENGTH),
	};

	client.memory = map(client.buffer, LENGTH);
	if (client.disk < 0 || client.memory == MAP_FAILED)
		_exit(1);
	way->start(&client);
	for (;;)
		pause();
}

/* ---- what is seen from outside -------------------------------------------- */

/* Reads that the drive has not answered yet. */
static uint64_t reads_in_flight(const struct lab *lab)
{
	uint64_t reads = 0;

	check(read_number(&reads, "/sys/class/block/%s/inflight", lab->scratch + strlen("/dev/")));
	return reads;
}

static bool is_reading(struct lab *lab)
{
	return reads_in_flight(lab);
}

static bool find_victim(const struct lab *lab, struct p2pmem_buffer_info *ret)
{
	struct p2pmem_buffer_info infos[2 * MAX_PIECES];
	struct p2pmem_list list = { .size = sizeof(list),
				    .entry_size = sizeof(infos[0]),
				    .entries = (uintptr_t)infos,
				    .capacity = 2 * MAX_PIECES };

	check_errno(ioctl(lab->control, P2PMEM_CONTROL_LIST_BUFFERS, &list), 0);
	for (unsigned int i = 0; i < list.count; i++)
		if (infos[i].length == LENGTH) {
			*ret = infos[i];
			return true;
		}
	return false;
}

struct pieces {
	char *memory[MAX_PIECES];
	unsigned int count;
};

/* All that can be had: no more than what was spare. */
static void take_all(const struct lab *lab, struct pieces *pieces)
{
	int fd;

	while (pieces->count < MAX_PIECES && (fd = alloc(lab, PIECE)) >= 0) {
		pieces->memory[pieces->count++] = map(fd, PIECE);
		close(fd);
	}
	check(pieces->count <= SPARE / PIECE);
	check(lab_available(lab) < PIECE);
}

static void check_zero_and_free(struct pieces *pieces)
{
	for (unsigned int i = 0; i < pieces->count; i++) {
		check(is_filled(pieces->memory[i], 0, PIECE));
		munmap(pieces->memory[i], PIECE);
	}
}

/*
 * What is seen counts as long as a read is in flight after it was seen. A
 * client that drains does so from some moment after the kill on.
 */
static void watch(struct lab *lab, const struct way *way)
{
	unsigned int seen = 0, draining = 0, uncharged = 0, relapses = 0;
	struct p2pmem_buffer_info info;
	bool listed;

	for (;; seen++) {
		listed = find_victim(lab, &info);
		if (!reads_in_flight(lab))
			break;
		if (!listed || !info.pinned_pages)
			uncharged++;
		else if (info.state == P2PMEM_STATE_DRAINING)
			draining++;
		else if (draining)
			relapses++;
	}
	note("seen %u times in flight, %u of them draining", seen, draining);
	check(seen && !uncharged && !relapses);
	check(way->drains == (draining != 0));
}

static uint64_t wanted_available;

static bool has_returned(struct lab *lab)
{
	struct p2pmem_buffer_info info;

	return lab_available(lab) == wanted_available && !find_victim(lab, &info);
}

static void check_reuse(struct lab *lab)
{
	int fd = alloc(lab, LENGTH);
	void *memory = map(fd, LENGTH);

	check(memory != MAP_FAILED && is_filled(memory, 0, LENGTH));
	munmap(memory, LENGTH);
	close(fd);
}

static void kill_in_the_middle(struct lab *lab, const struct way *way)
{
	struct pieces pieces = { 0 };
	int told[2], status = -1;
	char byte;
	pid_t child;

	wanted_available = lab_available(lab);
	if (!check(pipe(told) == 0))
		return;
	child = fork();
	if (!child)
		run_client(lab, way, told[1]);
	close(told[1]);
	check(read(told[0], &byte, 1) == 1);
	check(await(is_reading, lab));
	kill(child, SIGKILL);
	take_all(lab, &pieces);
	check(is_reading(lab));
	watch(lab, way);
	waitpid(child, &status, 0);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

	check_zero_and_free(&pieces);
	check(await(has_returned, lab));
	check_reuse(lab);
	close(told[0]);
}

/* ---- the scene ------------------------------------------------------------ */

static void write_pattern(const struct lab *lab)
{
	int disk = open(lab->scratch, O_RDWR | O_DIRECT | O_CLOEXEC);
	void *host = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	fill(host, PATTERN, LENGTH);
	check(pwrite(disk, host, LENGTH, 0) == (ssize_t)LENGTH);
	munmap(host, LENGTH);
	close(disk);
}

/* Descriptors that stay open keep it. The pool may be in parts. */
static void take_most(const struct lab *lab)
{
	uint64_t want = lab->available - LENGTH - SPARE;

	for (uint64_t size = want / PIECE * PIECE; size >= PIECE && want >= PIECE;) {
		if (size <= want && alloc(lab, size) >= 0)
			want -= size;
		else
			size = size / 2 / PIECE * PIECE;
	}
}

/* Its name is another after each time that it was bound. */
static bool find_slow_disk(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_nvme; i++)
		if (!strcmp(lab->nvme[i].bdf, lab->provider))
			lab->scratch = lab->nvme[i].disk;
	return lab->scratch && *lab->scratch;
}

int main(void)
{
	struct lab lab = { 0 };

	begin_test("slow: most of the region is taken", LIMIT_S);
	lab_open(&lab);
	if (!check(find_slow_disk(&lab))) {
		end_test();
		return end_tests();
	}
	write_pattern(&lab);
	take_most(&lab);
	check(lab_available(&lab) - LENGTH - SPARE < PIECE);
	end_test();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		begin_test(ways[i].name, LIMIT_S);
		kill_in_the_middle(&lab, &ways[i]);
		end_test();
	}
	return end_tests();
}
