// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The shortest honest program: reads the beginning of one device into memory
 * that another one reaches as well, and says whether it had to make do with
 * host memory, and why.
 *
 *     read SOURCE TARGET
 */
#define _GNU_SOURCE 1 /* O_DIRECT */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <p2pmem/libp2pmem.h>

#define SIZE (1 << 20)

/* The ten lines. The device is there for the path to be checked ahead of time. */
static struct p2pmem_buffer *get_buffer(struct p2pmem_client *client, int source,
					const char *target)
{
	const struct p2pmem_allocate_options options = { .struct_size = sizeof(options),
							 .size = SIZE,
							 .fds = &source,
							 .n_fds = 1,
							 .devices = &target,
							 .n_devices = 1,
							 .fallback = P2PMEM_FALLBACK_HOST };
	struct p2pmem_buffer *buffer;

	(void)p2pmem_client_connect(client, NULL);
	if (p2pmem_allocate(client, &options, &buffer) < 0)
		errx(1, "%s", p2pmem_errmsg(client));
	if (p2pmem_buffer_kind(buffer) != P2PMEM_KIND_PEER_TO_PEER)
		warnx("through host memory: %s", p2pmem_buffer_fallback_reason(buffer));
	return buffer;
}

int main(int argc, char **argv)
{
	struct p2pmem_client *client;
	struct p2pmem_buffer *buffer;
	void *memory;
	ssize_t n;
	int fd, r;

	if (argc != 3)
		errx(2, "usage: %s SOURCE TARGET", argv[0]);
	fd = open(argv[1], O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", argv[1]);
	r = p2pmem_client_new(&client);
	if (r < 0)
		errx(1, "no client: errno %d", -r);
	buffer = get_buffer(client, fd, argv[2]);
	r = p2pmem_buffer_map(buffer, &memory);
	if (r < 0)
		errx(1, "cannot map the buffer: errno %d", -r);
	n = pread(fd, memory, SIZE, 0);
	if (n < 0)
		err(1, "%s", argv[1]);
	printf("read %zd bytes into %s memory\n", n, p2pmem_kind_name(p2pmem_buffer_kind(buffer)));
	p2pmem_buffer_free(buffer);
	p2pmem_client_free(client);
	close(fd);
	return 0;
}
