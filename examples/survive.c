// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that outlives its memory: until its input ends it reads a device
 * over and over, and when an administrator wants the peer-to-peer memory back, or takes it away,
 * or its device is pulled out, it goes on with host memory at the same address.
 *
 *     survive DEVICE
 *
 * It looks for notice after each round. Memory that goes without any fails a read
 * with EFAULT, and raises SIGBUS under the hands of who looks at it, whose
 * handler puts the other memory there. What was read is lost with the first, so
 * a round that began with one memory and ended with the other is made again.
 */
#define _GNU_SOURCE 1 /* O_DIRECT */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <p2pmem/libp2pmem.h>

#define SIZE (64 << 10)

static struct p2pmem_buffer *buffer;

static void *memory;

static int is_ours(const siginfo_t *info)
{
	const uintptr_t at = (uintptr_t)info->si_addr - (uintptr_t)memory;

	return info->si_code == BUS_ADRERR && at < SIZE;
}

static volatile sig_atomic_t is_taken;

/* Host memory takes the place of the peer-to-peer memory, at the same address. */
static int let_go(void)
{
	int r = p2pmem_buffer_detach(buffer);

	if (r == 0)
		is_taken = 1;
	return r;
}

/* The access is made again on return, or ends the program as it would have. */
static void on_sigbus(int signal_number, siginfo_t *info, void *context)
{
	if (!is_ours(info) || let_go() < 0)
		signal(SIGBUS, SIG_DFL);
}

static void heed_notice(void)
{
	int state = P2PMEM_STATE_LIVE;

	if (is_taken)
		state = P2PMEM_STATE_REVOKED;
	else if (p2pmem_buffer_kind(buffer) == P2PMEM_KIND_PEER_TO_PEER)
		state = p2pmem_buffer_wait(buffer, P2PMEM_STATE_LIVE, 0);
	is_taken = 0;
	if (state <= P2PMEM_STATE_LIVE)
		return;
	fprintf(stderr, "the memory is %s\n",
		state == P2PMEM_STATE_NOTICE ? "asked back" : "taken away");
	if (p2pmem_buffer_detach(buffer) < 0)
		errx(1, "there is too little host memory");
}

static void get_buffer(int fd)
{
	const struct p2pmem_allocate_options options = { .struct_size = sizeof(options),
							 .size = SIZE,
							 .fds = &fd,
							 .n_fds = 1,
							 .fallback = P2PMEM_FALLBACK_HOST };
	struct p2pmem_client *client;
	int r = p2pmem_client_new(&client);

	if (r < 0)
		errx(1, "no client: errno %d", -r);
	(void)p2pmem_client_connect(client, NULL);
	if (p2pmem_allocate(client, &options, &buffer) < 0)
		errx(1, "%s", p2pmem_errmsg(client));
	p2pmem_client_free(client);
}

static unsigned int sum(void)
{
	const volatile unsigned char *bytes = memory;
	unsigned int n = 0;

	for (size_t i = 0; i < SIZE; i += 512)
		n = n * 31 + bytes[i];
	return n;
}

/* One block, whatever becomes of the memory meanwhile. */
static unsigned int read_and_sum(int fd)
{
	enum p2pmem_kind before;
	unsigned int n;
	ssize_t got;

	do {
		before = p2pmem_buffer_kind(buffer);
		got = pread(fd, memory, SIZE, 0);
		/* Revoked, and nobody has looked at it yet. */
		if (got < 0 && errno == EFAULT && before == P2PMEM_KIND_PEER_TO_PEER)
			got = let_go();
		n = sum();
	} while (before != p2pmem_buffer_kind(buffer));
	if (got != SIZE)
		err(1, "the device gave %zd bytes", got);
	return n;
}

static int input_goes_on(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&in, 1, 0) == 0;
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };
	unsigned int first;
	int fd;

	if (argc != 2)
		errx(2, "usage: %s DEVICE", argv[0]);
	fd = open(argv[1], O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", argv[1]);
	get_buffer(fd);
	if (p2pmem_buffer_map(buffer, &memory) < 0 || sigaction(SIGBUS, &action, NULL) < 0)
		errx(1, "cannot begin");
	printf("begins with %s memory\n", p2pmem_kind_name(p2pmem_buffer_kind(buffer)));
	fflush(stdout);
	first = read_and_sum(fd);
	do {
		if (read_and_sum(fd) != first)
			errx(1, "the content has changed");
		heed_notice();
	} while (input_goes_on());
	printf("ends with %s memory\n", p2pmem_kind_name(p2pmem_buffer_kind(buffer)));
	p2pmem_buffer_free(buffer);
	close(fd);
	return 0;
}
