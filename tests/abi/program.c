/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program as others write them, in what C and C++ have in common: memory, come what may. */
#include <p2pmem/io.h>
#include <p2pmem/libp2pmem.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
	struct p2pmem_connect_options where;
	struct p2pmem_allocate_options options;
	struct p2pmem_client *client;
	struct p2pmem_buffer *buffer;
	void *memory;

	memset(&where, 0, sizeof(where));
	where.struct_size = sizeof(where);
	where.socket_path = "/nobody/listens/here";
	memset(&options, 0, sizeof(options));
	options.struct_size = sizeof(options);
	options.size = 1 << 20;
	options.fallback = P2PMEM_FALLBACK_HOST;

	if (p2pmem_client_new(&client) < 0)
		return 1;
	(void)p2pmem_client_connect(client, &where);
	if (p2pmem_allocate(client, &options, &buffer) < 0) {
		fprintf(stderr, "%s\n", p2pmem_errmsg(client));
		return 1;
	}
	if (p2pmem_buffer_map(buffer, &memory) < 0)
		return 1;
	memset(memory, 1, p2pmem_buffer_size(buffer));
	printf("%s: %s\n", p2pmem_kind_name(p2pmem_buffer_kind(buffer)),
	       p2pmem_buffer_fallback_reason(buffer));
	p2pmem_buffer_free(buffer);
	p2pmem_client_free(client);
	return 0;
}
