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
 * drive goes on to write. What was too slow to see the read is tried again.
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
#define ROUNDS 10
#define LIMIT_S 600

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

static uint64_t reads_ended(const struct lab *lab)
{
	uint64_t reads = 0;

	check(read_number(&reads, "/sys/class/block/%s/stat", lab->scratch + strlen("/dev/")));
	return reads;
}

static uint64_t ended_before;

/* It may be over as well. */
static bool has_begun(struct lab *lab)
{
	return reads_in_flight(lab) || reads_ended(lab) != ended_before;
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

/* The client has lost its mapping, or there is nothing more to be seen of that. */
static bool has_let_go(struct lab *lab)
{
	struct p2pmem_buffer_info info;

	return !find_victim(lab, &info) || info.state == P2PMEM_STATE_DRAINING ||
	       !reads_in_flight(lab);
}

struct pieces {
	char *memory[MAX_PIECES];
	unsigned int count;
	uint64_t left; /* bytes that were free after that */
};

/* All that can be had. */
static void take_all(const struct lab *lab, struct pieces *pieces)
{
	int fd;

	while (pieces->count < MAX_PIECES && (fd = alloc(lab, PIECE)) >= 0) {
		pieces->memory[pieces->count++] = map(fd, PIECE);
		close(fd);
	}
	pieces->left = lab_available(lab);
}

static void check_zero_and_free(struct pieces *pieces)
{
	for (unsigned int i = 0; i < pieces->count; i++) {
		check(is_filled(pieces->memory[i], 0, PIECE));
		munmap(pieces->memory[i], PIECE);
	}
}

/*
 * What is seen counts as long as a read is in flight after it was seen, also of
 * the pieces: no more than what was spare. Returns how often that was.
 */
static unsigned int watch(struct lab *lab, const struct way *way, const struct pieces *pieces)
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
	if (!seen)
		return 0;
	check(pieces->count <= SPARE / PIECE && pieces->left < PIECE);
	check(!uncharged && !relapses);
	check(way->drains == (draining != 0));
	return seen;
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

/* Returns how often the read was seen in flight after the kill. */
static unsigned int kill_in_the_middle(struct lab *lab, const struct way *way)
{
	struct pieces pieces = { 0 };
	int told[2], status = -1;
	unsigned int seen;
	char byte;
	pid_t child;

	wanted_available = lab_available(lab);
	ended_before = reads_ended(lab);
	if (!check(pipe(told) == 0))
		return 0;
	child = fork();
	if (!child)
		run_client(lab, way, told[1]);
	close(told[1]);
	check(read(told[0], &byte, 1) == 1);
	check(await(has_begun, lab));
	kill(child, SIGKILL);
	if (way->drains)
		check(await(has_let_go, lab));
	take_all(lab, &pieces);
	seen = watch(lab, way, &pieces);
	waitpid(child, &status, 0);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

	check_zero_and_free(&pieces);
	check(await(has_returned, lab));
	check_reuse(lab);
	close(told[0]);
	return seen;
}

static void kill_until_seen(struct lab *lab, const struct way *way)
{
	unsigned int seen = 0;

	for (int round = 0; !seen && !failed && round < ROUNDS; round++)
		seen = kill_in_the_middle(lab, way);
	check(seen);
}

/* ---- the scene ------------------------------------------------------------ */

/* The drive stays open: who closes what was written has udev read of it. */
static void write_pattern(const struct lab *lab)
{
	int disk = open(lab->scratch, O_RDWR | O_DIRECT | O_CLOEXEC);
	void *host = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	fill(host, PATTERN, LENGTH);
	check(pwrite(disk, host, LENGTH, 0) == (ssize_t)LENGTH);
	munmap(host, LENGTH);
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
		kill_until_seen(&lab, &ways[i]);
		end_test();
	}
	return end_tests();
}
